"""Storage in files: finding a workspace, reading and writing records, atomic changes."""
