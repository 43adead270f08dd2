"""Reports by e-mail to the users: what is due, and what happened."""
