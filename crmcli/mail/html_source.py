"""The source of an HTML mail, made ready for a parser: tags without attributes, no scripts, no comments.

Nobody reads attributes, and the parser compares each of them with all others of its tag: a tag with
200,000 takes it five minutes. Elements within each other take it quadratic time, too.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_TAGS = 200_000  # that are looked at; what follows is left out
DEEPEST = 1000  # elements within each other that a parser is given
TAG = re.compile(r"<(?:(/?)([a-zA-Z][^\s/>]{0,50})|!--|[!?/])")
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
ASSIGNED = re.compile(r"""[>=](?:(?<==)\s*(["']))?""")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNREAD = {"script", "style"}  # elements whose source is not HTML


class Piece(NamedTuple):
    """A text, and the tag behind it; `name` is empty where there is none."""

    text: str
    name: str = ""
    is_end: bool = False

    def __str__(self) -> str:
        return f"{self.text}<{'/' * self.is_end}{self.name}>" if self.name else self.text


def simplify_html(html: str) -> str:
    """Return the same page without what nobody reads; where it is nested too deep, without its tags.

    >>> simplify('<P class="a > b">x<!-- y --><script>z</script><br/></P>')
    '<p>x<br></p>'
    """
    pieces = list(split_tags(html))
    if count_depth(pieces) > DEEPEST:
        return " ".join(piece.text for piece in pieces)
    return "".join(map(str, pieces))


def split_tags(html: str) -> Iterator[Piece]:
    """Yield the texts of a page, each with the tag behind it."""
    place = 0
    for _ in range(MOST_TAGS):
        tag = TAG.search(html, place)
        if tag is None:
            yield Piece(html[place:])
            return
        name = tag[2].lower() if tag[2] and NAME.fullmatch(tag[2]) else ""
        yield Piece(html[place : tag.start()], "" if name in UNREAD else name, bool(tag[1]))
        place = find_end(html, tag)
        if name in UNREAD and not tag[1]:
            place = find_after(html, re.compile(f"</{name}[^>]*>?", re.IGNORECASE), place)


def find_end(html: str, tag: re.Match[str]) -> int:
    """Return where what begins with a tag ends: behind the next `>` that is not in quotes."""
    if tag[0] == "<!--":
        return find_after(html, re.compile("--!?>"), tag.end() - 2)
    place = tag.end()
    while found := ASSIGNED.search(html, place):
        if found[0] == ">":
            return found.end()
        place = found.end()
        if found[1]:
            place = html.find(found[1], place) + 1 or len(html)
    return len(html)


def find_after(html: str, wanted: re.Pattern[str], place: int) -> int:
    """Return where the next thing that is wanted ends; the end of the page where there is none."""
    found = wanted.search(html, place)
    return found.end() if found else len(html)


def count_depth(pieces: list[Piece]) -> int:
    """Count how many elements are open at once, at most."""
    deepest = now = 0
    for piece in pieces:
        if piece.name and piece.name not in VOID:
            now = max(0, now - 1) if piece.is_end else now + 1
            deepest = max(deepest, now)
    return deepest
