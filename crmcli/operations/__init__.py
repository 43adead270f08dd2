"""What crm does, callable without a command line: each operation is one transaction."""
