"""Reading of incoming mail: bytes become a message, its text and its kind."""
