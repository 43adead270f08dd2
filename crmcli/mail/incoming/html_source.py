"""The source of an HTML mail, simplified for the parser: no attributes, no scripts, no comments.

Attributes are not shown, and the parser compares each of them with all others of its tag: a tag with
200,000 attributes takes it five minutes. Deep nesting takes it quadratic time, too.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_TAGS = 200_000  # tags that are read; the rest of the page is left out
DEEPEST = 1000  # levels of nesting passed on to the parser
TAG = re.compile(r"<(?:(/?)([a-zA-Z][^\s/>]{0,50})|!--|[!?/])")
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
ASSIGNED = re.compile(r"""[>=](?:(?<==)\s*(["']))?""")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNREAD = {"script", "style"}  # elements whose source is not HTML


class Piece(NamedTuple):
    """A text, and the tag after it; `name` is empty where there is none."""

    text: str
    name: str = ""
    is_end: bool = False

    def __str__(self) -> str:
        return f"{self.text}<{'/' * self.is_end}{self.name}>" if self.name else self.text


def simplify_html(html: str) -> str:
    """Return the page without attributes, scripts and comments; without tags if nested too deep.

    >>> simplify_html('<P class="a > b">x<!-- y --><script>z</script><br/></P>')
    '<p>x<br></p>'
    """
    pieces = list(split_tags(html))
    if count_depth(pieces) > DEEPEST:
        return " ".join(piece.text for piece in pieces)
    return "".join(map(str, pieces))


def split_tags(html: str) -> Iterator[Piece]:
    """Yield the texts of a page, each with the tag after it."""
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
    """Return the position after a tag or comment: behind the next `>` outside quotes, or `-->`."""
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
    """Return the position after the next match of a pattern; the end of the page where there is none."""
    found = wanted.search(html, place)
    return found.end() if found else len(html)


def count_depth(pieces: list[Piece]) -> int:
    """Return the greatest number of elements that are open at once."""
    deepest = now = 0
    for piece in pieces:
        if piece.name and piece.name not in VOID:
            now = max(0, now - 1) if piece.is_end else now + 1
            deepest = max(deepest, now)
    return deepest
