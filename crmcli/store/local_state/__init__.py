"""Files that one user or machine keeps besides the records: derived files, trust, memories."""
