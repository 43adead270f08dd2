"""The views that `crm sql` reads: the content of files and values derived from it, one row per item.

Amounts are numbers in the workspace's currency, days ISO dates, instants ISO in UTC.
"""

from collections.abc import Collection

from crmcli.domain.model.config import Config
from crmcli.domain.model.fields import fields_of
from crmcli.domain.model.record_types import Activity, Contact, Entry, Message, Opportunity, Part, Reward
from crmcli.store.index.key_columns import sql_literal
from crmcli.store.index.schema import FROM_RECORDS

CHANCE = "chance(r.stage, r.lost, r.probability, r.ladder)"


def instant_column(column: str) -> str:
    """Return SQL for an instant of the index as ISO text."""
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')"


def document_columns(*keys: str, of: str = "s.document", under: str = "$.held") -> list[str]:
    """Return SQL columns for keys of a document."""
    return [f"json_extract({of}, '{under}.{key}') AS {key}" for key in keys]


def with_other_fields(
    columns: list[str], part: type[Part], document: str, under: str = "$", renamed: Collection[str] = ()
) -> list[str]:
    """Return the columns, with one more for each plain queried field of a part that is missing."""
    named = {*renamed, *(column.rpartition(" AS ")[2].rpartition(".")[2] for column in columns)}
    missing = (spec.key for spec in fields_of(part) if spec.is_plain and spec.declared.queried)
    return [
        *columns,
        *(f"json_extract({document}, '{under}.{key}') AS \"{key}\"" for key in missing if key not in named),
    ]


def build_views(config: Config) -> dict[str, str]:
    """Return the SELECT of each view, by name."""
    first = sql_literal(config.stages[0].id)
    opportunity = [
        "r.id", "r.kind", "r.title", "r.contact", "c.name AS contact_name", f"COALESCE(r.stage, {first}) AS stage",
        "stands(r.stage, r.lost) AS outcome", "r.lost", "r.priority", f"{CHANCE} / 1000000.0 AS probability",
        "r.expected_revenue / 100.0 AS expected_revenue", f"weighted(r.expected_revenue, {CHANCE}) / 100.0 AS weighted_revenue",
        "r.recurring_revenue / 100.0 AS recurring_revenue", *document_columns("recurring_months"), "r.budget / 100.0 AS budget",
        "(SELECT group_concat(value, ' ') FROM tag WHERE record = r.rowid) AS tags", "r.owner", "r.team",
        f"{instant_column('r.created')} AS created", f"{instant_column('r.closed')} AS closed", "r.expected_close",
        f"{instant_column('r.stage_since')} AS stage_since", f"{instant_column('r.touched')} AS touched",
        "r.campaign", "r.medium", "r.source", "r.referred_by", "r.link", "r.questionnaire", *document_columns("description"), "r.path",
    ]  # fmt: skip
    activity = [
        "a.id", "r.id AS opportunity", "r.title", "a.type", "a.summary", "a.due", *document_columns("time", of="a.document", under="$"),
        "a.assignee", "state(a.state, a.due, a.assignee) AS state",
        *document_columns("closed", "outcome", "note", "reason", "rule", of="a.document", under="$"),
    ]  # fmt: skip
    contact = [
        "c.id", "json_extract(p.document, '$.kind') AS kind", "c.name", "c.company",
        *document_columns("job", of="p.document", under="$"),
        *(
            f"(SELECT value FROM contact_value WHERE contact = c.rowid AND key = '{key}' LIMIT 1) AS {key}"
            for key in ("email", "phone", "city")
        ),
        *document_columns("owner", "language", of="p.document", under="$"), f"{instant_column('c.created')} AS created", "c.path",
    ]  # fmt: skip
    entry = [
        "r.id AS opportunity",
        *document_columns("at", "event", "field", of="e.value", under="$"),
        "json_extract(e.value, '$.from') AS old",
        "json_extract(e.value, '$.to') AS new",
        *document_columns(
            "visit", "closing", "rule", "occurrence", "did", "text", "by", of="e.value", under="$"
        ),
    ]
    message = [
        "r.id AS opportunity",
        *document_columns("id", "at", "direction", of="e.value", under="$"),
        "json_extract(e.value, '$.from') AS sender",
        "json_extract(e.value, '$.to') AS recipient",
        "mail_state(json_extract(e.value, '$.state'), json_extract(e.value, '$.file')) AS state",
        *document_columns("subject", "text", "message_id", "file", of="e.value", under="$"),
    ]
    reward = ["r.id AS opportunity", "r.title", *document_columns("id", "state", of="e.value", under="$")]
    opportunity = with_other_fields(opportunity, Opportunity, "s.document", "$.held")
    activity = with_other_fields(activity, Activity, "a.document")
    contact = with_other_fields(contact, Contact, "p.document")
    entry = with_other_fields(entry, Entry, "e.value", renamed=("from", "to"))
    message = with_other_fields(message, Message, "e.value", renamed=("from", "to"))
    reward = with_other_fields(reward, Reward, "e.value")
    whole = "record r JOIN record_said s ON s.record = r.rowid"
    custom = "SELECT r.id AS opportunity, substr(f.name, {start}) AS name, substr(f.value, 2) AS value FROM custom f "
    custom += "JOIN record r ON r.rowid = f.record WHERE f.name GLOB '{prefix}.*'"
    return {
        "opportunities": f"SELECT {', '.join(opportunity)} {FROM_RECORDS}",
        "activities": f"SELECT {', '.join(activity)} FROM activity a JOIN record r ON r.rowid = a.record",
        "contacts": f"SELECT {', '.join(contact)} FROM contact c JOIN contact_said p ON p.contact = c.rowid",
        "history": f"SELECT {', '.join(entry)} FROM {whole}, json_each(s.document, '$.long.history') e",
        "messages": f"SELECT {', '.join(message)} FROM {whole}, json_each(s.document, '$.long.messages') e",
        "rewards": f"SELECT {', '.join(reward)} FROM {whole}, json_each(s.document, '$.held.rewards') e",
        "fields": custom.format(start=7, prefix="field"),
        "answers": custom.format(start=8, prefix="answer"),
    }
