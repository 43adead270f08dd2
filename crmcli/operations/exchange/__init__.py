"""Data out and data in: exports for other programs, imports from them."""
