"""The tags of an HTML page, one after the other, in time that grows with the length of the page.

A parser that builds a tree takes quadratic time for pages with many attributes in a tag, or with elements
nested deeply; the text of a mail needs neither.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_TAGS = 200_000  # tags that are read; the rest of the page is left out
LONGEST_ATTRIBUTES = 4_000  # characters of a tag's attributes that are looked at
TAG = re.compile(r"<(?:(/?)([a-zA-Z][^\s/>]{0,50})|!--|[!?/])")
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
ASSIGNED = re.compile(r"""[>=](?:(?<==)\s*(["']))?""")
HREF = re.compile(r"""href\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
END_OF_COMMENT = re.compile("--!?>")
UNREAD = {  # elements whose source is not text for readers, with their ends
    name: re.compile(f"</{name}[^>]*>?", re.IGNORECASE) for name in ("script", "style", "title", "template")
}


class Piece(NamedTuple):
    """A text, and the tag after it; `name` is empty where there is none."""

    text: str
    name: str = ""
    is_end: bool = False
    attributes: str = ""

    @property
    def link(self) -> str:
        """The target of a link; empty if there is none."""
        found = HREF.search(self.attributes)
        return next(filter(None, found.groups()), "").strip() if found else ""


def split_tags(html: str) -> Iterator[Piece]:
    """Yield the texts of a page, each with the tag after it; without scripts, styles and comments.

    >>> [piece.name or piece.text for piece in split_tags('a<P class="x > y">b<!-- c --><br/>')]
    ['p', 'b', 'br', '']
    """
    place = 0
    for _ in range(MOST_TAGS):
        tag = TAG.search(html, place)
        if tag is None:
            yield Piece(html[place:])
            return
        name = tag[2].lower() if tag[2] and NAME.fullmatch(tag[2]) else ""
        end = find_end(html, tag)
        attributes = html[tag.end() : min(end, tag.end() + LONGEST_ATTRIBUTES)]
        yield Piece(html[place : tag.start()], "" if name in UNREAD else name, bool(tag[1]), attributes)
        place = end
        if name in UNREAD and not tag[1]:
            place = find_after(html, UNREAD[name], place)


def find_end(html: str, tag: re.Match[str]) -> int:
    """Return the position after a tag or comment: behind the next `>` outside quotes, or `-->`."""
    if tag[0] == "<!--":
        return find_after(html, END_OF_COMMENT, tag.end() - 2)
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
