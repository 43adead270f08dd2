"""Merging of several records into one, and of two versions of a record."""
