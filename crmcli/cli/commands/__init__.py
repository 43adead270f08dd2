"""The commands, one module for each command or group, imported when a command is called."""
