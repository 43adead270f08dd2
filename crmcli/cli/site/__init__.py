"""`crm report html`: the pages of a static site, in the words and formats of the command line."""
