"""Entries of the lists in the configuration, which records refer to by id."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.record_types import Part
from crmcli.domain.values.errors import AmbiguousError, UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.suggest import suggest_name

RESERVED = ("none", "any")  # in queries: the records without a value, and those with one
ME = "me"  # in queries: the user who asks


class Listed(Protocol):
    """What a name can stand for: an entry with an id, and the names by which people are shown it."""

    @property
    def id(self) -> str:
        """The id that records hold."""

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The label, or whatever people see instead of the id."""


Entry = TypeVar("Entry", bound=Listed)


class Named(Part, frozen=True, kw_only=True):
    """An entry of a list that records refer to by its id."""

    id: str
    label: str | None = None

    @property
    def title(self) -> str:
        """The name shown to people: the label, or the id without one."""
        return self.label or self.id

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The label, if there is one."""
        return (self.label,) if self.label else ()


class Origin(Named, frozen=True, kw_only=True):
    """A campaign, medium or source, with the other names that links and forms use for it."""

    also: tuple[str, ...] = ()  # `*` stands for any characters

    def is_also(self, wanted: str) -> bool:
        """Tell whether a folded name matches one of the entry's other names."""
        return any(fits_wildcards(wanted, folded_name(each)) for each in self.also)


def fits_wildcards(name: str, pattern: str) -> bool:
    """Tell whether a name matches a pattern in which `*` stands for any characters.

    >>> fits_wildcards("google-ads-fr", "google*fr"), fits_wildcards("google", "google*e")
    (True, False)
    """
    first, *inner = pattern.split("*")
    if not inner:
        return name == first
    last = inner.pop()
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    place, end = len(first), len(name) - len(last)
    for part in inner:  # the earliest match leaves the most text for the next part
        place = name.find(part, place, end) + len(part)
        if place < len(part):
            return False
    return True


def find_label(known: Sequence[Named], id: str | None) -> str:
    """Return the label of an entry of a list; the id itself where the list lacks it."""
    return next((each.title for each in known if each.id == id), id or "")


def unknown_entry(what: str, name: str, known: Sequence[str]) -> UsageError:
    """Return the error for a name that is not in a list of the configuration.

    `known` are the ids, which are listed if none of them is spelled nearly so.
    """
    near = suggest_name(name, known)
    return UsageError(
        sentence("unknown {what} {name!r}", what=what, name=name), hint=near or listed_hint(known)
    )


def listed_hint(known: Sequence[str]) -> str:
    """Return the hint that lists what is known, up to twelve."""
    listed = ", ".join(known) if len(known) <= 12 else f"{', '.join(known[:12])} …"
    return f"there is: {listed}" if listed else "none is configured"


def find_entry(name: str, known: Sequence[Entry]) -> Entry | None:
    """Return the entry with this name; None if there is none.

    Compared without case, accents, kinds of apostrophe, dash and blank. Ids take precedence over labels, and
    both over the names in `also`. Raises AmbiguousError where several fit equally well.
    """
    wanted = folded_name(name)
    ways: tuple[Callable[[Entry], bool], ...] = (
        lambda entry: entry.id == name,
        lambda entry: folded_name(entry.id) == wanted,
        lambda entry: wanted in map(folded_name, entry.shown_names),
        lambda entry: isinstance(entry, Origin) and entry.is_also(wanted),
    )
    for way in ways if wanted else ():
        fitting = {entry.id: entry for entry in known if way(entry)}
        if len(fitting) > 1:
            lines = [" · ".join((entry.id, *entry.shown_names)) for entry in fitting.values()]
            raise AmbiguousError(f"{name!r} names {len(fitting)} of them:", lines, hint="give the id")
        if fitting:
            return next(iter(fitting.values()))
    return None


def is_named(name: str, entry: Listed) -> bool:
    """Tell whether a name is the id or a shown name of an entry, compared as `find_entry` does."""
    return folded_name(name) in map(folded_name, (entry.id, *entry.shown_names))


def known_entry(what: str, name: str, known: Sequence[Entry]) -> Entry:
    """Return the entry with this name.

    Raises UsageError, suggesting the nearest spelling, if there is none; AmbiguousError if there are several.
    """
    entry = find_entry(name, known)
    if entry is None:
        raise refuse_entry(what, name, known)
    return entry


def refuse_entry(what: str, name: str, known: Sequence[Listed]) -> UsageError:
    """Return the error for a name that is not in a list: the nearest spelling, or ids with their labels."""
    shown = [each for entry in known for each in entry.shown_names]
    near = suggest_name(name, [*(entry.id for entry in known), *shown])
    listed = [
        f"{entry.id} ({', '.join(entry.shown_names)})" if {*entry.shown_names} - {entry.id} else entry.id
        for entry in known
    ]
    return UsageError(
        sentence("unknown {what} {name!r}", what=what, name=name), hint=near or listed_hint(listed)
    )


def check_entry(what: str, name: str, known: Sequence[Listed]) -> str:
    """Return the id of the entry with this name; see `known_entry` for its errors."""
    return known_entry(what, name, known).id
