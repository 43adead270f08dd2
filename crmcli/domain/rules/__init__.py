"""Automation: rules, the referral programme, and scenarios that test them."""
