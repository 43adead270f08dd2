"""Changes that happen whole or not at all: lock, journal, recovery, the files themselves."""
