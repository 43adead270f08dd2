"""The output of commands: documents in every format, tables, pages, and messages on stderr."""
