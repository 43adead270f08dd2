"""Jinja templates in a sandbox: conditions, texts, titles."""
