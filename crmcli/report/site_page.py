"""The HTML of a static site: pages of blocks, all texts escaped, no script, nothing from elsewhere."""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from crmcli.domain.values.visible_text import visible
from crmcli.report.tree_lines import Branch

STYLE_SHEET = "style.css"
STYLE_OPENING = b"/* Written by crm"
OPENING = b'<!doctype html>\n<html lang="'  # of each page of a site
GENERATOR = b'<meta name="generator" content="crm">'
ANONYMISED = b'<meta name="crm" content="anonymised">'


class Cell(NamedTuple):
    """A cell of a table: its text, the page that it leads to, and how it is set."""

    text: str
    href: str = ""
    is_number: bool = False
    is_whole: bool = False  # never broken into lines, such as a phone number


class Card(NamedTuple):
    """A deal on the board: its title with the page it leads to, and lines about it."""

    title: Cell
    lines: Sequence[str]


class StageCards(NamedTuple):
    """A stage of the board, with its totals and cards."""

    title: str
    totals: str
    cards: Sequence[Card]
    more: str = ""  # about the cards that are not shown


class Block(NamedTuple):
    """A part of a page; what it does not have is left out."""

    heading: str = ""
    note: str = ""
    chart: str = ""  # SVG
    headers: Sequence[Cell] = ()
    rows: Sequence[Sequence[Cell]] = ()
    is_list: bool = False  # whether a row can be read without the headers, as on a phone
    pairs: Sequence[tuple[str, str]] = ()
    text: str = ""  # lines as they stand
    trees: Sequence[Branch] = ()
    columns: Sequence[StageCards] = ()


class SitePage(NamedTuple):
    """A page: its path in the site, its title, and its blocks."""

    path: str
    title: str
    blocks: Sequence[Block]
    name: str = ""  # in the navigation


class Site(NamedTuple):
    """What all pages of a site share."""

    name: str
    language: str
    pages: Sequence[SitePage]  # those that the navigation leads to, in its order
    note: str  # at the end of each page
    navigation: str  # the label of the navigation
    skip: str  # the label of the link to the content
    is_anonymous: bool = False


@cache
def load_template() -> jinja2.Template:
    """Return the template of a page; every value in it is escaped."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(read_resource("site_page.html"))


def read_resource(name: str) -> str:
    """Return a file of this package."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def read_style_sheet() -> bytes:
    """Return the style sheet of all pages."""
    return read_resource("site_style.css").encode()


def render_html(page: SitePage, site: Site) -> bytes:
    """Return the HTML of a page."""
    up = "../" * page.path.count("/")

    def lead_to(href: str) -> str:
        return up + quote(href)

    return (
        load_template()
        .render(
            page=page,
            site=site,
            lead_to=lead_to,
            shown=visible,
            markup=Markup,
            style=up + STYLE_SHEET,
        )
        .encode()
    )
