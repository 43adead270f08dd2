"""Components of iCalendar as lines of text (RFC 5545, section 3.4), so that unknown ones stay."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from crmcli.domain.values.errors import UsageError
from crmcli.exchange.content_lines import Line, fold_line, parse_line, unfold_lines

MOST_LINES = 20_000
DEEPEST = 6  # components in components


class Component(NamedTuple):
    """A component: its name in capitals, and its lines, unfolded, and inner components in order."""

    name: str
    parts: "list[str | Component]"

    def inner(self, *names: str) -> "list[Component]":
        """Return the inner components with one of these names."""
        return [part for part in self.parts if isinstance(part, Component) and part.name in names]

    def lines(self, *names: str) -> list[Line]:
        """Return the lines with one of these names."""
        named = (part for part in self.parts if isinstance(part, str) and line_name(part) in names)
        return [line for part in named if (line := parse_line(part)) is not None]

    def line(self, name: str) -> Line | None:
        """Return the first line with this name, or None."""
        return next(iter(self.lines(name)), None)

    def value(self, name: str) -> str:
        """Return the raw value of the first line with this name; empty without one."""
        line = self.line(name)
        return line.value if line else ""


def parse_calendar(content: bytes) -> Component:
    """Parse a file with one calendar.

    Raises UsageError for anything else, and for one that is too long or too deep.
    """
    whole: list[Component] = []
    open_ones: list[Component] = []
    for number, text, _ in unfold_lines(content):
        if number > MOST_LINES:
            raise UsageError(f"has more than {MOST_LINES} lines")
        marker, _, value = text.partition(":")
        name = value.strip().upper()
        if marker.upper() == "BEGIN":
            open_ones.append(Component(name, []))
            if len(open_ones) > DEEPEST:
                raise UsageError("has too many components in each other", where=str(number))
        elif marker.upper() == "END":
            if not open_ones or open_ones[-1].name != name:
                raise UsageError(f"END:{name[:20]} has no beginning", where=str(number))
            ended = open_ones.pop()
            (open_ones[-1].parts if open_ones else whole).append(ended)
        elif open_ones and text.strip():
            open_ones[-1].parts.append(text)
    if open_ones:
        raise UsageError(f"{open_ones[-1].name[:20]} has no end")
    if len(whole) != 1 or whole[0].name != "VCALENDAR":
        raise UsageError("is not one calendar")
    return whole[0]


def write_component(component: Component) -> str:
    """Return the text of a component, with folded lines."""
    pieces = [f"BEGIN:{component.name}\r\n"]
    pieces += [
        fold_line(each) if isinstance(each, str) else write_component(each) for each in component.parts
    ]
    return "".join([*pieces, f"END:{component.name}\r\n"])


def replace_lines(component: Component, names: Collection[str], instead: Sequence[str]) -> Component:
    """Return a component with other lines in place of those with these names."""
    kept: list[str | Component] = []
    place: int | None = None
    for part in component.parts:
        if isinstance(part, str) and line_name(part) in names:
            place = len(kept) if place is None else place
        else:
            kept.append(part)
    if place is None:
        place = next((at for at, part in enumerate(kept) if isinstance(part, Component)), len(kept))
    return component._replace(parts=[*kept[:place], *instead, *kept[place:]])


def line_name(text: str) -> str:
    """Return the name of a line in capitals, without parsing the rest.

    >>> line_name("dtstart;TZID=Europe/Paris:20261224T143000"), line_name("SUMMARY:a;b")
    ('DTSTART', 'SUMMARY')
    """
    return text.partition(":")[0].partition(";")[0].strip().upper()


def lines_named(component: Component, names: Collection[str]) -> Iterator[str]:
    """Yield the texts of the lines with these names."""
    return (part for part in component.parts if isinstance(part, str) and line_name(part) in names)
