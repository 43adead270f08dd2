"""Totals of deals: counts and amounts of open, won and lost ones, from their documents."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.status import Status


class Totals(NamedTuple):
    """The numbers of open, won and lost deals, with expected, weighted and won revenue in the currency."""

    open: int
    expected: Decimal
    weighted: Decimal
    won: int
    won_revenue: Decimal
    lost: int


def sum_deals(deals: Iterable[Document]) -> Totals:
    """Return the totals of deals; leads are included, and an unknown revenue counts as zero."""
    known = list(deals)
    pending, won, lost = (
        [deal for deal in known if deal["outcome"] == each] for each in (Status.OPEN, Status.WON, Status.LOST)
    )
    return Totals(
        len(pending),
        sum_amounts(pending, "expected_revenue"),
        sum_amounts(pending, "weighted_revenue"),
        len(won),
        sum_amounts(won, "expected_revenue"),
        len(lost),
    )


def sum_amounts(deals: Iterable[Document], key: str) -> Decimal:
    """Return the sum of an amount over documents."""
    return sum((exact_amount(deal[key]) for deal in deals), Decimal(0))


def exact_amount(value: Any) -> Decimal:
    """Return an amount of a document as an exact decimal; None as zero."""
    return Decimal(str(value or 0))
