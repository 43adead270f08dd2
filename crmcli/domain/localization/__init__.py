"""Days, hours, numbers and spans as a country and a time zone have them."""
