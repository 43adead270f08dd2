"""What files hold, as values: records, the configuration, their parts."""
