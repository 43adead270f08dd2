"""How candidates are put into a line: each shell in its own way, and nothing that a shell would run."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from crmcli.cli.completion.candidates import Candidate
from crmcli.domain.values.visible_text import visible

HARMLESS = "_@%+=:,./-"
ESCAPED = " '()&;’"  # what bash takes as it is, a backslash before it
INSIDE = {"": ESCAPED, '"': "", "'": "'"}  # what is escaped within these quotes


class Typed(NamedTuple):
    """A line of bash up to the cursor: its words, and the quote that is open at its end."""

    words: list[str]
    quote: str = ""


def split_line(line: str) -> Typed:
    """The words of a line as bash would read them; the last one may be unfinished."""
    for quote in ("", "'", '"'):
        with suppress(ValueError):
            words = shlex.split(line + quote)
            ends = not quote and (not line or (line[-1].isspace() and not line.endswith("\\ ")))
            return Typed([*words, ""] if ends else words, quote)
    return Typed(line.split(" "))


def count_kept(current: str, replaced: str) -> int:
    """How many characters of the word to complete bash leaves in place: those before what it replaces.

    bash breaks words at `:`, `=` and more, whatever `COMP_WORDBREAKS` holds, but not within quotes;
    the part that it replaces may be quoted itself.
    """
    own = split_line(replaced).words[-1] if replaced else ""
    for ending in (replaced, own):
        if current.endswith(ending):
            return len(current) - len(ending)
    return 0


def quote_for_bash(current: str, replaced: str, quote: str, found: Sequence[Candidate]) -> Iterator[str]:
    """What bash is given: what follows what it leaves in place, escaped.

    It shows no meanings: they stand behind the words where there are several to choose from, which
    it then does not put in.
    """
    start = count_kept(current, replaced)
    known = {each.word: each for each in found if can_be_put_in(each.word)}.values()
    for word, help in known:
        meaning = " ".join(visible(help).split())
        rest = escape_word(word[start:], quote)
        yield f"{rest}  ({meaning})" if meaning and len(known) > 1 and word[-1:] != ":" else rest


def can_be_put_in(word: str) -> bool:
    """Is this a word that bash runs nothing of? An address such as `$(reboot)@example.org` is not."""
    return all(char.isalnum() or char in HARMLESS or char in ESCAPED for char in word)


def escape_word(text: str, quote: str) -> str:
    """A text as it stands in a line, within this quote if one is open."""
    if quote == "'":
        return text.replace("'", "'\\''")
    return "".join(f"\\{char}" if char in INSIDE[quote] else char for char in text)


def quote_for_others(found: Sequence[Candidate]) -> Iterator[str]:
    """What zsh and fish are given, which quote words themselves: each with its meaning."""
    for word, help in {each.word: each for each in found if each.word.isprintable()}.values():
        meaning = " ".join(visible(help).split())
        yield f"{word}\t{meaning}" if meaning else word
