"""Completion of command lines: what a line can go on with, and how a shell puts it in."""
