"""The files: finding a workspace, reading and writing records, keeping every change whole."""
