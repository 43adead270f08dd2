"""The commands: read the arguments, call what decides and what stores, print."""
