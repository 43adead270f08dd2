"""What crm derives from the files and keeps, to be fast: the index, the configuration as it was read.

It lies in the workspace, a directory for each user, and a workspace may come from a stranger. So it
is believed only where this user's state directory says that crm itself made this very directory: by
a name that nobody can guess, by device and by inode. Lost, damaged or disbelieved, it costs time.
"""

import os
import re
import stat
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import msgspec

from crmcli.store.local_state.state import state_directory
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory, LinkedError, Tree
from crmcli.store.transactions.journal import PRIVATE

KEPT = 2  # sets of one user that another place of the same workspace may still use
NO_STATE = "nothing is remembered between commands: crm has no directory of its own that it can write"
HINT = "set CRM_STATE_DIR, or HOME"
Advise = Callable[[str], None]


class NothingKeptError(OSError):
    """Nothing can be kept anywhere and believed again."""


class Entry(msgspec.Struct, frozen=True):
    """What the state directory knows of a workspace: which directory in it crm made."""

    path: str  # the real path of the workspace
    nonce: str
    device: int
    inode: int


class DerivedFiles:
    """One user's derived files of one workspace."""

    def __init__(self, root: Path, advise: Advise) -> None:
        self.root = root
        self.advise = advise  # is told once where nothing can be kept
        self.is_told = False

    @cached_property
    def real(self) -> str:
        """The real path of the workspace."""
        return os.path.realpath(self.root)

    @cached_property
    def entry_place(self) -> Path | None:
        """Where the state directory says which directory is believed."""
        state = state_directory()
        if state is None:
            return None
        return state / entry_name(self.real)

    @cached_property
    def folder(self) -> Path | None:
        """The directory that is believed; None where there is none yet."""
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
        """Return where the directory with a nonce lies."""
        return self.root / PRIVATE / f"{directory_prefix()}{nonce}"

    def made(self) -> Path:
        """Return the directory that is believed, made if there is none.

        Raises OSError where nothing can be kept.
        """
        if self.folder is None:
            self.folder = self.make()
        return self.folder

    def make(self) -> Path:
        """Make a directory that is believed from now on, and forget those that are not.

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
        """Open the directory that says what is believed, made if it is not there.

        Raises NothingKeptError, told once, where nobody may write there.
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
        """Make a directory in the workspace under a name that nobody can guess, and return its entry."""
        nonce = os.urandom(16).hex()
        with Tree(self.root) as tree:
            private = tree.make(PRIVATE)
            remove_former(private)
            with private.make_private_inner(f"{directory_prefix()}{nonce}") as made:
                found = os.fstat(made.descriptor)
        return Entry(self.real, nonce, found.st_dev, found.st_ino)

    def tell_that_nothing_is_kept(self) -> None:
        """Say once that every command reads all files: a note in the workspace keeps us from repeating it."""
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
        """Return what is kept under a name; None where there is nothing, or nothing that can be read."""
        try:
            return files.read_file(self.folder / name, most=None) if self.folder else None
        except OSError:
            return None

    def keep(self, name: str, content: bytes) -> None:
        """Keep something under a name; where nothing can be written, it is worked out again next time."""
        with suppress(OSError), Directory.at(self.made()) as folder:
            folder.put(name, content, is_synced=False)

    def sweep(self) -> None:
        """Remove the drafts of processes that died."""
        if self.folder is not None:
            with suppress(OSError), Directory.at(self.folder) as folder:
                folder.sweep()

    def wipe(self) -> None:
        """Remove all that is kept, to the last byte, wherever this user has kept it in the workspace."""
        with suppress(FileNotFoundError, LinkedError), Tree(self.root) as tree:
            private = tree.directory(PRIVATE)
            for name in own_sets(private):
                if self.folder is not None and name == self.folder.name:
                    with private.open_inner(name) as folder:
                        folder.clear()
                        folder.sync()
                else:
                    with suppress(OSError, LinkedError):  # whoever planted it may have put anything in it
                        private.remove_inner(name)
            private.sync()


def entry_name(real: str) -> str:
    """Return the name of the entry of a workspace; its path stands in it, so a collision costs time only."""
    path = os.fsencode(real)
    return f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"  # hashlib takes 2 ms to load


def directory_prefix() -> str:
    """Return how the names of this user's directories begin."""
    return f"derived-{os.getuid()}-"


def own_sets(private: Directory) -> list[str]:
    """Return the names of this user's directories of derived files, believed or not."""
    ours = re.compile(rf"{re.escape(directory_prefix())}[0-9a-f]{{32}}")
    return [name for name in private.names() if ours.fullmatch(name)]


def forget_gone(state: Directory) -> None:
    """Remove the entries of workspaces that are not where they were."""
    for name in state.names():
        if re.fullmatch(r"[0-9a-f]{16}", name):
            with suppress(OSError, LinkedError, msgspec.DecodeError):
                entry = msgspec.json.decode(state.read(name) or b"", type=Entry)
                if not os.path.isdir(entry.path):
                    state.remove(name)


def remove_former(private: Directory) -> None:
    """Remove this user's directories that were made before, but for the last few.

    The same workspace may be reached by several paths, or from several machines.
    """
    found = [(each.st_mtime_ns, name) for name in own_sets(private) if (each := private.stat(name))]
    for _, name in sorted(found)[:-KEPT]:
        with suppress(OSError, LinkedError):  # whatever it holds that we did not make stays
            private.remove_inner(name)
