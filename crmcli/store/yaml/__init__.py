"""Reading, writing and editing the YAML of records; no schema is known here."""
