"""An id of the configuration that is renamed, and the places in a text that refer to it."""

import re
from enum import StrEnum
from typing import NamedTuple

import msgspec

LONGEST = 64  # letters of a new name
NAME = re.compile(rf"[a-z][a-z0-9_-]{{0,{LONGEST - 1}}}")
FIELD_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}")


class IdKind(StrEnum):
    """The kind of an id that can be renamed."""

    STAGE = "stage"
    FIELD = "field"
    TYPE = "type"  # of activities


class RenamedId(msgspec.Struct, frozen=True):
    """An id, and its new name."""

    kind: IdKind
    old: str
    new: str

    def has_word(self, text: str) -> bool:
        """Tell whether the old name stands in a text as a word of its own."""
        return re.search(rf"(?<![\w-]){re.escape(self.old)}(?![\w-])", text) is not None


class References(NamedTuple):
    """The positions in a text where the old name stands: those that refer to the id, and those that may."""

    sure: tuple[int, ...] = ()
    doubtful: tuple[int, ...] = ()

    def shifted(self, by: int) -> "References":
        """Return the references of a text that stands so many characters further on."""
        return References(tuple(at + by for at in self.sure), tuple(at + by for at in self.doubtful))


NOTHING = References()


def rename_at(text: str, positions: tuple[int, ...], renamed: RenamedId) -> str:
    """Return a text with the new name at these positions of the old one.

    >>> rename_at("new, new", (5,), RenamedId(IdKind.STAGE, "new", "asked"))
    'new, asked'
    """
    for at in sorted(positions, reverse=True):
        text = text[:at] + renamed.new + text[at + len(renamed.old) :]
    return text
