"""Renaming an id of the configuration: where it is written, in records, rules, templates and queries."""
