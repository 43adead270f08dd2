"""Days, working days, time zones, and the formats of numbers and dates, by country and locale."""
