"""Search for a person in texts, and redaction of records."""
