"""JSON Schemas (draft 2020-12) of the files of a workspace and of the documents printed by commands."""

import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UnsetType

from crmcli.domain.documents.answer_documents import (
    AnswerDocument,
    AnswersDocument,
    QuestionnaireDocument,
)
from crmcli.domain.documents.change_documents import (
    ChangeDocument,
    DueReportDocument,
    EraseDocument,
    ExportDocument,
    ExportFolderDocument,
    FixedDocument,
    ImportDocument,
    InboxChangeDocument,
    IngestDocument,
    MergeDocument,
    UndoneDocument,
)
from crmcli.domain.documents.entry_documents import FieldDocument, StageDocument, TypeDocument
from crmcli.domain.documents.figure_documents import (
    BoardDocument,
    PipelineDocument,
    SourceDocument,
    SponsorDocument,
)
from crmcli.domain.documents.record_documents import (
    ActivityDocument,
    AttachmentDocument,
    ContactDocument,
    MessageDocument,
    OpportunityDocument,
)
from crmcli.domain.documents.referral_documents import ReferralDocument, RewardDocument, TreeDocument
from crmcli.domain.documents.report_documents import (
    ActivityReportDocument,
    ContextDocument,
    DigestDocument,
    ForecastDocument,
    FunnelDocument,
    LostDocument,
    PipelineStats,
    ResponseDocument,
    SiteDocument,
    StaleDocument,
    StatsDocument,
    VelocityDocument,
)
from crmcli.domain.documents.review_documents import (
    InboxDocument,
    LogDocument,
    MessageTextDocument,
    NextDocument,
    OutboxDocument,
    SimilarDocument,
    TitleDocument,
    WayOutDocument,
    WhyDocument,
)
from crmcli.domain.documents.team_documents import ConflictDocument, ResolvedDocument, SyncDocument
from crmcli.domain.documents.typed_document import TypedDocument, schema_name
from crmcli.domain.documents.workspace_documents import (
    ConfigDocument,
    ErrorDocument,
    ExaminedDocument,
    ExplainDocument,
    FindingDocument,
    FormDocument,
    HookDocument,
    PlanDocument,
    ProblemDocument,
    ProgramDocument,
    ReleaseDocument,
    RenamedDocument,
    RunDocument,
    ScenarioDocument,
    SchemaDocument,
    TemplateDocument,
    ViewDocument,
    WarningDocument,
    WorkspaceDocument,
)
from crmcli.domain.model.config import Config
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.model.record_types import Contact, Message, Money, Opportunity, Part, Percent, Priority

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
TOLD_BESIDES: dict[type[Part], Schema] = {Message: {"state": {"type": "string", "enum": list(MailState)}}}
LOOSE: Schema = {"type": ["string", "number", "boolean"]}  # a text that YAML may read as another type
LOOSE_TEXT: Schema = {"$ref": "#/$defs/text"}


class SchemaStyle(msgspec.Struct, frozen=True):
    """How the schema of a mapping is written: in files a text may stand unquoted, and mappings are shared."""

    text: Schema
    open_ended: bool  # allows additional keys
    shared: dict[str, Schema] | None = None  # the mappings that `$ref` refers to, by name; None: all in place


def part_schema(part: type[Part], style: SchemaStyle) -> Schema:
    """Return the schema of a mapping."""
    hints = get_type_hints(part)
    specs = [spec for spec in msgspec.structs.fields(part) if spec.name != "extra"]
    required = [spec.encode_name for spec in specs if spec.required]
    properties = {spec.encode_name: hint_schema(hints[spec.name], style) for spec in specs}
    properties |= TOLD_BESIDES.get(part, {}) if style.text is TEXT else {}  # in documents, not in files
    mapping: Schema = {
        "type": "object",
        "description": (part.__doc__ or "").strip().partition("\n")[0],
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": style.open_ended,
    }
    return {"anyOf": [mapping, properties[part.shorthand]]} if part.shorthand else mapping


def hint_schema(hint: Any, style: SchemaStyle) -> Schema:
    """Return the schema of a type annotation."""
    if hint is str:
        return style.text
    if hint in SCALARS:
        return SCALARS[hint]
    arguments = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        known = hint_schema(arguments[0], style)
        return {"anyOf": [known, style.text]} if str in arguments[1:] else known
    if get_origin(hint) is tuple:
        item = hint_schema(arguments[0], style)
        many: Schema = {"type": "array", "items": item}
        return many if style.text is TEXT else {"anyOf": [many, item]}
    if get_origin(hint) is dict:
        return {"type": "object"}
    if issubclass(hint, StrEnum):
        return {"type": "string", "enum": list(hint)}
    return shared_schema(hint, style)


def shared_schema(part: type[Part], style: SchemaStyle) -> Schema:
    """Return the schema of a mapping within another one: a reference, where mappings are shared."""
    if style.shared is None:
        return part_schema(part, style)
    name = part.__name__
    if name not in style.shared:
        style.shared[name] = {}  # a mapping may hold itself
        style.shared[name] = part_schema(part, style)
    return {"$ref": f"#/$defs/{name}"}


def file_schema(part: type[Part], *, open_ended: bool) -> Schema:
    """Return the schema of a YAML file of a workspace."""
    shared: dict[str, Schema] = {"text": LOOSE}
    style = SchemaStyle(LOOSE_TEXT, open_ended, shared)
    return {"$schema": DRAFT, **part_schema(part, style), "$defs": shared}


def document_schema(kind: type[TypedDocument]) -> Schema:
    """Return the schema of a kind of document, with the keys of its record where it has one."""
    of = kind.of_record
    held = part_schema(of, SchemaStyle(TEXT, open_ended=True))["properties"] if of else {}
    hints = get_type_hints(kind, include_extras=True)
    specs = list(msgspec.structs.fields(kind))
    declared = {spec.encode_name: value_schema(hints[spec.name]) for spec in specs}
    return {
        "$schema": DRAFT,
        "title": schema_name(kind),
        "type": "object",
        "properties": {**held, "schema": {"const": schema_name(kind)}, **declared},
        "required": ["schema", *(spec.encode_name for spec in specs if spec.required)],
        "additionalProperties": True,  # fields are added, never changed
    }


def value_schema(hint: Any) -> Schema:
    """Return the schema of the type annotation of a document's field."""
    if hint in PRINTED:
        return PRINTED[hint]
    arguments = [each for each in get_args(hint) if each is not UnsetType]
    match get_origin(hint):
        case typing.Annotated:
            more = [each.extra_json_schema or {} for each in arguments[1:] if isinstance(each, msgspec.Meta)]
            return {key: value for each in (value_schema(arguments[0]), *more) for key, value in each.items()}
        case typing.Literal:
            return {"enum": arguments}
        case types.UnionType | typing.Union:
            known = [each for each in arguments if each is not type(None)]
            schema = NUMBER if set(known) == {int, float} else value_schema(known[0])
            return {"anyOf": [schema, {"type": "null"}]} if len(known) < len(arguments) else schema
    if get_origin(hint) is list:
        return {"type": "array", "items": value_schema(arguments[0])}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": list(hint)}
    if isinstance(hint, type) and issubclass(hint, TypedDocument):
        return {key: value for key, value in document_schema(hint).items() if key != "$schema"}
    return {"type": "object"}


PRINTED: dict[Any, Schema] = {
    str: TEXT,
    int: {"type": "integer"},
    float: NUMBER,
    bool: YES_NO,
    Any: {},
}
FILES: dict[str, Callable[[], Schema]] = {
    "opportunity": lambda: file_schema(Opportunity, open_ended=True),
    "contact": lambda: file_schema(Contact, open_ended=True),
    "config": lambda: file_schema(Config, open_ended=False),
    "questionnaire": lambda: file_schema(Questionnaire, open_ended=False),
}
KINDS: tuple[type[TypedDocument], ...] = (
    OpportunityDocument,
    ActivityDocument,
    ContactDocument,
    ActivityReportDocument,
    ContextDocument,
    DigestDocument,
    ForecastDocument,
    FunnelDocument,
    LostDocument,
    PipelineStats,
    ResponseDocument,
    StaleDocument,
    SiteDocument,
    StatsDocument,
    VelocityDocument,
    PipelineDocument,
    BoardDocument,
    NextDocument,
    WhyDocument,
    ProgramDocument,
    ProblemDocument,
    ReleaseDocument,
    ScenarioDocument,
    HookDocument,
    RunDocument,
    PlanDocument,
    QuestionnaireDocument,
    AnswersDocument,
    AnswerDocument,
    DueReportDocument,
    SourceDocument,
    SponsorDocument,
    RewardDocument,
    ReferralDocument,
    TreeDocument,
    TitleDocument,
    TemplateDocument,
    FormDocument,
    AttachmentDocument,
    MessageDocument,
    OutboxDocument,
    WayOutDocument,
    InboxDocument,
    LogDocument,
    MessageTextDocument,
    InboxChangeDocument,
    IngestDocument,
    ChangeDocument,
    UndoneDocument,
    SyncDocument,
    ConflictDocument,
    ResolvedDocument,
    FindingDocument,
    FixedDocument,
    MergeDocument,
    ImportDocument,
    ExportDocument,
    ExportFolderDocument,
    EraseDocument,
    SimilarDocument,
    WorkspaceDocument,
    RenamedDocument,
    StageDocument,
    FieldDocument,
    TypeDocument,
    ExaminedDocument,
    ConfigDocument,
    ViewDocument,
    ExplainDocument,
    SchemaDocument,
    WarningDocument,
    ErrorDocument,
)
DOCUMENTS: dict[str, Callable[[], Schema]] = {
    schema_name(kind): partial(document_schema, kind) for kind in KINDS
}

SCHEMAS = {**FILES, **DOCUMENTS}
