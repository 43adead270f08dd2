"""What crm asks of git, and what it does with it."""
