"""What people who share a workspace through git do."""
