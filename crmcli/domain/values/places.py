"""Where something stands in a file: line and column, both from 1."""

from typing import NamedTuple


class Place(NamedTuple):
    """A line of a file, with the column if it is known."""

    line: int
    column: int | None = None


def format_place(path: object, place: Place | None) -> str:
    """Return a file with the place in it, as editors and compilers write it.

    >>> format_place("pipeline_data/crm.yaml", Place(67, 3))
    'pipeline_data/crm.yaml:67:3'
    >>> format_place("pipeline_data/crm.yaml", None)
    'pipeline_data/crm.yaml'
    """
    return ":".join(str(part) for part in (path, *(place or ())) if part is not None)


def parse_place(text: str) -> tuple[str, Place | None]:
    """Return the path and the place that `format_place` wrote.

    >>> parse_place("templates/email/devis.j2:3:12")
    ('templates/email/devis.j2', Place(line=3, column=12))
    >>> parse_place("templates/email/devis.j2")
    ('templates/email/devis.j2', None)
    """
    path, *numbers = text.rsplit(":", 2)
    if not numbers or not all(each.isdigit() for each in numbers):
        return text, None
    return path, Place(*map(int, numbers))


def place_of(line: int | None, column: int | None) -> Place | None:
    """Return the place of a line and a column, either of which may be unknown."""
    return None if line is None else Place(line, column)
