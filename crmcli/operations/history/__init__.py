"""The past of a workspace: what can be undone and redone, the story of a record, the records of a day."""
