"""JSON Schemas (draft 2020-12) of the files of a workspace and of the documents printed by commands."""

import types
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from crmcli.domain.model.config import Config
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Message,
    Money,
    Opportunity,
    Part,
    Percent,
    Priority,
)

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
LOOSE: Schema = {"type": ["string", "number", "boolean"]}  # a text that YAML may read as another type


def part_schema(part: type[Part], *, text: Schema, open_ended: bool) -> Schema:
    """Return the schema of a mapping in a file; `open_ended` allows additional keys."""
    hints = get_type_hints(part)
    specs = [spec for spec in msgspec.structs.fields(part) if spec.name != "extra"]
    required = [spec.encode_name for spec in specs if spec.required]
    properties = {spec.encode_name: hint_schema(hints[spec.name], text, open_ended) for spec in specs}
    mapping: Schema = {
        "type": "object",
        "description": (part.__doc__ or "").strip().partition("\n")[0],
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": open_ended,
    }
    return {"anyOf": [mapping, properties[part.shorthand]]} if part.shorthand else mapping


def hint_schema(hint: Any, text: Schema, open_ended: bool) -> Schema:
    """Return the schema of a type annotation."""
    if hint is str:
        return text
    if hint in SCALARS:
        return SCALARS[hint]
    arguments = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        known = hint_schema(arguments[0], text, open_ended)
        return {"anyOf": [known, text]} if str in arguments[1:] else known
    if get_origin(hint) is tuple:
        item = hint_schema(arguments[0], text, open_ended)
        return (
            {"anyOf": [{"type": "array", "items": item}, item]}
            if text is LOOSE
            else {"type": "array", "items": item}
        )
    if get_origin(hint) is dict:
        return {"type": "object"}
    if issubclass(hint, StrEnum):
        return {"type": "string", "enum": list(hint)}
    return part_schema(hint, text=text, open_ended=open_ended)


def file_schema(part: type[Part], *, open_ended: bool) -> Schema:
    """Return the schema of a YAML file of a workspace."""
    return {"$schema": DRAFT, **part_schema(part, text=LOOSE, open_ended=open_ended)}


def or_null(schema: Schema) -> Schema:
    """Return a schema that also allows null."""
    return {"anyOf": [schema, {"type": "null"}]}


def document_schema(
    name: str, of: type[Part] | None, always: dict[str, Schema], maybe: dict[str, Schema] | None = None
) -> Schema:
    """Return the schema of a printed document: required and optional keys, and the keys of its record."""
    held = part_schema(of, text=TEXT, open_ended=True)["properties"] if of else {}
    properties = {**held, "schema": {"const": name}, **always, **(maybe or {})}
    return {
        "$schema": DRAFT,
        "title": name,
        "type": "object",
        "properties": properties,
        "required": ["schema", *always],
        "additionalProperties": True,  # fields are added, never changed
    }


def text_properties(*names: str) -> dict[str, Schema]:
    """Return properties that are texts."""
    return dict.fromkeys(names, TEXT)


def maybe_texts(*names: str) -> dict[str, Schema]:
    """Return properties that are a text or null."""
    return {name: or_null(TEXT) for name in names}


LIST: Schema = {"type": "array", "items": TEXT}
MAYBE_NUMBER, MAYBE_WHOLE = or_null(NUMBER), or_null(WHOLE)
OUTCOMES: Schema = {"enum": ["open", "won", "lost"]}
STATES: Schema = {"enum": ["overdue", "today", "planned", "done", "cancelled"]}


def activity_schema() -> Schema:
    """Return the schema of `crm.activity/1`."""
    always = {
        **maybe_texts("id", "type", "type_label", "summary", "assignee", "owner", "contact", "contact_name"),
        **text_properties("opportunity", "title", "stage"),
        "due": or_null(DAY),
        "state": STATES,
    }
    return document_schema("crm.activity/1", Activity, always)


def opportunity_schema() -> Schema:
    """Return the schema of `crm.opportunity/1`."""
    inner = {key: value for key, value in activity_schema().items() if key != "$schema"}
    always = {
        **text_properties("id", "kind", "title", "stage"),
        **maybe_texts("contact_name", "stage_label", "owner"),
        "stage_since": or_null(INSTANT),
        "stale": YES_NO,
        "outcome": OUTCOMES,
        "probability": NUMBER,
        "probability_from": {"enum": ["stage", "manual", "won", "lost"]},
        "priority": WHOLE,
        "expected_revenue": MAYBE_NUMBER,
        "weighted_revenue": MAYBE_NUMBER,
        "tags": LIST,
        "touched": or_null(INSTANT),
        "activities": {"type": "array", "items": inner},
    }
    maybe = {"pipeline": or_null(TEXT), "path": TEXT, "monthly_revenue": NUMBER}
    return document_schema(
        "crm.opportunity/1", Opportunity, always, {**maybe, "weighted_monthly_revenue": NUMBER}
    )


def answer_schema() -> Schema:
    """Return the schema of `crm.answer/1`: one question of a record's questionnaire with its answer."""
    always = {
        **text_properties("section", "id", "label", "type", "shown"),
        **maybe_texts("unit", "fault"),
        "required": YES_NO,
        "asked": {"enum": ["yes", "maybe", "no"]},
        "answer": {},
    }
    return document_schema("crm.answer/1", None, always)


def answers_schema() -> Schema:
    """Return the schema of `crm.answers/1`: a record's questionnaire with its answers."""
    inner = {key: value for key, value in answer_schema().items() if key != "$schema"}
    always = {
        **text_properties("id", "title", "questionnaire", "label"),
        **dict.fromkeys(("version", "current_version"), MAYBE_WHOLE),
        **dict.fromkeys(("asked", "answered", "done"), WHOLE),
        "missing": LIST,
        "questions": {"type": "array", "items": inner},
        "gone": {"type": "object"},
    }
    return document_schema("crm.answers/1", None, always)


def figures_schema(name: str, more: dict[str, Schema]) -> Schema:
    """Return the schema of a stage with its figures."""
    always = {
        **maybe_texts("stage", "label"),
        "probability": MAYBE_NUMBER,
        "count": WHOLE,
        "expected_revenue": NUMBER,
        "weighted_revenue": NUMBER,
    }
    return document_schema(name, None, {**always, **more}, {"pipeline": or_null(TEXT)})


def tally_schema(name: str, more: dict[str, Schema]) -> Schema:
    """Return the schema of the figures of one origin or sponsor."""
    counts = dict.fromkeys(("leads", "deals", "open", "won", "lost"), WHOLE)
    amounts = dict.fromkeys(("expected_revenue", "weighted_revenue", "won_revenue"), NUMBER)
    always = {"id": or_null(TEXT), "label": TEXT, **counts, "win_rate": MAYBE_NUMBER, **amounts, **more}
    return document_schema(name, None, always)


def referral_schema() -> Schema:
    """Return the schema of `crm.referral/1`."""
    always = {
        **text_properties("id", "kind", "title", "stage"),
        **maybe_texts("contact", "contact_name", "sponsor", "sponsor_name", "link", "link_label"),
        **maybe_texts("stage_label"),
        "outcome": OUTCOMES,
        "expected_revenue": MAYBE_NUMBER,
        "rewards": {"type": "array", "items": {"type": "object"}},
    }
    return document_schema("crm.referral/1", None, always)


FILES: dict[str, Callable[[], Schema]] = {
    "opportunity": lambda: file_schema(Opportunity, open_ended=True),
    "contact": lambda: file_schema(Contact, open_ended=True),
    "config": lambda: file_schema(Config, open_ended=False),
    "questionnaire": lambda: file_schema(Questionnaire, open_ended=False),
}
DOCUMENTS: dict[str, Callable[[], Schema]] = {
    "crm.opportunity/1": opportunity_schema,
    "crm.activity/1": activity_schema,
    "crm.contact/1": lambda: document_schema(
        "crm.contact/1",
        Contact,
        {**text_properties("id", "kind", "name"), **maybe_texts("company_name")},
        {"opportunities": LIST, "totals": {"type": "object"}, "people": LIST, "brought": LIST},
    ),
    "crm.pipeline/1": lambda: figures_schema("crm.pipeline/1", {}),
    "crm.board/1": lambda: figures_schema("crm.board/1", {"cards": LIST}),
    "crm.next/1": lambda: document_schema(
        "crm.next/1",
        None,
        {**text_properties("id", "stage"), "allowed": YES_NO, "does": LIST},
        {"label": TEXT, "probability": MAYBE_NUMBER},
    ),
    "crm.why/1": lambda: document_schema(
        "crm.why/1", None, {"id": TEXT, "reasons": {"type": "array", "items": {"type": "object"}}}
    ),
    "crm.program/1": lambda: document_schema(
        "crm.program/1",
        None,
        {**text_properties("where", "program"), "files": LIST, "trusted": YES_NO},
        {"not_covered": LIST},
    ),
    "crm.problem/1": lambda: document_schema(
        "crm.problem/1", None, text_properties("command", "what", "hint")
    ),
    "crm.scenario/1": lambda: document_schema(
        "crm.scenario/1", None, {**text_properties("file", "name"), "passed": YES_NO, "failures": LIST}
    ),
    "crm.hook/1": lambda: document_schema(
        "crm.hook/1",
        None,
        {
            **text_properties("hook", "command", "by"),
            "at": INSTANT,
            "changes": {"type": "array", "items": {"type": "object"}},
        },
    ),
    "crm.run/1": lambda: document_schema(
        "crm.run/1",
        None,
        {**text_properties("rule", "occurrence", "by"), "at": INSTANT, "opportunity": {"type": "object"}},
        {"contact": or_null({"type": "object"})},
    ),
    "crm.plan/1": lambda: document_schema(
        "crm.plan/1",
        None,
        {**text_properties("id", "label"), "lines": {"type": "array", "items": {"type": "object"}}},
    ),
    "crm.questionnaire/1": lambda: document_schema(
        "crm.questionnaire/1",
        None,
        {
            **text_properties("id", "label"),
            **dict.fromkeys(("sections", "questions", "records"), WHOLE),
            "version": MAYBE_WHOLE,
            "for": or_null({"type": "object"}),
        },
    ),
    "crm.answers/1": answers_schema,
    "crm.answer/1": answer_schema,
    "crm.report/1": lambda: document_schema(
        "crm.report/1",
        None,
        {
            **text_properties("id", "user", "to", "subject"),
            "activities": WHOLE,
            "overdue": WHOLE,
            "escalated": WHOLE,
        },
    ),
    "crm.source/1": lambda: tally_schema("crm.source/1", {"by": {"enum": ["source", "medium", "campaign"]}}),
    "crm.sponsor/1": lambda: tally_schema(
        "crm.sponsor/1", {"rewards_due": NUMBER, "rewards_paid": NUMBER, "kinds_due": LIST}
    ),
    "crm.reward/1": lambda: document_schema(
        "crm.reward/1",
        None,
        {
            **maybe_texts("id", "state", "kind", "to", "to_name", "link", "rule"),
            **text_properties("opportunity", "title"),
            "amount": MAYBE_NUMBER,
            "at": or_null(INSTANT),
        },
    ),
    "crm.referral/1": referral_schema,
    "crm.tree/1": lambda: document_schema(
        "crm.tree/1",
        None,
        {**text_properties("id", "name"), "brought": {"type": "array", "items": {"type": "object"}}},
    ),
    "crm.title/1": lambda: document_schema(
        "crm.title/1",
        None,
        {
            **text_properties("id", "title"),
            "proposal": or_null(TEXT),
            "fields": {"type": "object"},
            "lacking": LIST,
        },
    ),
    "crm.template/1": lambda: document_schema("crm.template/1", None, text_properties("id", "subject")),
    "crm.message/1": lambda: document_schema("crm.message/1", Message, {}),
    "crm.outbox/1": lambda: document_schema(
        "crm.outbox/1", None, text_properties("id", "queued", "to", "subject", "record")
    ),
    "crm.ingested/1": lambda: document_schema(
        "crm.ingested/1", None, {"outcome": TEXT, **maybe_texts("id", "kind", "title", "contact", "reason")}
    ),
    "crm.change/1": lambda: document_schema(
        "crm.change/1",
        None,
        {
            "id": WHOLE,
            "at": INSTANT,
            **text_properties("by", "command"),
            "undoes": MAYBE_WHOLE,
            "paths": LIST,
        },
    ),
    "crm.undone/1": lambda: document_schema(
        "crm.undone/1", None, {**maybe_texts("id"), **text_properties("path", "did")}
    ),
    "crm.finding/1": lambda: document_schema(
        "crm.finding/1", None, {**text_properties("path", "field", "what", "hint"), "line": MAYBE_WHOLE}
    ),
    "crm.mended/1": lambda: document_schema(
        "crm.mended/1", None, {**maybe_texts("id"), **text_properties("path")}
    ),
    "crm.merged/1": lambda: document_schema(
        "crm.merged/1",
        None,
        {
            **text_properties("id", "kind"),
            "merged": LIST,
            "fields": {"type": "array", "items": {"type": "object"}},
        },
    ),
    "crm.imported/1": lambda: document_schema(
        "crm.imported/1", None, {**text_properties("outcome", "id", "name"), "line": WHOLE}
    ),
    "crm.exported/1": lambda: document_schema(
        "crm.exported/1", None, {**text_properties("id", "path"), "files": LIST}
    ),
    "crm.erased/1": lambda: document_schema(
        "crm.erased/1",
        None,
        {
            **text_properties("id"),
            **maybe_texts("placeholder"),
            "removed": LIST,
            "changed": LIST,
            "git_commits": WHOLE,
        },
    ),
    "crm.similar/1": lambda: document_schema(
        "crm.similar/1",
        None,
        {
            "kind": TEXT,
            "criteria": {"type": "array", "items": {"type": "object"}},
            "ids": LIST,
            "names": LIST,
        },
    ),
    "crm.workspace/1": lambda: document_schema("crm.workspace/1", None, text_properties("id", "path")),
    "crm.config/1": lambda: document_schema("crm.config/1", Config, {}),
    "crm.view/1": lambda: document_schema("crm.view/1", None, {"view": TEXT, "columns": LIST}),
    "crm.explain/1": lambda: document_schema(
        "crm.explain/1", None, {"conditions": LIST, "sort": LIST, "limit": MAYBE_WHOLE}
    ),
    "crm.schema/1": lambda: document_schema("crm.schema/1", None, text_properties("type", "of")),
    "crm.warning/1": lambda: document_schema(
        "crm.warning/1", None, {"code": WHOLE, **text_properties("what", "where", "hint")}
    ),
    "crm.error/1": lambda: document_schema(
        "crm.error/1", None, {"code": WHOLE, **text_properties("what", "where", "hint")}
    ),
}
SCHEMAS = {**FILES, **DOCUMENTS}
