"""The figures of the pipeline from the index: sums by stage, from as few columns as they need."""

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


class Amounts(NamedTuple):
    """The number of some records, and their expected and weighted revenue in cents."""

    deals: int
    expected: int
    weighted: int


def sum_by_stage(index: Index, query: "Query", viewing: DocumentBuilder) -> list[Sums]:
    """Return the sums of the matching records by stage, without lost ones."""
    found: dict[str, list[Amounts]] = {}
    for stage, amounts in weigh_stages(index, query, viewing):
        found.setdefault(stage or viewing.first_stage, []).append(amounts)
    return [Sums(stage, *add_amounts(found[stage])) for stage in sorted(found)]


def weigh_stages(
    index: Index, query: "Query", viewing: DocumentBuilder
) -> Iterator[tuple[str | None, Amounts]]:
    """Yield each stage of the matching records, with what these are worth.

    A stage comes once for each probability. They are added up in Python, for those that have the same
    probability at once: a call from SQLite for each record would cost more than all the rest.
    """
    compiler = compiler_for(viewing)
    asked = compiler.records(query)
    sql = (
        f"SELECT r.stage, r.probability, r.ladder, r.expected_revenue {from_records(asked.where, asked.first)} "
        f"WHERE r.lost IS NULL AND {asked.where} {asked.first}"
    )
    groups: defaultdict[tuple[Any, ...], list[int | None]] = defaultdict(list)
    for stage, manual, ladder, expected in index.compiled(sql, compiler):
        groups[stage, manual, ladder].append(expected)
    for (stage, manual, ladder), amounts in groups.items():
        given = None if manual is None else float(manual)
        chance = viewing.chance(None, given, tuple(decoded(ladder))).millionths
        known = [amount for amount in amounts if amount]
        yield stage, Amounts(len(amounts), sum(known), sum_weighted_cents(known, chance))


def add_amounts(parts: Sequence[Amounts]) -> tuple[int, Decimal, Decimal]:
    """Return the number of deals in these parts, and their expected and weighted revenue in the currency."""
    count, expected, weighted = map(sum, zip(*parts, strict=True))
    return count, Decimal(expected).scaleb(-2), Decimal(weighted).scaleb(-2)
