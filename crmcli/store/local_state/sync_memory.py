"""What was last synchronised with a folder of calendar or contact files on this machine.

It tells which side changed a field since. It is in the user's state directory, since a workspace may come
from anywhere, and holds fingerprints only, no texts. Where it is lost, the record's values stay.
"""

import hashlib
import os
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec

from crmcli import __version__
from crmcli.store.local_state.state import state_directory
from crmcli.store.transactions import files
from crmcli.store.transactions.files import LinkedError

LARGEST = 64 * 1024 * 1024  # bytes


class SyncedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The file of an item, and the fingerprints of what was last written into it.

    An item whose `content` and `record` are unchanged needs no look.
    """

    file: str
    fields: dict[str, str] = {}
    head: list[str] = []
    lines: list[str] = []
    comments: list[str] = []
    content: str = ""  # of the whole file
    record: str = ""  # of all that it is written from
    is_adopted: bool = False  # somebody else made the file, so it is never removed
    before: str = ""  # `record` before anything was taken from an adopted file
    users: list[str] = []  # whose runs want it in the folder; an item of others stays


class SyncMemory(msgspec.Struct):
    """What was last synchronised of a workspace with a folder, by the ids of activities or contacts."""

    workspace: str
    folder: str
    items: dict[str, SyncedItem] = {}

    def is_of(self, id: str, user: str) -> bool:
        """Tell whether an item is known from a run of a user, or nobody knows of whose."""
        known = self.items.get(id)
        return known is not None and (not known.users or user in known.users)

    def claim(self, id: str, user: str) -> None:
        """Note that an item belongs into the folder for a user."""
        known = self.items.get(id)
        if known is not None and user and user not in known.users:
            self.items[id] = msgspec.structs.replace(known, users=[*known.users, user])

    def release(self, id: str, user: str) -> bool:
        """Note that an item does not belong there for a user; tell whether nobody else wants it."""
        if not self.is_of(id, user):
            return False
        known = self.items[id]
        others = [each for each in known.users if each != user]
        if others:
            self.items[id] = msgspec.structs.replace(known, users=others)
        return not others

    def is_of_others(self, id: str, user: str) -> bool:
        """Tell whether the runs of other users want an item, too."""
        return any(each != user for each in self.users_of(id))

    def users_of(self, id: str) -> list[str]:
        """Return the users whose runs want an item."""
        return self.items[id].users if id in self.items else []


def print_whole(*contents: bytes) -> str:
    """Return a fingerprint that differs wherever one of these contents, or this program, does."""
    found = hashlib.blake2b(__version__.encode(), digest_size=12)
    for each in contents:
        found.update(b"%d:" % len(each))
        found.update(each)
    return found.hexdigest()


def memory_file(workspace: Path, folder: Path) -> Path | None:
    """Return the file of a memory; None on a machine without a state directory."""
    state = state_directory()
    if state is None:
        return None
    names = (os.path.realpath(each).encode("utf-8", "surrogateescape") for each in (workspace, folder))
    return state / "-".join(
        ["synced", *(f"{zlib.crc32(each):08x}{zlib.crc32(each[::-1]):08x}" for each in names)]
    )


def read_memory(workspace: Path, folder: Path) -> SyncMemory:
    """Return what is remembered of a workspace and a folder; nothing where that is damaged or missing."""
    empty = SyncMemory(os.path.realpath(workspace), os.path.realpath(folder))
    place = memory_file(workspace, folder)
    with suppress(OSError, msgspec.DecodeError):
        if place is not None and (content := files.read_file(place, LARGEST)):
            found = msgspec.json.decode(content, type=SyncMemory)
            is_same = (found.workspace, found.folder) == (empty.workspace, empty.folder)
            return found if is_same else empty
    return empty


def write_memory(workspace: Path, folder: Path, memory: SyncMemory) -> bool:
    """Keep what was synchronised; tell whether that was possible."""
    place = memory_file(workspace, folder)
    if place is None:
        return False
    try:
        with files.make_private(place.parent) as state:
            state.put(place.name, msgspec.json.encode(memory, order="sorted"), files.PRIVATE)
    except (OSError, LinkedError):
        return False
    return True
