"""What one user or one machine keeps beside the files: derived files, trust, memories."""
