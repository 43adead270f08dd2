"""Sums, shares, means and medians of reports: exact, and rounded once at the end, half to even."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from crmcli.domain.model.record_types import Money

DAY = 86_400  # seconds
HOUR = 3_600


def sum_cents(amounts: Iterable[int | None]) -> Money:
    """Return the sum of amounts in cents, in the currency; unknown ones count as nothing.

    >>> sum_cents([100050, None, 50])
    Decimal('1001.00')
    """
    return Money(Decimal(sum(amount or 0 for amount in amounts)).scaleb(-2))


def round_fraction(value: Fraction, places: int) -> Decimal:
    """Return a number rounded half to even.

    >>> round_fraction(Fraction(1, 3), 2), round_fraction(Fraction(5, 2), 0)
    (Decimal('0.33'), Decimal('2'))
    """
    return Decimal(round(value * 10**places)).scaleb(-places)


def percent_of(part: int, whole: int) -> Decimal | None:
    """Return a share in per cent to a tenth; None of nothing.

    >>> percent_of(2, 3), percent_of(0, 0)
    (Decimal('66.7'), None)
    """
    return round_fraction(Fraction(100 * part, whole), 1) if whole else None


def mean_of(values: Sequence[int], unit: int) -> Decimal | None:
    """Return the mean of some numbers in a unit, to a tenth; None of none.

    >>> mean_of([86400, 172800], DAY)
    Decimal('1.5')
    """
    return round_fraction(Fraction(sum(values), len(values) * unit), 1) if values else None


def median_of(values: Sequence[int], unit: int) -> Decimal | None:
    """Return the median of some numbers in a unit, to a tenth: of an even number, between the middle two.

    >>> median_of([86400, 864000, 172800], DAY), median_of([], DAY)
    (Decimal('2.0'), None)
    """
    if not values:
        return None
    ordered = sorted(values)
    half = len(ordered) // 2
    middle = ordered[half : half + 1] if len(ordered) % 2 else ordered[half - 1 : half + 1]
    return round_fraction(Fraction(sum(middle), len(middle) * unit), 1)
