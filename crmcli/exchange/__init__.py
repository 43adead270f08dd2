"""Import and export of contacts: vCard and CSV."""
