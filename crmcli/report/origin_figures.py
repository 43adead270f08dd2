"""Where deals come from and what comes of them: by campaign, medium or source, and by who brought them."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from crmcli.domain.values.list_entries import Named
from crmcli.store.index.queries import Tally

PERCENT_PLACES = Decimal("0.1")


class Origin(NamedTuple):
    """One origin, or with None what came from nowhere known, and what became of its deals."""

    id: str | None
    label: str
    figures: Tally
    win_rate: Decimal | None  # won of won and lost, in percent; None while none is closed


def by_list(tallies: Iterable[Tally], listed: Sequence[Named]) -> list[Origin]:
    """The entries of a marketing list that brought anything, by what was won, then by what may be."""
    labels = {each.id: each.title for each in listed}
    rows = [
        Origin(each.value, labels.get(each.value or "", each.value or "none"), each, win_rate(each))
        for each in tallies
    ]
    return sorted(rows, key=lambda row: sort_key(row.figures))


def sort_by_person(tallies: Iterable[Tally], names: Mapping[str, str]) -> list[Origin]:
    """The people who brought anything, by what was won, then by what may be."""
    rows = [
        Origin(each.value, names.get(each.value, each.value), each, win_rate(each))
        for each in tallies
        if each.value is not None
    ]
    return sorted(rows, key=lambda row: sort_key(row.figures))


def sort_key(tally: Tally) -> tuple[bool, Decimal, Decimal, int, str]:
    """The most won first, then the most expected, then the most deals; what is unknown last."""
    deals = tally.leads + tally.open + tally.won + tally.lost
    return tally.value is None, -tally.revenue, -tally.weighted, -deals, tally.value or ""


def win_rate(tally: Tally) -> Decimal | None:
    """Won deals among the closed ones, in percent."""
    closed = tally.won + tally.lost
    return (Decimal(100 * tally.won) / closed).quantize(PERCENT_PLACES) if closed else None
