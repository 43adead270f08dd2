"""The web face of crm: a contact form and its endpoint, beside the command line; it calls operations only."""
