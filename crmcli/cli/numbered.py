"""What `@3` means at a terminal: row 3 of the last list of such records that was printed there."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from crmcli.domain.documents import Document
from crmcli.domain.errors import NotFoundError, UsageError
from crmcli.store import files
from crmcli.store.workspace import Workspace

ROW = re.compile(r"@([0-9]{1,6})")
KINDS = {"crm.opportunity/1": "opportunity", "crm.activity/1": "activity", "crm.contact/1": "contact"}
Kept = dict[str, list[str]]  # ids in their rows, by kind


def printed(workspace: Workspace, documents: Sequence[Document]) -> None:
    """Remember the rows of a list that somebody sees at a terminal, for as long as their session lasts."""
    kind = KINDS.get(documents[0].get("schema", "")) if documents else None
    if kind is None or not sys.stdout.isatty():
        return
    place = place_of(workspace, sys.stdout.fileno())
    kept = recalled(place) | {kind: [str(each.get("id") or "") for each in documents]}
    try:
        place.parent.mkdir(exist_ok=True)
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        draft.write_bytes(msgspec.json.encode(kept))
        os.replace(draft, place)
    except OSError:  # nothing can be written here: then @3 means nothing, and all else goes on
        return


def meant(workspace: Workspace, kind: str, word: str) -> str:
    """The id in a row, where a word like `@3` names one; any other word as it is.

    Raises UsageError off a terminal, NotFoundError for a row that there is none such.
    """
    found = ROW.fullmatch(word)
    if found is None:
        return word
    if not sys.stdin.isatty():
        raise UsageError(f"{word} means a row of what a terminal shows, and this is none", hint="give the id")
    ids = recalled(place_of(workspace, sys.stdin.fileno())).get(kind, [])
    number = int(found[1])
    if not 0 < number <= len(ids) or not ids[number - 1]:
        what = f"the last list of records of this kind ({kind}) has {len(ids)}"
        raise NotFoundError(f"there is no row {word}, {what}")
    return ids[number - 1]


def place_of(workspace: Workspace, terminal: int) -> Path:
    """Where the rows of a terminal's session are kept, private to this machine."""
    name = os.ttyname(terminal).strip("/").replace("/", "-")
    return workspace.private / "rows" / f"{name}-{os.getsid(0)}"


def recalled(place: Path) -> Kept:
    """The rows that are kept, none where that is damaged or not there."""
    try:
        return msgspec.json.decode(files.read(place) or b"{}", type=Kept)
    except (OSError, msgspec.DecodeError):
        return {}
