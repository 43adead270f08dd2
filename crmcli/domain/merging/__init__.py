"""Several records made one, and two states of a record made one."""
