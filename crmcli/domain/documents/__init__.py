"""Documents: what commands print for scripts. Each kind is declared once, as a type."""
