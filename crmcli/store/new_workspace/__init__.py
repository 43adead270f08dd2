"""Making a workspace: the folders that it is copied from, and the files that it begins with."""
