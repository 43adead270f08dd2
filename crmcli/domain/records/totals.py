"""What several deals add up to: open, won and lost ones, from their documents."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from crmcli.domain.model.status import Status
from crmcli.domain.records.documents import Document


class Totals(NamedTuple):
    """How many deals, and what they are expected to bring or have brought, in the currency."""

    open: int
    expected: Decimal
    weighted: Decimal
    won: int
    won_revenue: Decimal
    lost: int


def sum_deals(deals: Iterable[Document]) -> Totals:
    """What these deals add up to; leads are counted with them, an unknown revenue is nothing."""
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
    """The sum of an amount."""
    return sum((exact_amount(deal[key]) for deal in deals), Decimal(0))


def exact_amount(value: Any) -> Decimal:
    """An amount of a document, exact to the cent."""
    return Decimal(str(value or 0))
