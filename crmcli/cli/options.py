"""Command lines seen from outside: which words are options, and which are what they are given.

For who must know before a line is parsed, or although it cannot be: the shell's completion, and
errors. A test holds the table against the commands themselves.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

TAKING_VALUES = frozenset(
    {
        *("-C", "-m", "-o", "-t"),
        *("--add", "--as", "--assignee", "--at", "--budget", "--by", "--campaign", "--city", "--close"),
        *("--company", "--contact", "--days", "--description", "--due", "--email", "--errors"),
        *("--escalate", "--every", "--field", "--fields", "--file", "--fix", "--from-url", "--job", "--like"),
        *("--link", "--medium", "--message", "--months", "--next", "--note", "--now", "--on"),
        *("--outcome", "--output", "--owner", "--phone", "--pipeline", "--plan", "--postcode"),
        *("--priority", "--probability", "--questionnaire", "--reason", "--recurring", "--referred-by"),
        *("--remove", "--revenue", "--send", "--since-last", "--source", "--stage", "--state", "--street"),
        *("--consent", "--country", "--format", "--key", "--label", "--language", "--map", "--purpose"),
        *("--summary",),
        *("--tag", "--team", "--template", "--time", "--timeout", "--to", "--type"),
    }
)


class Said(NamedTuple):
    """A word of a line that is not an option's value: itself, or an option's name with what it is given."""

    word: str
    value: str | None = None


def read(words: Sequence[str]) -> Iterator[Said]:
    """A line's words, each option with its value."""
    rest = iter(words)
    for word in rest:
        if word == "--":
            yield from map(Said, rest)
        elif word.startswith("--"):
            name, equals, value = word.partition("=")
            yield Said(name, value if equals else next(rest, None) if name in TAKING_VALUES else None)
        elif word.startswith("-") and len(word) > 1:
            yield from cluster(word, rest)
        else:
            yield Said(word)


def cluster(word: str, rest: Iterator[str]) -> Iterator[Said]:
    """Short options in one word, the last of which may take what follows: `-qm TEXT`, `-mTEXT`."""
    for place, letter in enumerate(word[1:], start=2):
        if f"-{letter}" in TAKING_VALUES:
            yield Said(f"-{letter}", word[place:] or next(rest, None))
            return
        yield Said(f"-{letter}")
