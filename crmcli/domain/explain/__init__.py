"""Explanations in words: the reasons for a record's state, and the effects of a change."""
