"""Checks of a workspace: records, configuration, rules, questionnaires and other files."""
