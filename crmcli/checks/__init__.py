"""What is wrong in a workspace: its records, its configuration, its rules, its questionnaires, its files."""
