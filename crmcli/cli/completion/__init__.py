"""Completion of command lines: the candidates, and their quoting for each shell."""
