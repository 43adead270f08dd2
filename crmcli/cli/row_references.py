"""Row references: at a terminal, `@3` is row 3 of the last list of such records printed there."""

import os
import re
import sys
from collections.abc import Sequence

import msgspec

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.values.errors import NotFoundError, UsageError
from crmcli.store.workspace import Workspace

ROW = re.compile(r"@([0-9]{1,6})")
KINDS = {"crm.opportunity/1": "opportunity", "crm.activity/1": "activity", "crm.contact/1": "contact"}
Kept = dict[str, list[str]]  # ids in the order of the rows, by kind


def remember_rows(workspace: Workspace, documents: Sequence[Document]) -> None:
    """Save the ids of the rows of a list printed at a terminal, for the terminal's session."""
    kind = KINDS.get(documents[0].get("schema", "")) if documents else None
    if kind is None or not sys.stdout.isatty():
        return
    name = name_terminal(sys.stdout.fileno())
    kept = recall_rows(workspace, name) | {kind: [str(each.get("id") or "") for each in documents]}
    workspace.derived.keep(name, msgspec.json.encode(kept))


def resolve_row_reference(workspace: Workspace, kind: str, word: str) -> str:
    """Return the id in a row such as `@3`; any other word unchanged.

    Raises UsageError if standard input is not a terminal, NotFoundError for a row that does not exist.
    """
    found = ROW.fullmatch(word)
    if found is None:
        return word
    if not sys.stdin.isatty():
        raise UsageError(
            f"{word} means a row on a terminal, and standard input is not one", hint="give the id"
        )
    ids = recall_rows(workspace, name_terminal(sys.stdin.fileno())).get(kind, [])
    number = int(found[1])
    if not 0 < number <= len(ids) or not ids[number - 1]:
        what = f"the last list of records of this kind ({kind}) has {len(ids)}"
        raise NotFoundError(f"no row {word}, {what}")
    return ids[number - 1]


def name_terminal(terminal: int) -> str:
    """Return the name under which the rows of a terminal's session are saved, private to this machine."""
    return f"rows-{os.ttyname(terminal).strip('/').replace('/', '-')}-{os.getsid(0)}"


def recall_rows(workspace: Workspace, name: str) -> Kept:
    """Return the saved rows; empty if they are missing or damaged."""
    try:
        return msgspec.json.decode(workspace.derived.read(name) or b"{}", type=Kept)
    except msgspec.DecodeError:
        return {}
