"""What a message means before it is filed: its form, its own words, its details, its route."""
