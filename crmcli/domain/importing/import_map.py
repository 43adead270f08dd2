"""How the columns and words of another program's file map to fields: `--map FILE`, and the presets."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from crmcli.domain.importing.import_targets import check_target, fold_heading, guess_target
from crmcli.domain.model.config import Config, DateOrder
from crmcli.domain.model.questionnaires import Question
from crmcli.domain.model.record_types import Part
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import unknown_entry

TABLES = ("opportunities", "leads", "contacts", "activities")


class TableMap(Part, frozen=True, kw_only=True):
    """The columns of one table, and what its words mean."""

    columns: dict[str, str] = msgspec.field(default_factory=dict)  # fields by heading
    ignore: tuple[str, ...] = ()  # headings of columns that are not imported
    values: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)  # by field, then word


class ImportMap(Part, frozen=True, kw_only=True):
    """A mapping file: the other program, how it writes numbers and days, and its columns."""

    system: str | None = None  # before each external id, such as `odoo`
    decimal: str | None = None  # the decimal sign of its numbers, else that of the workspace's locale
    date_order: DateOrder | None = None  # of its days, else that of the workspace
    timezone: str | None = None  # of its times without one, else that of the workspace
    columns: dict[str, str] = msgspec.field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    values: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    opportunities: TableMap | None = None
    leads: TableMap | None = None
    contacts: TableMap | None = None
    activities: TableMap | None = None

    def of(self, table: str) -> TableMap:
        """Return what it says of a table, with folded headings: its section, and what is in none.

        Leads have the columns of opportunities, too.
        """
        sections: list[TableMap | None] = [getattr(self, table)]
        sections += [self.opportunities] if table == "leads" else []
        found = [each for each in sections if each]
        values = {field: dict(words) for field, words in self.values.items()}
        for section in reversed(found):
            for field, words in section.values.items():
                values.setdefault(field, {}).update(words)
        parts: list[TableMap | ImportMap] = [*reversed(found), self]
        columns = {fold_heading(heading): field for part in parts for heading, field in part.columns.items()}
        ignored = (fold_heading(heading) for part in reversed(parts) for heading in part.ignore)
        kept = tuple(dict.fromkeys(each for each in ignored if each not in columns))
        return TableMap(columns=columns, ignore=kept, values=values)


def check_map(map: ImportMap, where: str) -> ImportMap:
    """Check the keys and the decimal sign of a mapping.

    Raises UsageError for an unknown key or time zone, and for another decimal sign than `.` and `,`.
    """
    sections = [map, *filter(None, (getattr(map, table) for table in TABLES))]
    for part in sections:
        for key in part.extra:
            known = [name for name in type(part).__struct_fields__ if name != "extra"]
            error = unknown_entry("key", key, known)
            raise UsageError(error.what, where=where, hint=error.hint)
    if map.decimal not in (None, ".", ","):
        raise UsageError(f"decimal is '.' or ',', not {map.decimal!r}", where=where)
    if map.timezone:
        try:
            ZoneInfo(map.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            hint = "like Europe/Paris"
            raise UsageError(f"unknown time zone {map.timezone!r}", where=where, hint=hint) from None
    return map


class MappedColumn(NamedTuple):
    """A column that is imported: its place, its heading, and the field that it sets."""

    place: int
    heading: str
    target: str


class LeftOut(NamedTuple):
    """A column that no field takes: its heading, and how many of its cells have a value."""

    heading: str
    cells: int


class ReadColumns(NamedTuple):
    """The columns of a file: those that are imported, and those that are not although they have values."""

    mapped: Sequence[MappedColumn] = ()
    left_out: Sequence[LeftOut] = ()


def map_columns(
    headers: Sequence[str],
    table: str,
    map: ImportMap,
    given: Mapping[str, str],
    config: Config,
    questions: Sequence[Question] = (),
) -> tuple[list[MappedColumn], list[int]]:
    """Return the columns that are imported, and the places of those whose heading is unknown.

    `given` are fields by heading, as options of the command; they count before those of the map. Raises
    UsageError for a field that there is not, and for a heading that is given but not in the file.
    """
    wanted = choose_targets(headers, map.of(table), given)
    columns: list[MappedColumn] = []
    unknown: list[int] = []
    for place, heading in enumerate(headers):
        target = wanted.get(place)
        if target:
            target = check_target(table, target, config, questions)
        elif target is None:
            target = guess_target(table, heading, config, questions)
        if target is None:
            unknown.append(place)
        elif target:
            columns.append(MappedColumn(place, heading, target))
    return columns, unknown


def choose_targets(headers: Sequence[str], section: TableMap, given: Mapping[str, str]) -> dict[int, str]:
    """Return the fields of the columns that a mapping knows, by their places; an empty one is ignored.

    Raises UsageError for a heading that is given but not in the file.
    """
    known = {**section.columns, **dict.fromkeys(section.ignore, "")}
    folded = [fold_heading(heading) for heading in headers]
    found = {place: known[heading] for place, heading in enumerate(folded) if heading in known}
    for heading, field in given.items():
        places = places_headed(headers, heading)
        if not places:
            raise unknown_entry("column", heading, list(headers))
        found |= dict.fromkeys(places, field)
    return found


def places_headed(headers: Sequence[str], heading: str) -> list[int]:
    """Return the places of the columns with a heading, else of those that differ in what is in brackets."""
    same = [place for place, each in enumerate(headers) if folded_name(each) == folded_name(heading)]
    near = [place for place, each in enumerate(headers) if fold_heading(each) == fold_heading(heading)]
    return same or near


def fold_words(section: TableMap) -> dict[str, dict[str, str]]:
    """Return what the words of a file mean, by field and folded word."""
    return {
        field: {folded_name(word): value for word, value in words.items()}
        for field, words in section.values.items()
    }
