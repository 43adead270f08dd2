"""Finding a person in texts, and records without them."""
