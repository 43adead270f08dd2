"""Row references: at a terminal, `@3` is row 3 of the list printed there last."""

import os
import re
import sys
from collections.abc import Sequence

import msgspec

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.values.errors import NotFoundError, UsageError
from crmcli.store.workspace import Workspace

ROW = re.compile(r"@([0-9]{1,6})")
SCHEMA = re.compile(r"crm\.([a-z-]+)/[0-9]+")


class Rows(msgspec.Struct, frozen=True):
    """The list printed last: its kind, as in the schema of its documents, and the ids in its rows."""

    kind: str = ""  # empty for an empty list
    ids: list[str] = []


def remember_rows(workspace: Workspace, documents: Sequence[Document]) -> None:
    """Save the ids of the rows of a list printed at a terminal, for the terminal's session."""
    if not sys.stdout.isatty():
        return
    found = SCHEMA.fullmatch(str(documents[0].get("schema", ""))) if documents else None
    rows = Rows(found[1] if found else "", [str(each.get("id") or "") for each in documents])
    workspace.derived.keep(name_terminal(sys.stdout.fileno()), msgspec.json.encode(rows))


def resolve_row_reference(workspace: Workspace, kinds: Sequence[str], word: str) -> str:
    """Return the id in a row such as `@3` of a list of one of these kinds; any other word unchanged.

    Raises UsageError if standard input is not a terminal or the list printed last is of another kind,
    NotFoundError for a row that does not exist.
    """
    found = ROW.fullmatch(word)
    if found is None:
        return word
    if not sys.stdin.isatty():
        raise UsageError(
            f"{word} means a row on a terminal, and standard input is not one", hint="give the id"
        )
    rows = recall_rows(workspace, name_terminal(sys.stdin.fileno()))
    number = int(found[1])
    if rows.ids and rows.kind not in kinds:
        what = f"the list printed last is of kind {rows.kind or 'unknown'}, not {' or '.join(kinds)}"
        raise UsageError(f"{word}: {what}", hint="print the list that you mean, or give the id")
    if not 0 < number <= len(rows.ids) or not rows.ids[number - 1]:
        raise NotFoundError(f"no row {word}, the list printed last has {len(rows.ids)}")
    return rows.ids[number - 1]


def name_terminal(terminal: int) -> str:
    """Return the name under which the rows of a terminal's session are saved, private to this machine."""
    return f"rows-{os.ttyname(terminal).strip('/').replace('/', '-')}-{os.getsid(0)}"


def recall_rows(workspace: Workspace, name: str) -> Rows:
    """Return the saved rows; none if they are missing or damaged."""
    try:
        return msgspec.json.decode(workspace.derived.read(name) or b"{}", type=Rows)
    except msgspec.DecodeError:
        return Rows()
