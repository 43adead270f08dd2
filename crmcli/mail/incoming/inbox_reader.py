"""Reading of the inbox: the messages in quarantine, whose files may come from anywhere."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.values.errors import AmbiguousError, NotFoundError
from crmcli.domain.values.ids import derive_id
from crmcli.mail.incoming.parse import NoMailError, Received, parse_bytes
from crmcli.store.quarantine import list_quarantined, mail_path, reason_path
from crmcli.store.transactions.files import LARGEST, LinkedError, Tree

LONGEST_REASON = 4_096  # bytes
SHORTEST = 4  # characters of an id that are enough


class Kept(NamedTuple):
    """A message in quarantine: its id, the name of its file, its content, and why it is there."""

    id: str
    name: str
    content: bytes
    reason: str
    mail: Received | None  # None for what is not a message

    @property
    def at(self) -> datetime | None:
        """The time in its Date header."""
        return self.mail.at if self.mail else None


def list_kept(root: Path) -> list[Kept]:
    """Return the messages in quarantine, the oldest first; those without a date come first.

    A file that is a link, or cannot be read, is left out; `crm check` reports it.
    """
    found = [kept for name in list_quarantined(root) if (kept := read_kept(root, name)) is not None]
    return sorted(found, key=lambda each: (each.at.isoformat() if each.at else "", each.id))


def read_kept(root: Path, name: str) -> Kept | None:
    """Return a message in quarantine; None if its file is gone, is a link, or cannot be read."""
    try:
        with Tree(root) as tree:
            content = tree.read(mail_path(name), LARGEST)
            reason = tree.read(reason_path(name), LONGEST_REASON)
    except (LinkedError, OSError):
        return None
    if content is None:
        return None
    told = " ".join((reason or b"").decode("utf-8", "replace").split())
    return Kept(kept_id(name), name, content, told or "unknown", parse_kept(content))


def kept_id(name: str) -> str:
    """Return the id of a message in quarantine: the one that its entry in a record would have."""
    return derive_id("message", name)


def parse_kept(content: bytes) -> Received | None:
    """Return a message as it is parsed; None for what is not a message."""
    try:
        return parse_bytes(content)
    except NoMailError:
        return None


def find_kept(root: Path, id: str) -> Kept:
    """Return the message in quarantine with an id, or with one that begins so.

    Raises NotFoundError, or AmbiguousError with the candidates.
    """
    wanted = id.strip().lower()
    names = {kept_id(name): name for name in list_quarantined(root)}
    found = [each for each in names if each == wanted] or [
        each for each in names if len(wanted) >= SHORTEST and each.startswith(wanted)
    ]
    if len(found) > 1:
        raise AmbiguousError(f"{id!r} begins the ids of {len(found)} messages", sorted(found))
    kept = read_kept(root, names[found[0]]) if found else None
    if kept is None:
        raise NotFoundError(f"no message {id!r} in quarantine", hint="crm inbox list")
    return kept
