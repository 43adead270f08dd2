"""Entries of the configuration's lists, which records refer to by their ids."""

from collections.abc import Sequence

from crmcli.domain.errors import UsageError
from crmcli.domain.model import Part
from crmcli.domain.suggest import suggestion


class Named(Part, frozen=True, kw_only=True):
    """An entry of a list that records refer to by its id."""

    id: str
    label: str | None = None

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.id


def unknown(what: str, name: str, known: list[str]) -> UsageError:
    """The error for a name that a list of the configuration does not hold."""
    listed = ", ".join(known) if len(known) <= 12 else f"{', '.join(known[:12])} …"
    hint = suggestion(name, known) or (f"there is: {listed}" if known else "none is configured")
    return UsageError(f"unknown {what} {name!r}", hint=hint)


def checked(what: str, name: str, known: Sequence[Named]) -> str:
    """The id of the entry that this name means, compared trimmed and without case.

    Raises UsageError with the nearest spelling where there is none.
    """
    wanted = name.strip().casefold()
    for entry in known:
        if wanted in (entry.id.casefold(), entry.title.casefold()):
            return entry.id
    raise unknown(what, name, [entry.id for entry in known])
