"""The messages that no call contains: headings of columns, and labels of the fields of records."""

import importlib
from collections.abc import Iterator
from inspect import getmembers, isclass
from pathlib import Path
from typing import IO, Any

from crmcli.domain.documents.column_declarations import list_shows
from crmcli.domain.documents.report_documents import ReportDocument
from crmcli.domain.documents.typed_document import TypedDocument
from crmcli.domain.localization.translations import HEADING
from crmcli.domain.model.fields import fields_of, walk_fields
from crmcli.domain.model.record_types import Activity, Contact, Opportunity
from crmcli.operations.reporting.group_choices import USUAL
from tests.languages.calls import extract_calls

OWN_GROUPINGS = ("sponsor", "reason", "hour", "type", "assignee")  # of some reports
OTHER_GROUPS = ("none", "undated", "before {month}", "after {month}", "total")
NEVER_TABLES = (
    "AnswersDocument",
    "ConfigDocument",
    "HookDocument",
    "RunDocument",
    "ErrorDocument",
    "WarningDocument",
    "ContextDocument",
    "StatsDocument",
    "PipelineStats",
)


def extract_declarations(
    file: IO[bytes], keywords: dict[str, Any], tags: list[str], options: dict[str, Any]
) -> Iterator[Any]:
    """What a module says in calls, as Babel finds it, and what its classes declare."""
    yield from extract_calls(file, keywords, tags, options)
    module = importlib.import_module(".".join(Path(file.name).with_suffix("").parts[-4:]))
    for name, kind in getmembers(module, isclass):
        if kind.__module__ != module.__name__:
            continue
        if kind is ReportDocument:
            yield from (
                (1, "pgettext", (HEADING, label), []) for label in (*USUAL, *OWN_GROUPINGS, *OTHER_GROUPS)
            )
        elif issubclass(kind, TypedDocument) and name not in NEVER_TABLES:
            yield from ((1, "pgettext", (HEADING, label), []) for label in headings_of(kind))
        elif kind is Activity:
            yield from ((1, "pgettext", (HEADING, path), []) for path, _ in walk_fields(kind))
        elif kind in (Contact, Opportunity):
            yield from ((1, "", spec.label, []) for spec in fields_of(kind) if spec.declared.line)
            yield from ((1, "", path, []) for path, _ in walk_fields(kind))


def headings_of(kind: type[TypedDocument]) -> Iterator[str]:
    """The headings of the columns of a kind of document."""
    return (show.label or key for key, show in list_shows(kind).items())
