"""The syntax that tells a term of the query language from a word or a reference; knows no keys."""

import re

TERM = r"(?s)(?P<key>[a-z_-]+(?:\.[\w-]+)*):(?P<value>.*)"


def is_term(argument: str) -> bool:
    """Tell whether an argument is a condition or a saved query, rather than a plain word or a reference."""
    return argument.startswith("+") or is_saved(argument) or re.fullmatch(TERM, argument) is not None


def is_saved(argument: str) -> bool:
    """Tell whether an argument names a saved query: `@`, then a letter."""
    return argument.startswith("@") and argument[1:2].isalpha()
