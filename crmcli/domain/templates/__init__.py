"""Jinja in a sandbox: conditions, texts, titles."""
