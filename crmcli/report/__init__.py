"""Figures over many records: pure functions from opportunities to rows."""
