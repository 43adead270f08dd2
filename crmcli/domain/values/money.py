"""Amounts of money, as decimals: parsed from text, and computed to the cent."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from math import gcd

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.record_types import Money, Percent
from crmcli.domain.values.errors import UsageError

CENT = Decimal("0.01")
HUNDRED_PER_CENT = 100_000_000  # in millionths of a per cent
BLANKS = "[\\s\u00a0\u202f\u2009']"
CURRENCY = r"(?i)(€|\$|£|EUR|USD|GBP|CHF|euros?)"
CODES = {"€": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "£": "GBP"}
GROUPED_BY_BLANK = "[0-9]{1,3}([\\s\u00a0\u202f\u2009'][0-9]{3})+([.,][0-9]{1,2})?"
PLAIN_NUMBER = r"[0-9]+([.,][0-9]{1,2})?"
GROUPED_BOTH = r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,2}|[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,2}"
GROUPED_TWICE = r"[0-9]{1,3}(\.[0-9]{3}){2,}|[0-9]{1,3}(,[0-9]{3}){2,}"
THOUSANDS = r"([0-9]{1,6}(?:[.,][0-9]{1,3})?)\s*[kK]"  # as people write: 8k, 7,5 k
LARGEST = Decimal(10) ** 13


def parse_amount(text: str, currency: str | None = None) -> Money:
    """Return the amount in a text, in the workspace's currency.

    >>> parse_amount("8 000 €"), parse_amount("8000"), parse_amount("1.234,5"), parse_amount("€12.50")
    (Decimal('8000.00'), Decimal('8000.00'), Decimal('1234.50'), Decimal('12.50'))

    Raises UsageError for a text that is not an amount or is in another currency, and for `8.000` or
    `8,000`, which are ambiguous between countries.
    """
    named = re.search(CURRENCY, text)
    if named and currency and CODES.get(named[0].lower(), named[0].upper()) != currency:
        raise UsageError(sentence("{text!r} is not in {currency}", text=text, currency=currency))
    number = re.sub(CURRENCY, "", text, count=1).strip().strip("\u00a0\u202f")
    sign, number = ("-", number[1:].strip()) if number.startswith("-") else ("", number)
    if re.fullmatch(PLAIN_NUMBER, number) or re.fullmatch(GROUPED_BY_BLANK, number):
        plain = re.sub(BLANKS, "", number).replace(",", ".")
    elif re.fullmatch(GROUPED_BOTH, number) or re.fullmatch(GROUPED_TWICE, number):
        decimals = re.search(r"[.,]([0-9]{1,2})$", number)
        plain = re.sub(r"[.,]", "", number[: decimals.start()] if decimals else number)
        plain += f".{decimals[1]}" if decimals else ""
    elif re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", number):
        digits = re.sub(r"[.,]", "", number)
        raise UsageError(
            sentence("{text!r} can be read in two ways", text=text),
            hint=sentence("write {value}", value=digits),
        )
    else:
        thousands = re.fullmatch(THOUSANDS, number)
        hint = sentence("like 8000, 7500.50 or '8 000 €'")
        if thousands:
            hint = sentence("write {value}", value=f"{Decimal(thousands[1].replace(',', '.')) * 1000:.0f}")
        raise UsageError(sentence("{text!r} is not an amount", text=text), hint=hint)
    amount = Decimal(sign + plain)
    if abs(amount) >= LARGEST:
        raise UsageError(sentence("{text!r} is too large an amount", text=text))
    return Money(amount.quantize(CENT))


def monthly_amount(amount: Decimal, months: int) -> Money:
    """Return a recurring amount per month, to the cent, rounded half to even.

    >>> monthly_amount(Decimal("1200"), 12), monthly_amount(Decimal("100"), 3)
    (Decimal('100.00'), Decimal('33.33'))
    """
    return Money((amount / months).quantize(CENT, ROUND_HALF_EVEN))


def weighted_amount(expected: Decimal, probability: Percent | Decimal) -> Money:
    """Return expected revenue × probability in per cent, to the cent, rounded half to even.

    >>> weighted_amount(Decimal("8000"), Decimal("33.333"))
    Decimal('2666.64')
    """
    cents = weighted_cents(int(expected.scaleb(2)), int(probability.scaleb(6)))
    return Money(Decimal(cents).scaleb(-2))


def weighted_cents(cents: int, millionths: int) -> int:
    """Return an amount in cents × a probability in millionths of a per cent, rounded half to even.

    >>> weighted_cents(800000, 33333000), weighted_cents(1, 50000000), weighted_cents(3, 50000000)
    (266664, 0, 2)
    """
    whole, rest = divmod(cents * millionths, HUNDRED_PER_CENT)
    return whole + (rest * 2 > HUNDRED_PER_CENT - (whole & 1))


def sum_weighted_cents(amounts: Sequence[int], millionths: int) -> int:
    """Return the sum of amounts in cents × a probability, each of them rounded as `weighted_cents` does.

    Most amounts need no rounding, and are multiplied together.

    >>> sum_weighted_cents([800000, 1, 3], 50000000)
    400002
    """
    step = HUNDRED_PER_CENT // gcd(millionths, HUNDRED_PER_CENT)  # amounts of whole steps give whole cents
    uneven = [amount for amount in amounts if amount % step]
    even = sum(amounts) - sum(uneven)
    return even * millionths // HUNDRED_PER_CENT + sum(weighted_cents(each, millionths) for each in uneven)
