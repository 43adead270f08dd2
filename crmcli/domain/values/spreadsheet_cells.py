"""Cells of CSV files: written so that no spreadsheet runs them, and read back as they were."""

import re

QUOTED_TEXT = r'="((?:[^"]|"")*)"'  # as spreadsheets are made to keep the zero of 0612
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins with one
MARK = "'"


def disarm_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs, prefixed with an apostrophe if needed; numbers stay as is.

    >>> disarm_cell("=Anne"), disarm_cell("-5"), disarm_cell("'=Anne")
    ("'=Anne", '-5', "''=Anne")
    """
    return f"{MARK}{text}" if is_risky(text) else text


def restore_cell(text: str) -> str:
    """Return the text of a cell that `disarm_cell` wrote, and of a formula that is only a text.

    >>> restore_cell("'=Anne"), restore_cell("'t Hooft"), restore_cell('="0612"')
    ('=Anne', "'t Hooft", '0612')
    """
    if found := re.fullmatch(QUOTED_TEXT, text):
        return found[1].replace('""', '"')
    return text[1:] if text.startswith(MARK) and is_risky(text[1:]) else text


def is_risky(text: str) -> bool:
    """Tell whether a text begins, after any apostrophes, as one that a spreadsheet would run."""
    return text.lstrip(MARK).startswith(RISKY) and not is_number(text)


def is_number(text: str) -> bool:
    """Tell whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
