"""Figures over many records: pure functions from totals to rows, and text layout."""
