"""Why a record is as it is, and what a change does, in words."""
