"""What people do to leads, opportunities and contacts."""
