"""Derived files that crm keeps for speed: the index and the parsed configuration.

They are in the workspace, in a directory per user, and a workspace may come from a stranger. So they are
trusted only if this user's state directory says that crm itself created this very directory: by an
unpredictable name, by device and by inode. If they are lost, damaged or not trusted, they are rebuilt.
"""

import os
import re
import stat
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from crmcli.store.local_state.state import state_directory
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory, LinkedError, Tree
from crmcli.store.transactions.journal import PRIVATE

KEPT = 2  # older directories of a user, perhaps used by another path or machine
NO_STATE = "nothing is remembered between commands: crm has no directory of its own that it can write"
HINT = "set CRM_STATE_DIR, or HOME"
Advise = Callable[[str], None]


class NothingKeptError(OSError):
    """Raised where derived files cannot be kept."""


class Entry(msgspec.Struct, frozen=True):
    """An entry of the state directory: the directory that crm created in a workspace."""

    path: str  # the real path of the workspace
    nonce: str
    device: int
    inode: int


class DerivedFiles:
    """One user's derived files of one workspace."""

    def __init__(self, root: Path, advise: Advise) -> None:
        self.root = root
        self.advise = advise  # called once where nothing can be kept
        self.is_told = False
        self.understood: dict[str, tuple[Any, Any]] = {}  # by name: the stat of a file, and what it says

    @cached_property
    def real(self) -> str:
        """The real path of the workspace."""
        return os.path.realpath(self.root)

    @cached_property
    def entry_place(self) -> Path | None:
        """The path of the workspace's entry in the state directory; None without that directory."""
        state = state_directory()
        if state is None:
            return None
        return state / entry_name(self.real)

    @cached_property
    def folder(self) -> Path | None:
        """The trusted directory; None where there is none yet."""
        if self.entry_place is None:
            return None
        try:
            entry = msgspec.json.decode(files.read_file(self.entry_place) or b"", type=Entry)
            place = self.place_of(entry.nonce)
            found = os.lstat(place)
            is_direct = stat.S_ISDIR(os.lstat(place.parent).st_mode)
        except (OSError, msgspec.DecodeError):
            return None
        is_ours = stat.S_ISDIR(found.st_mode) and (found.st_dev, found.st_ino) == (entry.device, entry.inode)
        return place if is_ours and is_direct and entry.path == self.real else None

    def place_of(self, nonce: str) -> Path:
        """Return the path of the directory with a nonce."""
        return self.root / PRIVATE / f"{directory_prefix()}{nonce}"

    def made(self) -> Path:
        """Return the trusted directory, created if there is none.

        Raises OSError where nothing can be kept.
        """
        if self.folder is None:
            self.folder = self.make()
        return self.folder

    def make(self) -> Path:
        """Create a directory that is trusted from now on, and remove old ones and old entries.

        Raises OSError where nothing can be kept.
        """
        with self.open_state() as state:
            try:
                entry = self.make_set()
            except LinkedError as error:
                raise NothingKeptError(str(error)) from error
            forget_gone(state)
            state.put(entry_name(self.real), msgspec.json.encode(entry), is_synced=False)
        return self.place_of(entry.nonce)

    def open_state(self) -> Directory:
        """Open the state directory, created where missing.

        Raises NothingKeptError, with advice shown once, where it cannot be written.
        """
        if self.entry_place is not None:
            with suppress(OSError):
                state = files.make_private(self.entry_place.parent)
                if os.access(state.path, os.W_OK | os.X_OK):
                    return state
                state.close()
        self.tell_that_nothing_is_kept()
        raise NothingKeptError(NO_STATE)

    def make_set(self) -> Entry:
        """Create a directory in the workspace under an unpredictable name, and return its entry."""
        nonce = os.urandom(16).hex()
        with Tree(self.root) as tree:
            private = tree.make(PRIVATE)
            remove_former(private)
            with private.make_private_inner(f"{directory_prefix()}{nonce}") as made:
                found = os.fstat(made.descriptor)
        return Entry(self.real, nonce, found.st_dev, found.st_ino)

    def tell_that_nothing_is_kept(self) -> None:
        """Advise once that every command reads all files; a file in the workspace marks that as done."""
        if self.is_told:
            return
        self.is_told = True
        note = f"no-state-{os.getuid()}"
        with suppress(OSError, LinkedError), Tree(self.root) as tree:
            private = tree.make(PRIVATE)
            if private.stat(note) is not None:
                return
            private.put(note, b"", is_synced=False)
        self.advise(f"{NO_STATE} ({HINT})")

    def read(self, name: str) -> bytes | None:
        """Return the bytes kept under a name; None where they are missing or unreadable."""
        try:
            return files.read_file(self.folder / name, most=None) if self.folder else None
        except OSError:
            return None

    def keep(self, name: str, content: bytes) -> None:
        """Keep bytes under a name; a failed write is ignored, and they are computed again next time."""
        with suppress(OSError), Directory.at(self.made()) as folder:
            folder.put(name, content, is_synced=False)

    def sweep(self) -> None:
        """Remove the temporary files of processes that died."""
        if self.folder is not None:
            with suppress(OSError), Directory.at(self.folder) as folder:
                folder.sweep()

    def wipe(self) -> None:
        """Remove all derived files of this user in the workspace, in all directories."""
        with suppress(FileNotFoundError, LinkedError), Tree(self.root) as tree:
            private = tree.directory(PRIVATE)
            for name in own_sets(private):
                if self.folder is not None and name == self.folder.name:
                    with private.open_inner(name) as folder:
                        folder.clear()
                        folder.sync()
                else:
                    with suppress(OSError, LinkedError):  # a planted directory may contain anything
                        private.remove_inner(name)
            private.sync()


def entry_name(real: str) -> str:
    """Return the name of a workspace's entry; a collision is harmless, since the entry has the path."""
    path = os.fsencode(real)
    return f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"  # hashlib takes 2 ms to load


def directory_prefix() -> str:
    """Return the prefix of the names of this user's directories."""
    return f"derived-{os.getuid()}-"


def own_sets(private: Directory) -> list[str]:
    """Return the names of this user's directories of derived files, trusted or not."""
    ours = re.compile(rf"{re.escape(directory_prefix())}[0-9a-f]{{32}}")
    return [name for name in private.names() if ours.fullmatch(name)]


def forget_gone(state: Directory) -> None:
    """Remove the entries of workspaces that no longer exist."""
    for name in state.names():
        if re.fullmatch(r"[0-9a-f]{16}", name):
            with suppress(OSError, LinkedError, msgspec.DecodeError):
                entry = msgspec.json.decode(state.read(name) or b"", type=Entry)
                if not os.path.isdir(entry.path):
                    state.remove(name)


def remove_former(private: Directory) -> None:
    """Remove this user's older directories, except the last few.

    The same workspace may be reached by several paths, or from several machines.
    """
    found = [(each.st_mtime_ns, name) for name in own_sets(private) if (each := private.stat(name))]
    for _, name in sorted(found)[:-KEPT]:
        with suppress(OSError, LinkedError):  # directories in it, which crm did not create, stay
            private.remove_inner(name)
