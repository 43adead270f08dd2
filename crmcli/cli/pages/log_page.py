"""The story of a record as a page: a line for each event, with who did it and the commit that has it."""

from collections.abc import Iterable, Iterator

from crmcli.cli.output.value_format import clock_style
from crmcli.domain.documents.review_documents import LogDocument
from crmcli.domain.model.config import Config

MOST_LINES, MOST_CHARACTERS = 3, 300  # of a text


def format_log(events: Iterable[LogDocument], config: Config) -> Iterator[str]:
    """Yield the lines of a log."""
    for each in events:
        first, *rest = shorten_text(each.text).splitlines() or [""]
        by = ", ".join(part for part in (each.by, each.short_commit) if part)
        yield f"{clock_style(config)(each.at)}  {first}{f'  ({by})' if by else ''}"
        yield from (f"    {line}" for line in rest)


def shorten_text(text: str) -> str:
    """Return the first lines of a text.

    >>> shorten_text("un\\ndeux\\ntrois\\nquatre")
    'un\\ndeux\\ntrois …'
    """
    lines = text.strip().splitlines()
    shown = "\n".join(lines[:MOST_LINES])
    is_cut = len(lines) > MOST_LINES or len(shown) > MOST_CHARACTERS
    return f"{shown[:MOST_CHARACTERS].rstrip()} …" if is_cut else shown
