"""The body of an e-mail in Markdown, as plain text and as HTML: both show the same words.

HTML in the source is text: a template has no need of it, and a value could bring it in.
"""

from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"></head>
<body style="font-family: sans-serif; font-size: 15px; line-height: 1.4">
{body}</body></html>
"""
RULE = "-" * 40
BULLET = "- "


def render_bodies(source: str) -> tuple[str, str]:
    """Return a Markdown source as plain text and as an HTML page.

    >>> render_bodies("**Bonjour**, voir [le site](https://a.example) :\\n\\n1. un\\n2. deux")[0]
    'Bonjour, voir le site (https://a.example) :\\n\\n1. un\\n2. deux\\n'
    """
    parser = make_parser()
    tokens = parser.parse(source)
    html = parser.renderer.render(tokens, parser.options, {})
    return TextWriter().write(tokens), PAGE.format(body=html)


@cache
def make_parser() -> MarkdownIt:
    """Return the parser; line ends stay line ends, as people write mails."""
    return MarkdownIt("commonmark", {"html": False, "breaks": True})


class TextWriter:
    """Writes the tokens of a Markdown text as plain text, block by block."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.is_tight = False  # whether the next block follows without a blank line
        self.lists: list[int | None] = []  # the next number of each open list; None for bullets
        self.mark = ""  # of a list item that has no block yet
        self.quotes = 0

    def write(self, tokens: Sequence[Token]) -> str:
        """Return all tokens as text."""
        for token in tokens:
            getattr(self, f"on_{token.type}", self.skip)(token)
        return "".join(self.blocks).strip("\n") + "\n"

    def skip(self, token: Token) -> None:
        """Ignore a token that shows nothing of its own."""

    def add(self, text: str) -> None:
        """Add a block, indented below its list item and marked as quoted."""
        depth = "  " * (len(self.lists) - 1) if self.lists else ""
        first = depth + self.mark
        below = depth + " " * len(self.mark or ("  " if self.lists else ""))
        quote = "> " * self.quotes
        lines = text.split("\n")
        written = [quote + (below if place else first) + line for place, line in enumerate(lines)]
        gap = "" if not self.blocks else "\n" if self.is_tight else f"\n{quote.rstrip()}\n"
        self.blocks.append(gap + "\n".join(line.rstrip() for line in written))
        self.mark, self.is_tight = "", False

    def on_inline(self, token: Token) -> None:
        """Add a paragraph, or a heading."""
        self.add(write_inline(token.children or []))

    def on_fence(self, token: Token) -> None:
        """Add a block of code."""
        self.add(token.content.rstrip("\n"))

    on_code_block = on_fence

    def on_hr(self, token: Token) -> None:
        """Add a line across."""
        self.add(RULE)

    def on_bullet_list_open(self, token: Token) -> None:
        """Begin a list."""
        self.is_tight = bool(self.lists)
        self.lists.append(None)

    def on_ordered_list_open(self, token: Token) -> None:
        """Begin a numbered list, at the number where its source begins."""
        self.is_tight = bool(self.lists)
        self.lists.append(int(token.attrs.get("start", 1)))

    def on_list_item_open(self, token: Token) -> None:
        """Begin an item: its mark comes before its first block; all but the first follow closely."""
        number = self.lists[-1]
        self.mark = BULLET if number is None else f"{number}. "

    def on_list_item_close(self, token: Token) -> None:
        """End an item."""
        number = self.lists[-1]
        self.lists[-1] = None if number is None else number + 1
        self.is_tight = True

    def on_bullet_list_close(self, token: Token) -> None:
        """End a list; what follows stands apart, unless the list is in another."""
        self.lists.pop()
        self.is_tight = bool(self.lists)

    on_ordered_list_close = on_bullet_list_close

    def on_blockquote_open(self, token: Token) -> None:
        """Begin a quote."""
        self.quotes += 1

    def on_blockquote_close(self, token: Token) -> None:
        """End a quote."""
        self.quotes -= 1


def write_inline(tokens: Sequence[Token]) -> str:
    """Return the words of a paragraph; a link is followed by where it leads."""
    words: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((str(token.attrs.get("href", "")), len(words)))
        elif token.type == "link_close" and links:
            href, start = links.pop()
            shown = "".join(words[start:])
            words += [] if href.removeprefix("mailto:") == shown else [f" ({href})"]
        elif token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        else:
            words.append(token.content)
    return "".join(words)
