"""The core of crm: the data model and the rules. Pure code, without files, clock or random numbers."""
