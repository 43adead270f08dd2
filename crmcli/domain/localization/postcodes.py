"""Postcodes that a spreadsheet took for numbers, and so without their first zero."""

import re

FIVE_DIGITS = ("DE", "EE", "ES", "FI", "FR", "IT", "US")  # countries whose postcodes have five digits
NAMES = {
    "france": "FR",
    "allemagne": "DE",
    "germany": "DE",
    "espagne": "ES",
    "spain": "ES",
    "italie": "IT",
    "italy": "IT",
}


def restore_zero(postcode: str, country: str | None) -> str:
    """Return a postcode with its first zero, where a country's postcodes have five digits and this has four.

    A decimal `.0`, which some spreadsheets add, is removed.

    >>> restore_zero("6000", "FR"), restore_zero("6000.0", "France"), restore_zero("6000", "BE")
    ('06000', '06000', '6000')
    """
    code = (country or "").strip()
    known = NAMES.get(code.casefold(), code.upper())
    digits = re.sub(r"\.0$", "", postcode)
    return digits.zfill(5) if known in FIVE_DIGITS and re.fullmatch("[0-9]{4,5}", digits) else postcode
