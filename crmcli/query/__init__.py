"""The query language: parsing, meaning, explaining. No SQL."""
