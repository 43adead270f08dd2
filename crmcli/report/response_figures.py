"""Response: how long people who came in as leads waited for the first answer."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from crmcli.report.amounts import DAY, HOUR, mean_of, median_of, percent_of
from crmcli.store.index.deal_rows import DealRow


class ResponseFigures(msgspec.Struct, frozen=True):
    """The first answers to some records, in hours; the shares are of all of them."""

    count: int
    answered: int
    unanswered: int
    mean_hours: Decimal | None
    median_hours: Decimal | None
    within_hour: Decimal | None  # in per cent
    within_day: Decimal | None  # in per cent
    longest_wait_hours: Decimal | None  # of those that wait still


def came_in_deals(rows: Iterable[DealRow]) -> list[DealRow]:
    """Return the records that began as leads, or with a message, and whose beginning is known."""
    return [row for row in rows if row.came_in and row.created is not None]


def response_figures(rows: Sequence[DealRow], at: int) -> ResponseFigures:
    """Return the figures of some records, at an instant; closed ones that nobody answered wait no longer."""
    waits = [
        row.answered - row.created for row in rows if row.answered is not None and row.created is not None
    ]
    waiting = [
        max(0, at - row.created)
        for row in rows
        if row.answered is None and row.created is not None and row.status == "open"
    ]
    return ResponseFigures(
        len(rows),
        len(waits),
        len(rows) - len(waits),
        mean_of(waits, HOUR),
        median_of(waits, HOUR),
        percent_of(sum(wait <= HOUR for wait in waits), len(rows)),
        percent_of(sum(wait <= DAY for wait in waits), len(rows)),
        mean_of([max(waiting)], HOUR) if waiting else None,
    )
