"""The text of an HTML mail: a line for each block, cells and list items apart, links with their targets.

What the sender quotes is marked with `>`, as in plain text.
"""

import html as entities
import re

from crmcli.mail.incoming.html_tags import Piece, split_tags

LONGEST_SOURCE = 2 * 1024 * 1024  # characters of a page that are read, pictures in it included
LONGEST_TEXT = 256 * 1024  # characters of text that are taken from it
DEEPEST = 40  # rows and quotations inside each other; deeper ones are read as part of the outer ones
LONGEST_CELL = 300  # characters; a row with a longer cell has a line for each
LONGEST_LINK = 200
MOST_CELLS = 8
HUGE_NUMBER = re.compile(r"&#[0-9]{8,};?")
LINES_WORDS = "div tr li dt dd option form fieldset section article header footer center figure address"
LINES = frozenset(LINES_WORDS.split())
PARAGRAPHS_WORDS = "p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre hr"
PARAGRAPHS = frozenset(PARAGRAPHS_WORDS.split())
CELLS = frozenset(("td", "th"))
CITED = ("cite", "gmail_quote", "quoted", "border-left")


class Frame:
    """The text of the page, of a quotation or of a row of a table, while it is read."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.cells: list[list[str]] = [[]]
        self.words: list[str] = []

    def add_words(self, text: str) -> None:
        """Add text to the current line."""
        self.words.append(text)

    def end_line(self) -> None:
        """End the current line, if it holds anything."""
        line = " ".join("".join(self.words).split())
        self.words = []
        if line:
            self.cells[-1].append(line)

    def end_paragraph(self) -> None:
        """End the current line, with a blank line after it."""
        self.end_line()
        lines = self.cells[-1]
        if lines and lines[-1]:
            lines.append("")

    def break_line(self) -> None:
        """End the current line, or add a blank one."""
        if "".join(self.words).strip():
            self.end_line()
        elif self.cells[-1] and self.cells[-1][-1]:
            self.cells[-1].append("")

    def begin_cell(self) -> None:
        """Begin the next cell of a row."""
        self.end_line()
        self.cells.append([])

    def finished_lines(self) -> list[str]:
        """Return the lines: those of a quotation marked, the short cells of a row side by side."""
        self.end_line()
        cells = [strip_blank(cell) for cell in self.cells]
        if self.kind == "row":
            return join_cells([cell for cell in cells if cell])
        lines = [line for cell in cells for line in cell]
        return [f"> {line}".rstrip() for line in lines] if self.kind == "cite" else lines


def strip_blank(lines: list[str]) -> list[str]:
    """Return the lines without blank ones at the start and the end."""
    start, end = 0, len(lines)
    while start < end and not lines[start]:
        start += 1
    while end > start and not lines[end - 1]:
        end -= 1
    return lines[start:end]


def join_cells(cells: list[list[str]]) -> list[str]:
    """Return the cells of a row on one line where each has one short line; else one below the other."""
    is_short = all(len(cell) == 1 and len(cell[0]) <= LONGEST_CELL for cell in cells)
    if is_short and len(cells) <= MOST_CELLS:
        return [" | ".join(cell[0] for cell in cells)] if cells else []
    return [line for cell in cells for line in cell]


class PageReader:
    """Reading of a page, tag by tag."""

    def __init__(self, *, has_lines: bool) -> None:
        self.has_lines = has_lines  # whether its paragraphs are lines, as Outlook writes them
        self.frames = [Frame("page")]
        self.links: list[tuple[str, int]] = []
        self.is_kept = 0  # open `pre` elements
        self.is_head = False
        self.length = 0

    @property
    def frame(self) -> Frame:
        """The innermost open frame."""
        return self.frames[-1]

    def read_piece(self, piece: Piece) -> None:
        """Read a text, and the tag after it."""
        if piece.text and not self.is_head:
            self.read_text(piece.text)
        name = piece.name
        if name == "head":
            self.is_head = not piece.is_end
        elif name == "body":
            self.is_head = False
        elif name == "br":
            self.frame.break_line()
        elif name == "a":
            (self.end_link if piece.is_end else self.begin_link)(piece)
        elif name in CELLS or name in ("table", "tr", "blockquote"):
            self.read_container(piece)
        elif name in LINES or name in PARAGRAPHS:
            self.read_block(piece)

    def read_text(self, text: str) -> None:
        """Add a text, its entities decoded."""
        if "&" in text:
            text = entities.unescape(HUGE_NUMBER.sub("\ufffd", text))
        self.length += len(text)
        if not self.is_kept:
            self.frame.add_words(text)
            return
        first, *others = text.split("\n")
        self.frame.add_words(first)
        for line in others:
            self.frame.break_line()
            self.frame.add_words(line)

    def read_block(self, piece: Piece) -> None:
        """End the line before and after a block; paragraphs have a blank line around them."""
        if piece.name == "p" and self.has_lines:
            (self.frame.break_line if piece.is_end and self.frame.words else self.frame.end_line)()
        else:
            (self.frame.end_paragraph if piece.name in PARAGRAPHS else self.frame.end_line)()
        if piece.name == "li" and not piece.is_end:
            self.frame.add_words("- ")
        if piece.name == "pre":
            self.is_kept = max(0, self.is_kept + (-1 if piece.is_end else 1))

    def read_container(self, piece: Piece) -> None:
        """Open or close rows, cells and quotations."""
        if piece.name in CELLS:
            if not piece.is_end and self.frame.kind == "table":
                self.open_frame("row")
            if not piece.is_end and self.frame.kind == "row":
                self.frame.begin_cell()
            return
        if piece.name == "tr":
            if self.frame.kind == "row":
                self.close_frame()
            if not piece.is_end:
                self.open_frame("row")
            return
        if piece.is_end:
            self.close_until("table" if piece.name == "table" else "cite")
        elif piece.name == "table":
            self.open_frame("table")
        elif any(word in piece.attributes for word in CITED):
            self.open_frame("cite")
        else:
            self.frame.end_paragraph()
        self.frame.end_line()

    def open_frame(self, kind: str) -> None:
        """Begin a table, a row or a quotation."""
        if len(self.frames) <= DEEPEST:
            self.frame.end_line()
            self.frames.append(Frame(kind))

    def close_frame(self) -> None:
        """End the innermost frame, and add its lines to the one around it."""
        lines = self.frames.pop().finished_lines()
        self.frame.end_line()
        self.frame.cells[-1] += lines

    def close_until(self, kind: str) -> None:
        """End the frames up to the innermost one of a kind; without one, none."""
        if kind in [frame.kind for frame in self.frames[1:]]:
            while self.frame.kind != kind:
                self.close_frame()
            self.close_frame()

    def begin_link(self, piece: Piece) -> None:
        """Remember the target of a link."""
        self.links = [(piece.link, len(self.frame.words))]

    def end_link(self, piece: Piece) -> None:
        """Add the target of a link behind its text, unless the text says it."""
        link, start = self.links.pop() if self.links else ("", 0)
        text = "".join(self.frame.words[start:]).strip()
        if text and (target := shown_target(link, text)):
            self.frame.add_words(f" ({target})")

    def finish_page(self) -> str:
        """Return the text of the page."""
        while len(self.frames) > 1:
            self.close_frame()
        return "\n".join(strip_blank(self.frame.finished_lines()))


def shown_target(link: str, text: str) -> str:
    """Return the target of a link as it is shown; empty where its text says it already."""
    link = entities.unescape(link[: LONGEST_LINK + 1])
    scheme, _, target = link.partition(":")
    if scheme.lower() in ("mailto", "tel"):
        target = target.partition("?")[0]
        return "" if target in text or not target else target
    if scheme.lower() not in ("http", "https") or len(link) > LONGEST_LINK:
        return ""
    bare = target.strip("/").removeprefix("www.")
    return "" if bare in text or text.strip("/").removeprefix("www.") in bare else link


def read_html(html: str) -> str:
    """Return the text of an HTML page.

    >>> read_html("<table><tr><td>Nom</td><td>Jeanne</td></tr></table><p>a<br>b</p><ul><li>c</ul>")
    'Nom | Jeanne\\n\\na\\nb\\n\\n- c'
    """
    reader = PageReader(has_lines="MsoNormal" in html[:LONGEST_SOURCE])
    for piece in split_tags(html[:LONGEST_SOURCE]):
        reader.read_piece(piece)
        if reader.length > LONGEST_TEXT:
            break
    return reader.finish_page()
