"""The figures of reports from the index: sums by stage, and by where deals came from."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.money import sum_weighted_cents
from crmcli.store.index.queries import Index, compiler_for, decoded
from crmcli.store.index.schema import from_records

if TYPE_CHECKING:
    from crmcli.query.query_model import Query


class Sums(msgspec.Struct, frozen=True):
    """The number of deals in one stage, their expected and weighted revenue, in the currency."""

    stage: str
    deals: int
    expected: Decimal
    weighted: Decimal


class Tally(msgspec.Struct, frozen=True):
    """The records with one value in a column, by kind and outcome, and their amounts in the currency.

    Leads are counted in `leads` only.
    """

    value: str | None
    leads: int
    open: int
    won: int
    lost: int
    expected: Decimal  # of open ones
    weighted: Decimal
    revenue: Decimal  # of won ones


class Amounts(NamedTuple):
    """The number of some records, and their expected and weighted revenue in cents."""

    deals: int
    expected: int
    weighted: int


def sum_by_stage(index: Index, query: "Query", viewing: DocumentBuilder) -> list[Sums]:
    """Return the sums of the matching records by stage, without lost ones."""
    found: dict[str, list[Amounts]] = {}
    for stage, _, amounts in weigh(index, "r.stage, NULL", "r.lost IS NULL", query, viewing):
        found.setdefault(stage or viewing.first_stage, []).append(amounts)
    return [Sums(stage, *add_amounts(found[stage])) for stage in sorted(found)]


def weigh(
    index: Index, columns: str, beside: str, query: "Query", viewing: DocumentBuilder
) -> Iterator[tuple[str | None, str, Amounts]]:
    """Yield each pair of values in two columns of the matching records, with what these are worth.

    A pair comes once for each probability. They are added up in Python, for those that have the same
    probability at once: a call from SQLite for each record would cost more than all the rest.
    """
    compiler = compiler_for(viewing)
    asked = compiler.records(query)
    sql = (
        f"SELECT {columns}, r.lost, r.probability, r.ladder, r.expected_revenue "
        f"{from_records(columns, asked.where, asked.first)} WHERE {beside} AND {asked.where} {asked.first}"
    )
    groups: defaultdict[tuple[Any, ...], list[int | None]] = defaultdict(list)
    for first, second, lost, manual, ladder, expected in index.compiled(sql, compiler):
        groups[first, second, lost, manual, ladder].append(expected)
    for (first, second, lost, manual, ladder), amounts in groups.items():
        given = None if manual is None else float(manual)
        chance = viewing.chance(lost, given, tuple(decoded(ladder))).millionths
        known = [amount for amount in amounts if amount]
        yield first, second, Amounts(len(amounts), sum(known), sum_weighted_cents(known, chance))


def tally_by_column(index: Index, column: str, query: "Query", viewing: DocumentBuilder) -> list[Tally]:
    """Return the figures of the matching records by the values of a column of `record`."""
    is_won, is_lost = (compiler_for(viewing).is_condition(word) for word in ("won", "lost"))
    state = (
        f"CASE WHEN r.kind = 'lead' THEN 'lead' WHEN {is_lost} THEN 'lost' WHEN {is_won} THEN 'won' "
        "ELSE 'open' END"
    )
    found: dict[str | None, dict[str, list[Amounts]]] = {}
    for value, status, amounts in weigh(index, f"r.{column}, {state}", "TRUE", query, viewing):
        found.setdefault(value, {}).setdefault(status, []).append(amounts)
    return [
        build_tally(value, {status: add_amounts(each) for status, each in found[value].items()})
        for value in sorted(found, key=lambda value: (value is not None, value or ""))
    ]


def add_amounts(parts: Sequence[Amounts]) -> tuple[int, Decimal, Decimal]:
    """Return the number of deals in these parts, and their expected and weighted revenue in the currency."""
    count, expected, weighted = map(sum, zip(*parts, strict=True))
    return count, Decimal(expected).scaleb(-2), Decimal(weighted).scaleb(-2)


def build_tally(value: str | None, states: dict[str, tuple[int, Decimal, Decimal]]) -> Tally:
    """Return the figures of the records with a value, from the sums of those in each state."""
    nothing = (0, Decimal("0.00"), Decimal("0.00"))
    leads, open, won, lost = (states.get(state, nothing) for state in ("lead", "open", "won", "lost"))
    return Tally(value, leads[0], open[0], won[0], lost[0], open[1], open[2], won[1])
