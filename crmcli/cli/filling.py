"""`crm questionnaire fill`: the questions one by one at a terminal, each answer saved as it is given."""


def fill(): ...
