"""Entries of the lists in the configuration, which records refer to by id."""

from collections.abc import Sequence

from crmcli.domain.model.record_types import Part
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.suggest import suggest_name


class Named(Part, frozen=True, kw_only=True):
    """An entry of a list that records refer to by its id."""

    id: str
    label: str | None = None

    @property
    def title(self) -> str:
        """The name shown to people: the label, or the id without one."""
        return self.label or self.id


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


def unknown_entry(what: str, name: str, known: list[str]) -> UsageError:
    """Return the error for a name that is not in a list of the configuration."""
    listed = ", ".join(known) if len(known) <= 12 else f"{', '.join(known[:12])} …"
    hint = suggest_name(name, known) or (f"there is: {listed}" if known else "none is configured")
    return UsageError(f"unknown {what} {name!r}", hint=hint)


def find_entry(name: str, known: Sequence[Named]) -> str | None:
    """Return the id of the entry with this name; None if there is none.

    Compared without case, accents, kinds of apostrophe, dash and blank. Ids take precedence over labels, and
    both over the names in `also`.
    """
    if any(entry.id == name for entry in known):
        return name
    wanted = folded_name(name)
    for entry in known:
        if wanted == folded_name(entry.id):
            return entry.id
    for entry in known:
        if wanted == folded_name(entry.title):
            return entry.id
    return next((each.id for each in known if isinstance(each, Origin) and each.is_also(wanted)), None)


def check_entry(what: str, name: str, known: Sequence[Named]) -> str:
    """Return the id of the entry with this name.

    Raises UsageError, suggesting the nearest spelling, if there is none.
    """
    id = find_entry(name, known)
    if id is None:
        raise unknown_entry(what, name, [entry.id for entry in known])
    return id
