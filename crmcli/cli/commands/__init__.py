"""The commands, a module each or a module a group; imported when they are called."""
