"""Quoting of candidates for each shell, so that the shell runs nothing in them."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from crmcli.cli.completion.candidates import Candidate
from crmcli.domain.values.visible_text import visible

SHELLS = ("bash", "zsh", "fish")
HARMLESS = "_@%+=:,./-"
ESCAPED = " '()&;’"  # characters that bash takes literally after a backslash
INSIDE = {"": ESCAPED, '"': "", "'": "'"}  # characters to escape within each quote


class Typed(NamedTuple):
    """A line of bash up to the cursor: its words, and the quote that is open at its end."""

    words: list[str]
    quote: str = ""


def split_line(line: str) -> Typed:
    """Return the words of a line as bash would read them; the last one may be unfinished."""
    for quote in ("", "'", '"'):
        with suppress(ValueError):
            words = shlex.split(line + quote)
            ends = not quote and (not line or (line[-1].isspace() and not line.endswith("\\ ")))
            return Typed([*words, ""] if ends else words, quote)
    return Typed(line.split(" "))


def count_kept(current: str, replaced: str) -> int:
    """Return the number of characters that bash keeps of the word to complete: those before what it replaces.

    bash breaks words at `:`, `=` and more, whatever `COMP_WORDBREAKS` holds, but not within quotes;
    the part that it replaces may be quoted itself.
    """
    own = split_line(replaced).words[-1] if replaced else ""
    for ending in (replaced, own):
        if current.endswith(ending):
            return len(current) - len(ending)
    return 0


def quote_for_bash(current: str, replaced: str, quote: str, found: Sequence[Candidate]) -> Iterator[str]:
    """Yield the candidates for bash: the text after the characters that it keeps, escaped.

    bash shows no meanings. So they follow the words if there are several candidates, because bash then
    only lists them and inserts none.
    """
    start = count_kept(current, replaced)
    known = {each.word: each for each in found if can_be_put_in(each.word)}.values()
    for word, help, _ in known:
        meaning = " ".join(visible(help).split())
        rest = escape_word(word[start:], quote)
        yield f"{rest}  ({meaning})" if meaning and len(known) > 1 and word[-1:] != ":" else rest


def can_be_put_in(word: str) -> bool:
    """Tell whether a word is safe to insert: bash would run an address such as `$(reboot)@example.org`."""
    return all(char.isalnum() or char in HARMLESS or char in ESCAPED for char in word)


def escape_word(text: str, quote: str) -> str:
    """Return a text escaped for a line of bash, within this quote if one is open."""
    if quote == "'":
        return text.replace("'", "'\\''")
    return "".join(f"\\{char}" if char in INSIDE[quote] else char for char in text)


def quote_for_others(found: Sequence[Candidate]) -> Iterator[str]:
    """Yield the candidates for zsh and fish, which quote words themselves, each with its meaning."""
    for word, help, _ in {each.word: each for each in found if each.word.isprintable()}.values():
        meaning = " ".join(visible(help).split())
        yield f"{word}\t{meaning}" if meaning else word
