"""What happens by itself: rules, the referral program, scenarios that try them."""
