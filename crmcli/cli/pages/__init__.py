"""The pages of records for people, and the parts that they share."""
