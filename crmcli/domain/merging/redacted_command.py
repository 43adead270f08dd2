"""A command line as histories and commits keep it: without texts, which may be about a person."""

import re

from crmcli.domain.values.ids import is_id

LONGEST = 120  # characters of a command line that the history quotes
HIDDEN = "…"
NAMING = {"--to", "--reason", "--type", "--on", "--by", "--due", "--add", "--remove", "--priority", "--plan"}
"""Options whose values are ids of the configuration or days."""


def redact_command(command: str) -> str:
    """Return a command line as the history keeps it: names of fields and options, ids, but no texts.

    >>> redact_command("crm note k7f3q9mx -m 'Digicode 1234'")
    'crm note k7f3q9mx -m …'
    >>> redact_command("crm set k7f3q9mx description=Veuf revenue=8000")
    'crm set k7f3q9mx description=… revenue=…'
    >>> redact_command("crm move k7f3q9mx --to contacted")
    'crm move k7f3q9mx --to contacted'
    """
    import shlex  # not needed for reading

    try:
        words = shlex.split(command)
    except ValueError:  # quotes of a command that was not typed at a shell
        words = command.split()[:1]
    kept: list[str] = []
    for word in words:
        shown = redact_word(word, kept[-1] if kept else "", is_verb=all(map(str.isalpha, kept)))
        kept += [] if shown == HIDDEN == kept[-1] else [shown]
    line = " ".join(kept)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}{HIDDEN}"


def redact_word(word: str, previous: str, *, is_verb: bool) -> str:
    """Return a word of a command line, or a mark in place of what may be a text."""
    if is_id(word) or (is_verb and re.fullmatch(r"[a-z]+(-[a-z]+)*", word)):
        return word
    if found := re.match(r"(--?[a-z-]+|[a-z_.]+[+-]?)=", word):
        return found[0] + HIDDEN
    if re.fullmatch(r"--?[a-z-]+", word) or (previous in NAMING and re.fullmatch(r"[a-z0-9._-]+", word)):
        return word
    return HIDDEN
