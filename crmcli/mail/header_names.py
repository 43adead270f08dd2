"""Names of the headers that crm writes into its own messages."""

RECORD, REPORT = "X-Crm-Record", "X-Crm-Report"
OWN = (RECORD, REPORT)  # one that comes back makes no lead
