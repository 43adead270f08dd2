"""Origins of records and their results: by campaign, medium or source, and by sponsor."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from crmcli.domain.localization.translations import translate_heading
from crmcli.domain.values.list_entries import Named
from crmcli.store.index.figures import Tally

PERCENT_PLACES = Decimal("0.1")


class Origin(NamedTuple):
    """One origin, or None for records without a known one, and the figures of its records."""

    id: str | None
    label: str
    figures: Tally
    win_rate: Decimal | None  # won of won and lost, in percent; None while none is closed


def by_list(tallies: Iterable[Tally], listed: Sequence[Named]) -> list[Origin]:
    """Return the entries of a marketing list that have records, by won, then weighted revenue."""
    labels = {each.id: each.title for each in listed}
    rows = [
        Origin(
            each.value,
            labels.get(each.value or "", each.value or translate_heading("none")),
            each,
            win_rate(each),
        )
        for each in tallies
    ]
    return sorted(rows, key=lambda row: sort_key(row.figures))


def sort_by_person(tallies: Iterable[Tally], names: Mapping[str, str]) -> list[Origin]:
    """Return the people who brought records, by won, then weighted revenue."""
    rows = [
        Origin(each.value, names.get(each.value, each.value), each, win_rate(each))
        for each in tallies
        if each.value is not None
    ]
    return sorted(rows, key=lambda row: sort_key(row.figures))


def sort_key(tally: Tally) -> tuple[bool, Decimal, Decimal, int, str]:
    """Return a sort key: most won revenue, then most weighted, then most records; unknown origin last."""
    deals = tally.leads + tally.open + tally.won + tally.lost
    return tally.value is None, -tally.revenue, -tally.weighted, -deals, tally.value or ""


def win_rate(tally: Tally) -> Decimal | None:
    """Return the won share of closed records, in percent; None while none is closed."""
    closed = tally.won + tally.lost
    return (Decimal(100 * tally.won) / closed).quantize(PERCENT_PLACES) if closed else None
