"""One typed row per deal or activity, from which reports compute their figures."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from crmcli.domain.model.status import Status
from crmcli.domain.progress.course import Move
from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.money import weighted_cents
from crmcli.store.index.key_columns import sql_literal
from crmcli.store.index.queries import Index, compiler_for, decoded
from crmcli.store.index.schema import WITH_ACTIVITIES, from_records

if TYPE_CHECKING:
    from crmcli.query.query_model import Query

WITH_COURSE = "JOIN record_course k ON k.record = r.rowid"
ROW = (
    "r.kind = 'lead', r.stage, r.lost, r.owner, r.team, r.campaign, r.medium, r.source, r.referred_by, "
    "r.created, r.closed, r.expected_close, r.stage_since, r.touched, r.expected_revenue"
)
COURSE = "k.moves, k.came_in, k.answered"
NO_COURSE = "'[]', 0, NULL"
PAID = (  # the rewards paid for a record, with what it says of them
    "(SELECT json_group_array(json_array(json_extract(e.value, '$.at'), json_extract(e.value, '$.amount'))) "
    "FROM json_each(s.document, '$.held.rewards') e WHERE json_extract(e.value, '$.state') = 'paid')"
)
read_moves = msgspec.json.Decoder(list[Move]).decode


class DealRow(msgspec.Struct, frozen=True, gc=False):
    """A lead or an opportunity, as reports read it; amounts in cents, instants in seconds since 1970."""

    is_lead: bool
    stage: str
    lost: str | None
    owner: str | None
    team: str | None
    campaign: str | None
    medium: str | None
    source: str | None
    referred_by: str | None
    created: int | None
    closed: int | None
    expected_close: str | None
    stage_since: int | None
    touched: int | None
    expected: int | None
    weighted: int | None = None
    status: str = Status.OPEN
    values: tuple[str, ...] = ()  # of the column that the report is grouped by, if it can have several
    moves: str = "[]"  # JSON, read only by reports on the history
    came_in: bool = False
    answered: int | None = None
    paid: tuple[tuple[str | None, float | None], ...] = ()  # rewards: when, and how much


class ActivityRow(msgspec.Struct, frozen=True, gc=False):
    """An activity, as reports read it, with its deal; `closed` is an ISO instant."""

    deal: DealRow
    type: str | None
    assignee: str | None
    state: str
    due: str | None
    closed: str | None


def read_deals(
    index: Index,
    query: "Query",
    viewing: DocumentBuilder,
    *,
    values_of: str = "",
    with_course: bool = False,
    with_paid: bool = False,
) -> Iterator[DealRow]:
    """Yield the matching records.

    `values_of` is `tag` or `field.NAME`, whose values the rows have then; with the course, also moves and
    first answers.
    """
    compiler = compiler_for(viewing)
    asked = compiler.records(query)
    columns = f"{ROW}, r.probability, r.ladder, {values_column(values_of)}, {COURSE if with_course else NO_COURSE}, {PAID if with_paid else 'NULL'}"
    tables = f"{from_records(columns, asked.where, asked.first)} {WITH_COURSE if with_course else ''}"
    sql = f"SELECT {columns} {tables} WHERE {asked.where} {asked.first}"
    for row in index.compiled(sql, compiler):
        yield build_row(row, viewing)


def read_activities(
    index: Index, query: "Query", viewing: DocumentBuilder, *, values_of: str = ""
) -> Iterator[ActivityRow]:
    """Yield the matching activities of all records."""
    compiler = compiler_for(viewing)
    asked = compiler.activities(query)
    columns = (
        f"a.type, a.assignee, a.state, a.due, json_extract(a.document, '$.closed'), {ROW}, r.probability, r.ladder, "
        f"{values_column(values_of)}, {NO_COURSE}, NULL"
    )
    for type, assignee, state, due, closed, *row in index.select(columns, compiler, asked, WITH_ACTIVITIES):
        yield ActivityRow(build_row(tuple(row), viewing), type, assignee, state, due, closed)


def values_column(name: str) -> str:
    """Return SQL for the values of a column that can have several, as a JSON list; NULL for no column."""
    if name == "tag":
        return "(SELECT json_group_array(value) FROM tag WHERE record = r.rowid)"
    if name:
        own = "SELECT DISTINCT substr(value, 2) AS value FROM custom WHERE record = r.rowid"
        return f"(SELECT json_group_array(value) FROM ({own} AND name = {sql_literal(name)}))"
    return "NULL"


def build_row(row: tuple[Any, ...], viewing: DocumentBuilder) -> DealRow:
    """Return the row of a deal from its columns: with its status, and what it is worth."""
    is_lead, stage, lost, *plain, manual, ladder, values, moves, came_in, answered, paid = row
    expected = plain[-1]
    standing = viewing.standing(stage, lost)
    given = None if manual is None else float(manual)
    chance = viewing.chance(lost, given, tuple(decoded(ladder))).millionths
    worth = None if expected is None else weighted_cents(expected, chance)
    several = tuple(decoded(values)) if values else ()
    derived = (
        worth,
        standing.outcome,
        several,
        moves,
        bool(came_in),
        answered,
        tuple(map(tuple, decoded(paid))) if paid else (),
    )
    return DealRow(bool(is_lead), standing.stage, lost, *(*plain, *derived))
