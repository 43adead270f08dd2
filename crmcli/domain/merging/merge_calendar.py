"""Three-way merge of an activity with its item in a calendar, field by field.

Of what was last synchronised only fingerprints are known: they tell which side changed a field, and keep no
text outside the workspace.
"""

import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from crmcli.domain.merging.concurrent_events import STANDS_BEFORE
from crmcli.domain.model.record_types import State

Fields = Mapping[str, str]  # summary, when ("2026-12-24" or "2026-12-24 14:30"), state, note
FIELDS = ("summary", "when", "note", "state")


class LastSynced(NamedTuple):
    """Fingerprints of what was last written into a calendar: the fields, and the lines of the note."""

    fields: Mapping[str, str]
    lines: frozenset[str] = frozenset()


class MergedItem(NamedTuple):
    """The merged fields, and the values of the calendar that were not taken."""

    fields: dict[str, str]
    discarded: dict[str, str]

    def kept(self, field: str) -> str:
        """Return the merged value of a field."""
        return self.fields[field]


def fingerprint(text: str) -> str:
    """Return a short fingerprint of a text; the same however its accents are composed.

    >>> fingerprint("pose\\u0301") == fingerprint("posé")
    True
    """
    content = unicodedata.normalize("NFC", text).encode("utf-8", "replace")
    return f"{zlib.crc32(content):08x}{zlib.crc32(content[::-1]):08x}"


def merge_item(last: LastSynced | None, ours: Fields, theirs: Fields) -> MergedItem:
    """Return the merge of an activity (`ours`) with its item (`theirs`).

    Where both changed a field, or nothing is known of the last time, the record's value stays; but done takes
    precedence over cancelled, and cancelled over planned, and lines that were added to the note are kept.
    """
    merged: dict[str, str] = {}
    discarded: dict[str, str] = {}
    for name in FIELDS:
        merged[name] = merge_field(name, last, ours[name], theirs[name])
        if is_lost(name, last, merged[name], theirs[name]):
            discarded[name] = theirs[name]
    return MergedItem(merged, discarded)


def merge_field(name: str, last: LastSynced | None, ours: str, theirs: str) -> str:
    """Return the merged value of one field."""
    if is_same(ours, theirs) or (last is not None and is_as_synced(name, last, theirs)):
        return ours
    if name == "state":
        return min(State(ours), State(theirs), key=STANDS_BEFORE.index)
    if last is None:
        return ours
    if is_as_synced(name, last, ours):
        return theirs
    return join_notes(last, ours, theirs) if name == "note" else ours


def is_same(ours: str, theirs: str) -> bool:
    """Tell whether two values are equal, however their accents are composed."""
    return ours == theirs or fingerprint(ours) == fingerprint(theirs)


def is_as_synced(name: str, last: LastSynced, value: str) -> bool:
    """Tell whether a value is the one that was last synchronised."""
    return last.fields.get(name) == fingerprint(value)


def is_lost(name: str, last: LastSynced | None, merged: str, theirs: str) -> bool:
    """Tell whether the calendar has a changed value that is not in the merged one."""
    if is_same(merged, theirs) or (last is not None and is_as_synced(name, last, theirs)):
        return False
    kept = set(merged.splitlines())
    known = last.lines if last else frozenset()
    return name != "note" or any(
        line not in kept and fingerprint(line) not in known for line in theirs.splitlines() if line.strip()
    )


def join_notes(last: LastSynced, ours: str, theirs: str) -> str:
    """Return our note with the lines that were added to it in the calendar."""
    return add_lines(ours, (line for line in theirs.splitlines() if fingerprint(line) not in last.lines))


def add_lines(note: str, lines: Iterable[str]) -> str:
    """Return a note with the lines that it has not yet."""
    kept = note.splitlines()
    kept += [line for line in dict.fromkeys(lines) if line.strip() and line not in kept]
    return "\n".join(kept)
