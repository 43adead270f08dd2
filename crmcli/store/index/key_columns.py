"""The place of each key of the query language in the index, as SQL.

A column is an expression over `r` (a record), `s` (its document), `c` and `p` (the same of its contact)
and `a` (an activity), or a `SELECT value …` for a key that can have several values. The values of a field
are in the record's document; COLUMNS lists the keys with a shorter access.
"""

from collections.abc import Callable
from datetime import datetime

from crmcli.domain.localization.elapsed import Reach
from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import Clock
from crmcli.domain.model.record_types import Instant, Money, Percent
from crmcli.domain.model.staleness import stale_from
from crmcli.query.key_values import FieldValues
from crmcli.query.keys import PREFIXES, Key, spec_of
from crmcli.store.index.schema import CUSTOM

CHANCE = "r.stage, r.lost, r.probability, r.ladder"
CONTACT_VALUE = "SELECT value FROM contact_value WHERE contact = c.rowid AND key = "
CONSENT = (
    "SELECT json_extract(p.document, '$.consent.source') AS value UNION ALL "
    "SELECT value FROM json_each(p.document, '$.consent.purposes') UNION ALL "
    "SELECT substr(json_extract(p.document, '$.consent.at'), 1, 10)"
)
COMPANY = (
    "SELECT c.company AS value UNION ALL "
    "SELECT name FROM contact WHERE rowid = (SELECT MIN(rowid) FROM contact WHERE id = c.company) UNION ALL "
    "SELECT c.name WHERE json_extract(p.document, '$.kind') = 'company'"
)
COLUMNS = {
    "stage": "r.stage",
    "pipeline": "pipeline(r.stage)",
    "title": "r.title",
    "owner": "r.owner",
    "team": "r.team",
    "tag": "SELECT value FROM tag WHERE record = r.rowid",
    "kind": "r.kind",
    "lost": "r.lost",
    "priority": "r.priority",
    "probability": f"chance({CHANCE})",
    "probability_from": f"chance_from({CHANCE})",
    "expected_revenue": "r.expected_revenue",
    "recurring_revenue": "r.recurring_revenue",
    "budget": "r.budget",
    "weighted": f"weighted(r.expected_revenue, chance({CHANCE}))",
    "created": "r.created",
    "closed": "r.closed",
    "expected_close": "r.expected_close",
    "stage-since": "r.stage_since",
    "touched": "r.touched",
    "campaign": "r.campaign",
    "medium": "r.medium",
    "source": "r.source",
    "referred_by": "r.referred_by",
    "link": "r.link",
    "questionnaire": "r.questionnaire",
    "id": "r.id",
    "contact": "SELECT r.contact AS value UNION ALL SELECT c.name WHERE r.contact IS NOT NULL",
    "email": f"{CONTACT_VALUE}'email'",
    "phone": f"SELECT d.value FROM ({CONTACT_VALUE}'phone') p, json_each(dialled(p.value)) d",
    "city": f"{CONTACT_VALUE}'city'",
    "postcode": f"{CONTACT_VALUE}'postcode'",
    "company": COMPANY,
    "consent": CONSENT,
    "contact_created": "c.created",
    "due": "a.due",
    "type": "a.type",
    "assignee": "a.assignee",
    "state": "state(a.state, a.due, a.assignee)",
    "summary": "a.summary",
    "activity": "a.id",
}
OF_NEXT = {  # of the next activity of a record
    "due": "SELECT MIN(due) FROM activity WHERE record = r.rowid AND state = 'planned'",
}
PLACES = {  # the document that holds a part, and the path in it
    "deal": ("s.document", "$.held"),
    "marketing": ("s.document", "$.held.marketing"),
    "referral": ("s.document", "$.held.referral"),
    "project": ("s.document", "$.held.project"),
    "contact": ("p.document", "$"),
    "consent": ("p.document", "$.consent"),
    "activity": ("a.document", "$"),
    "rewards": ("s.document", "$.held.rewards"),
    "messages": ("s.document", "$.long.messages"),
    "addresses": ("p.document", "$.addresses"),
}
IN_LISTS = ("rewards", "messages", "addresses")


def column_of(key: Key) -> str:
    """Return the SQL for the values of a key."""
    if key.name.partition(".")[0] in PREFIXES and "." in key.name:
        return f"SELECT value FROM custom WHERE record = r.rowid AND name = {sql_literal(key.name)}"
    known = COLUMNS.get(key.name)
    if known is not None:
        return known
    assert key.source is not None, f"the index does not know where {key.name} is kept"
    return column_of_field(key.source)


def column_of_field(source: FieldValues) -> str:
    """Return the SQL for the values of a field in the document of its record."""
    holder = source.holder
    spec = spec_of(source)
    document, under = PLACES[holder]
    if holder in IN_LISTS:
        column = (
            f"SELECT json_extract(e.value, '$.{spec.key}') AS value FROM json_each({document}, '{under}') e"
        )
    elif spec.is_list:
        column = f"SELECT value FROM json_each({document}, '{under}.{spec.key}')"
    else:
        column = f"json_extract({document}, '{under}.{spec.key}')"
    return convert_column(column, CONVERSIONS.get(spec.type, "{}"))


def convert_column(column: str, pattern: str) -> str:
    """Return a column with its values converted; `{}` in the pattern is the value."""
    if not column.startswith("SELECT"):
        return pattern.format(column)
    return f"SELECT {pattern.format('value')} AS value FROM ({column})"


CONVERSIONS: dict[object, str] = {  # to the whole numbers that the index compares
    datetime: "CAST(strftime('%s', {}) AS INTEGER)",
    Money: "CAST(ROUND({} * 100) AS INTEGER)",
    Percent: "CAST(ROUND({} * 1000000) AS INTEGER)",
}


def won_in(config: Config) -> str:
    """Return the condition that a record is in a won stage."""
    first = sql_literal(config.stages[0].id)
    return f"COALESCE(r.stage, {first}) IN ({', '.join(map(sql_literal, sorted(config.won_stages)))})"


def sql_literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


CLOCKS = {Clock.STAGE: "r.stage_since", Clock.TOUCHED: "r.touched", Clock.CREATED: "r.created"}


def has_elapsed(column: str, reach: Reach) -> str:
    """Return the condition that a span has elapsed since the instant in a column."""
    ranges = (
        f" OR {column} BETWEEN {int(low.timestamp())} AND {int(high.timestamp())}"
        for low, high in reach.ranges
    )
    return f"({column} < {int(reach.before.timestamp())}{''.join(ranges)})"


def stale_in(config: Config, at: Instant) -> str:
    """Return the condition that a record has been unchanged for longer than its stage allows."""
    cases = [
        f"WHEN {sql_literal(stage.id)} THEN {has_elapsed(CLOCKS[stage.stale_after.since], reach)}"
        for stage in config.stages
        if stage.stale_after and stage.outcome is None and (reach := stale_from(stage, config, at))
    ]
    if not cases:
        return "0"
    return (
        f"r.lost IS NULL AND CASE COALESCE(r.stage, {sql_literal(config.stages[0].id)}) {' '.join(cases)} END"
    )


A_PLANNED_ONE = "SELECT 1 FROM activity a WHERE a.record = r.rowid AND a.state = 'planned'"
LATE = "a.due <= :today AND state(a.state, a.due, a.assignee) = 'overdue'"  # no zone is more than a day ahead
IS_CONDITIONS: dict[str, Callable[[Config, Instant], str]] = {  # of the words of `is:`
    "open": lambda c, at: f"r.lost IS NULL AND NOT {won_in(c)}",
    "won": lambda c, at: f"r.lost IS NULL AND {won_in(c)}",
    "lost": lambda c, at: "r.lost IS NOT NULL",
    "closed": lambda c, at: f"r.lost IS NOT NULL OR {won_in(c)}",
    "any": lambda c, at: "1",
    "lead": lambda c, at: "r.kind = 'lead'",
    "opportunity": lambda c, at: "r.kind <> 'lead'",
    "overdue": lambda c, at: f"EXISTS ({A_PLANNED_ONE} AND {LATE})",
    "stale": stale_in,
    "unanswered": lambda c, at: f"unanswered(r.questionnaire, ({CUSTOM}))",
    "idle": lambda c, at: f"NOT EXISTS ({A_PLANNED_ONE})",
}
