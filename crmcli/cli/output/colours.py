"""Colours of tables at a terminal: readable on light and dark, and only repeating what the text says."""

import os
import sys
from collections.abc import Iterable
from enum import StrEnum

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.values.colour_choice import allows_colour
from crmcli.domain.values.errors import UsageError

WHEN = AUTO, ALWAYS, NEVER = ("auto", "always", "never")
RESET = "\x1b[0m"


class Tone(StrEnum):
    """A colour or weight: its number in an escape sequence (ECMA-48, section 8.3.117)."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"


BY_STATE = {  # of activities and mails
    "overdue": Tone.RED,
    "today": Tone.YELLOW,
    "done": Tone.DIM,
    "cancelled": Tone.DIM,
    "failed": Tone.RED,
    "uncertain": Tone.RED,
    "held": Tone.YELLOW,
}
BY_OUTCOME = {"won": Tone.GREEN, "lost": Tone.DIM}
OF_STATE = ("due", "days", "state")  # the columns that a state colours
OF_NEXT = ("next_days", "next_due", "next_summary")  # and those that the state of the next activity does
OF_OUTCOME = ("title", "stage_label", "outcome")


def wants_colour(when: str) -> bool:
    """Tell whether to print colours: as `--color` says, else as the environment does.

    Raises UsageError for another word.
    """
    if when not in WHEN:
        raise UsageError(f"unknown value {when!r} of --color", hint=", ".join(WHEN))
    if when != AUTO:
        return when == ALWAYS
    return allows_colour(os.environ, is_terminal=sys.stdout.isatty())


class TonedText(str):
    """A line of a page with its tone; whatever is made of it has none."""

    __slots__ = ("tone",)
    tone: Tone | None

    def __new__(cls, text: str, tone: Tone | None) -> "TonedText":
        """Return a text with a tone."""
        made = super().__new__(cls, text)
        made.tone = tone
        return made


class Page(str):
    """A page of lines as one text, which remembers the tones of its lines."""

    __slots__ = ("lines",)
    lines: list[str]

    def __new__(cls, lines: Iterable[str]) -> "Page":
        """Return a page of lines, each already fit for a terminal."""
        kept = list(lines)
        made = super().__new__(cls, "".join(f"{line}\n" for line in kept))
        made.lines = kept
        return made


def tone_of_line(line: str) -> Tone | None:
    """Return the tone of a line of a page; None for most."""
    return getattr(line, "tone", None)


def paint(text: str, tone: Tone | None) -> str:
    """Return a text in a tone, a line at a time; unchanged without one."""
    if tone is None or not text.strip():
        return text
    return "\n".join(f"\x1b[{tone}m{line}{RESET}" for line in text.split("\n"))


def tone_of(document: Document, key: str) -> Tone | None:
    """Return the tone of a value in a row; None for most.

    >>> tone_of({"state": "overdue"}, "due"), tone_of({"state": "overdue"}, "title")
    (<Tone.RED: '31'>, None)
    """
    if key == "priority":
        return Tone.YELLOW
    if key in OF_STATE and (tone := BY_STATE.get(str(document.get("state")))):
        return tone
    if key in OF_NEXT and (planned := document.get("next")):
        return BY_STATE.get(planned["state"])
    return BY_OUTCOME.get(str(document.get("outcome"))) if key in OF_OUTCOME else None
