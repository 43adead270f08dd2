"""crm: a sales pipeline for people who live at a shell prompt, in plain files."""

__version__ = "0.1.0"
