"""Atomic changes to several files: lock, journal, recovery, and file operations."""
