"""What commands print: documents in every format, tables, pages, messages on stderr."""
