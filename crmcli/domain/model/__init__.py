"""Data types of files: records, the configuration, and their parts."""
