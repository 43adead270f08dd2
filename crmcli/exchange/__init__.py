"""Contacts to and from other programs: vCard and CSV."""
