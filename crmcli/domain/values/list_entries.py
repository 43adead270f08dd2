"""Entries of the configuration's lists, which records refer to by their ids."""

from collections.abc import Sequence

from crmcli.domain.model.record_types import Part
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.suggest import suggest_name


class Named(Part, frozen=True, kw_only=True):
    """An entry of a list that records refer to by its id."""

    id: str
    label: str | None = None

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.id


class Origin(Named, frozen=True, kw_only=True):
    """A campaign, medium or source, with what it is called elsewhere: in links, on forms."""

    also: tuple[str, ...] = ()  # `*` stands for any characters

    def is_also(self, wanted: str) -> bool:
        """Is a name, trimmed and case folded, another one of this entry?"""
        return any(fits_wildcards(wanted, each.strip().casefold()) for each in self.also)


def fits_wildcards(name: str, pattern: str) -> bool:
    """Tell whether a name is what a pattern says, in which `*` stands for any characters.

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
    for part in inner:  # each as early as possible leaves most for the next
        place = name.find(part, place, end) + len(part)
        if place < len(part):
            return False
    return True


def unknown_entry(what: str, name: str, known: list[str]) -> UsageError:
    """The error for a name that a list of the configuration does not hold."""
    listed = ", ".join(known) if len(known) <= 12 else f"{', '.join(known[:12])} …"
    hint = suggest_name(name, known) or (f"there is: {listed}" if known else "none is configured")
    return UsageError(f"unknown {what} {name!r}", hint=hint)


def find_entry(name: str, known: Sequence[Named]) -> str | None:
    """The id of the entry that this name means, compared trimmed and without case; None where none is meant.

    An id or a label goes before what another entry is `also` called.
    """
    wanted = name.strip().casefold()
    for entry in known:
        if wanted in (entry.id.casefold(), entry.title.casefold()):
            return entry.id
    return next((each.id for each in known if isinstance(each, Origin) and each.is_also(wanted)), None)


def check_entry(what: str, name: str, known: Sequence[Named]) -> str:
    """The id of the entry that this name means.

    Raises UsageError with the nearest spelling where there is none.
    """
    id = find_entry(name, known)
    if id is None:
        raise unknown_entry(what, name, [entry.id for entry in known])
    return id
