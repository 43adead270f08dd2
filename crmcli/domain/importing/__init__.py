"""Decisions of imports from other programs: columns, words, values, and the past of a record."""
