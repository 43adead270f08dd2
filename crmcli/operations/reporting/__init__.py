"""Reports: figures over deals and activities, by group and period, and briefings."""
