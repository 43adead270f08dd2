"""JSON Schema (draft 2020-12) of the files of a workspace and of the documents that commands print."""

import types
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Activity, Contact, Message, Money, Opportunity, Part, Percent, Priority
from crmcli.domain.model.questionnaires import Questionnaire

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
SCALARS: dict[Any, Schema] = {
    str: TEXT,
    int: {"type": "integer", "minimum": 0},
    bool: YES_NO,
    date: DAY,
    datetime: INSTANT,
    Money: NUMBER,
    Percent: {"type": "number", "minimum": 0, "maximum": 100},
    Priority: {"type": "integer", "minimum": 0, "maximum": 3},
}
LOOSE: Schema = {"type": ["string", "number", "boolean"]}  # a text that YAML takes for something else


def of_part(part: type[Part], *, text: Schema, open_ended: bool) -> Schema:
    """A mapping of a file; where it is open-ended, keys of your own are kept."""
    hints = get_type_hints(part)
    specs = [spec for spec in msgspec.structs.fields(part) if spec.name != "extra"]
    required = [spec.encode_name for spec in specs if spec.required]
    properties = {spec.encode_name: of_hint(hints[spec.name], text, open_ended) for spec in specs}
    mapping: Schema = {
        "type": "object",
        "description": (part.__doc__ or "").strip().partition("\n")[0],
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": open_ended,
    }
    return {"anyOf": [mapping, properties[part.shorthand]]} if part.shorthand else mapping


def of_hint(hint: Any, text: Schema, open_ended: bool) -> Schema:
    """The values of an attribute."""
    if hint is str:
        return text
    if hint in SCALARS:
        return SCALARS[hint]
    arguments = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        known = of_hint(arguments[0], text, open_ended)
        return {"anyOf": [known, text]} if str in arguments[1:] else known
    if get_origin(hint) is tuple:
        item = of_hint(arguments[0], text, open_ended)
        return (
            {"anyOf": [{"type": "array", "items": item}, item]}
            if text is LOOSE
            else {"type": "array", "items": item}
        )
    if get_origin(hint) is dict:
        return {"type": "object"}
    if issubclass(hint, StrEnum):
        return {"type": "string", "enum": list(hint)}
    return of_part(hint, text=text, open_ended=open_ended)


def file(part: type[Part], *, open_ended: bool) -> Schema:
    """A YAML file of a workspace."""
    return {"$schema": DRAFT, **of_part(part, text=LOOSE, open_ended=open_ended)}


def nullable(schema: Schema) -> Schema:
    """These values, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def document(
    name: str, of: type[Part] | None, always: dict[str, Schema], maybe: dict[str, Schema] | None = None
) -> Schema:
    """A document that a command prints: what is always in it, what may be, and what its file holds."""
    held = of_part(of, text=TEXT, open_ended=True)["properties"] if of else {}
    properties = {**held, "schema": {"const": name}, **always, **(maybe or {})}
    return {
        "$schema": DRAFT,
        "title": name,
        "type": "object",
        "properties": properties,
        "required": ["schema", *always],
        "additionalProperties": True,  # fields are added, never changed
    }


def texts(*names: str) -> dict[str, Schema]:
    """Keys that always hold a text."""
    return dict.fromkeys(names, TEXT)


def maybe_texts(*names: str) -> dict[str, Schema]:
    """Keys that hold a text or null."""
    return {name: nullable(TEXT) for name in names}


LIST: Schema = {"type": "array", "items": TEXT}
MAYBE_NUMBER, MAYBE_WHOLE = nullable(NUMBER), nullable(WHOLE)
OUTCOMES: Schema = {"enum": ["open", "won", "lost"]}
STATES: Schema = {"enum": ["overdue", "today", "planned", "done", "cancelled"]}


def activity() -> Schema:
    """`crm.activity/1`."""
    always = {
        **maybe_texts("id", "type", "type_label", "summary", "assignee", "owner", "contact", "contact_name"),
        **texts("opportunity", "title", "stage"),
        "due": nullable(DAY),
        "state": STATES,
    }
    return document("crm.activity/1", Activity, always)


def opportunity() -> Schema:
    """`crm.opportunity/1`."""
    inner = {key: value for key, value in activity().items() if key != "$schema"}
    always = {
        **texts("id", "kind", "title", "stage"),
        **maybe_texts("contact_name", "stage_label", "owner"),
        "stage_since": nullable(INSTANT),
        "stale": YES_NO,
        "outcome": OUTCOMES,
        "probability": NUMBER,
        "probability_from": {"enum": ["stage", "manual", "won", "lost"]},
        "priority": WHOLE,
        "expected_revenue": MAYBE_NUMBER,
        "weighted_revenue": MAYBE_NUMBER,
        "tags": LIST,
        "touched": nullable(INSTANT),
        "activities": {"type": "array", "items": inner},
    }
    maybe = {"pipeline": nullable(TEXT), "path": TEXT, "monthly_revenue": NUMBER}
    return document("crm.opportunity/1", Opportunity, always, {**maybe, "weighted_monthly_revenue": NUMBER})


def answer() -> Schema:
    """`crm.answer/1`: one question of a record's questionnaire with its answer."""
    always = {
        **texts("section", "id", "label", "type", "shown"),
        **maybe_texts("unit", "fault"),
        "required": YES_NO,
        "asked": {"enum": ["yes", "maybe", "no"]},
        "answer": {},
    }
    return document("crm.answer/1", None, always)


def answers() -> Schema:
    """`crm.answers/1`: a record's questionnaire with its answers."""
    inner = {key: value for key, value in answer().items() if key != "$schema"}
    always = {
        **texts("id", "title", "questionnaire", "label"),
        **dict.fromkeys(("version", "current_version"), MAYBE_WHOLE),
        **dict.fromkeys(("asked", "answered", "done"), WHOLE),
        "missing": LIST,
        "questions": {"type": "array", "items": inner},
        "gone": {"type": "object"},
    }
    return document("crm.answers/1", None, always)


def figures(name: str, more: dict[str, Schema]) -> Schema:
    """One stage with its figures."""
    always = {
        **maybe_texts("stage", "label"),
        "probability": MAYBE_NUMBER,
        "count": WHOLE,
        "expected_revenue": NUMBER,
        "weighted_revenue": NUMBER,
    }
    return document(name, None, {**always, **more}, {"pipeline": nullable(TEXT)})


def tally(name: str, more: dict[str, Schema]) -> Schema:
    """What came of the deals of one origin."""
    counts = dict.fromkeys(("leads", "deals", "open", "won", "lost"), WHOLE)
    amounts = dict.fromkeys(("expected_revenue", "weighted_revenue", "won_revenue"), NUMBER)
    always = {"id": nullable(TEXT), "label": TEXT, **counts, "win_rate": MAYBE_NUMBER, **amounts, **more}
    return document(name, None, always)


def referral() -> Schema:
    """`crm.referral/1`."""
    always = {
        **texts("id", "kind", "title", "stage"),
        **maybe_texts("contact", "contact_name", "sponsor", "sponsor_name", "link", "link_label"),
        **maybe_texts("stage_label"),
        "outcome": OUTCOMES,
        "expected_revenue": MAYBE_NUMBER,
        "rewards": {"type": "array", "items": {"type": "object"}},
    }
    return document("crm.referral/1", None, always)


FILES: dict[str, Callable[[], Schema]] = {
    "opportunity": lambda: file(Opportunity, open_ended=True),
    "contact": lambda: file(Contact, open_ended=True),
    "config": lambda: file(Config, open_ended=False),
    "questionnaire": lambda: file(Questionnaire, open_ended=False),
}
DOCUMENTS: dict[str, Callable[[], Schema]] = {
    "crm.opportunity/1": opportunity,
    "crm.activity/1": activity,
    "crm.contact/1": lambda: document(
        "crm.contact/1",
        Contact,
        {**texts("id", "kind", "name"), **maybe_texts("company_name")},
        {"opportunities": LIST, "totals": {"type": "object"}, "people": LIST, "brought": LIST},
    ),
    "crm.pipeline/1": lambda: figures("crm.pipeline/1", {}),
    "crm.board/1": lambda: figures("crm.board/1", {"cards": LIST}),
    "crm.next/1": lambda: document(
        "crm.next/1",
        None,
        {**texts("id", "stage"), "allowed": YES_NO, "does": LIST},
        {"label": TEXT, "probability": MAYBE_NUMBER},
    ),
    "crm.why/1": lambda: document(
        "crm.why/1", None, {"id": TEXT, "reasons": {"type": "array", "items": {"type": "object"}}}
    ),
    "crm.program/1": lambda: document(
        "crm.program/1",
        None,
        {**texts("where", "program"), "files": LIST, "trusted": YES_NO},
        {"not_covered": LIST},
    ),
    "crm.problem/1": lambda: document("crm.problem/1", None, texts("command", "what", "hint")),
    "crm.scenario/1": lambda: document(
        "crm.scenario/1", None, {**texts("file", "name"), "passed": YES_NO, "failures": LIST}
    ),
    "crm.hook/1": lambda: document(
        "crm.hook/1",
        None,
        {
            **texts("hook", "command", "by"),
            "at": INSTANT,
            "changes": {"type": "array", "items": {"type": "object"}},
        },
    ),
    "crm.run/1": lambda: document(
        "crm.run/1",
        None,
        {**texts("rule", "occurrence", "by"), "at": INSTANT, "opportunity": {"type": "object"}},
        {"contact": nullable({"type": "object"})},
    ),
    "crm.plan/1": lambda: document(
        "crm.plan/1", None, {**texts("id", "label"), "lines": {"type": "array", "items": {"type": "object"}}}
    ),
    "crm.questionnaire/1": lambda: document(
        "crm.questionnaire/1",
        None,
        {
            **texts("id", "label"),
            **dict.fromkeys(("sections", "questions", "records"), WHOLE),
            "version": MAYBE_WHOLE,
            "for": nullable({"type": "object"}),
        },
    ),
    "crm.answers/1": answers,
    "crm.answer/1": answer,
    "crm.report/1": lambda: document(
        "crm.report/1",
        None,
        {**texts("id", "user", "to", "subject"), "activities": WHOLE, "overdue": WHOLE, "escalated": WHOLE},
    ),
    "crm.source/1": lambda: tally("crm.source/1", {"by": {"enum": ["source", "medium", "campaign"]}}),
    "crm.sponsor/1": lambda: tally(
        "crm.sponsor/1", {"rewards_due": NUMBER, "rewards_paid": NUMBER, "kinds_due": LIST}
    ),
    "crm.reward/1": lambda: document(
        "crm.reward/1",
        None,
        {
            **maybe_texts("id", "state", "kind", "to", "to_name", "link", "rule"),
            **texts("opportunity", "title"),
            "amount": MAYBE_NUMBER,
            "at": nullable(INSTANT),
        },
    ),
    "crm.referral/1": referral,
    "crm.tree/1": lambda: document(
        "crm.tree/1", None, {**texts("id", "name"), "brought": {"type": "array", "items": {"type": "object"}}}
    ),
    "crm.title/1": lambda: document(
        "crm.title/1",
        None,
        {**texts("id", "title"), "proposal": nullable(TEXT), "fields": {"type": "object"}, "lacking": LIST},
    ),
    "crm.template/1": lambda: document("crm.template/1", None, texts("id", "subject")),
    "crm.message/1": lambda: document("crm.message/1", Message, {}),
    "crm.outbox/1": lambda: document("crm.outbox/1", None, texts("id", "queued", "to", "subject", "record")),
    "crm.ingested/1": lambda: document(
        "crm.ingested/1", None, {"outcome": TEXT, **maybe_texts("id", "kind", "title", "contact", "reason")}
    ),
    "crm.change/1": lambda: document(
        "crm.change/1",
        None,
        {"id": WHOLE, "at": INSTANT, **texts("by", "command"), "undoes": MAYBE_WHOLE, "paths": LIST},
    ),
    "crm.undone/1": lambda: document("crm.undone/1", None, {**maybe_texts("id"), **texts("path", "did")}),
    "crm.finding/1": lambda: document(
        "crm.finding/1", None, {**texts("path", "field", "what", "hint"), "line": MAYBE_WHOLE}
    ),
    "crm.mended/1": lambda: document("crm.mended/1", None, {**maybe_texts("id"), **texts("path")}),
    "crm.merged/1": lambda: document(
        "crm.merged/1",
        None,
        {**texts("id", "kind"), "merged": LIST, "fields": {"type": "array", "items": {"type": "object"}}},
    ),
    "crm.imported/1": lambda: document(
        "crm.imported/1", None, {**texts("outcome", "id", "name"), "line": WHOLE}
    ),
    "crm.exported/1": lambda: document("crm.exported/1", None, {**texts("id", "path"), "files": LIST}),
    "crm.erased/1": lambda: document(
        "crm.erased/1",
        None,
        {**texts("id"), **maybe_texts("placeholder"), "removed": LIST, "changed": LIST, "git_commits": WHOLE},
    ),
    "crm.similar/1": lambda: document(
        "crm.similar/1",
        None,
        {
            "kind": TEXT,
            "criteria": {"type": "array", "items": {"type": "object"}},
            "ids": LIST,
            "names": LIST,
        },
    ),
    "crm.workspace/1": lambda: document("crm.workspace/1", None, texts("id", "path")),
    "crm.config/1": lambda: document("crm.config/1", Config, {}),
    "crm.view/1": lambda: document("crm.view/1", None, {"view": TEXT, "columns": LIST}),
    "crm.explain/1": lambda: document(
        "crm.explain/1", None, {"conditions": LIST, "sort": LIST, "limit": MAYBE_WHOLE}
    ),
    "crm.schema/1": lambda: document("crm.schema/1", None, texts("type", "of")),
    "crm.warning/1": lambda: document(
        "crm.warning/1", None, {"code": WHOLE, **texts("what", "where", "hint")}
    ),
    "crm.error/1": lambda: document("crm.error/1", None, {"code": WHOLE, **texts("what", "where", "hint")}),
}
SCHEMAS = {**FILES, **DOCUMENTS}
