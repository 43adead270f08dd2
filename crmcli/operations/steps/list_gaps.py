"""Warnings about the answer to a query: files that cannot be read, tags that no record has."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crmcli.domain.values.suggest import suggest_name
from crmcli.store.reader import Reading

if TYPE_CHECKING:
    from crmcli.query.query_model import Query

MOST_TAGS = 20  # tags that are named; further ones are counted


def list_gaps(reading: Reading, query: "Query") -> Iterator[str]:
    """Yield a line for each unreadable record, and for each tag of the query that no record has."""
    yield from list_unreadable(reading, "opportunities")
    unused = reading.index.unused_tags(query.tags)
    for tag in unused[:MOST_TAGS]:
        hint = suggest_name(tag, reading.index.tags())
        yield f"no record has the tag {tag!r}" + (f" ({hint})" if hint else "")
    if len(unused) > MOST_TAGS:
        yield f"no record has {len(unused) - MOST_TAGS:,} other tags that are asked for"


def list_unreadable(reading: Reading, kind: str) -> Iterator[str]:
    """Yield a line for each file of `opportunities` or `contacts` that cannot be read."""
    yield from (f"{broken}; skipped" for broken in reading.index.broken(kind))
