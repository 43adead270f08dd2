"""A folder with a file for each item, as vdirsyncer keeps calendars and address books (a vdir).

Other programs write in it at any time: a file is only replaced or removed while it is as it was read. New
files have a name that starts with a dot until they are complete; a vdir ignores such names.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.values.errors import NotFoundError, UsageError
from crmcli.store.outside_files import refuse_inside
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory, LinkedError
from crmcli.store.transactions.lock import hold_lock
from crmcli.store.writer import lock_timeout

LARGEST = 4 * 1024 * 1024  # bytes of an item, perhaps with a photo
LINKED = "is a symbolic link"
OWN_DRAFT = re.compile(rf"\.[0-9a-f]{{32}}{re.escape(files.DRAFT)}")  # as `Directory.create` names them


class FoundFile(NamedTuple):
    """A file of a folder: its bytes, or why it cannot be read."""

    name: str
    content: bytes
    fault: str = ""


class ItemFolder:
    """An open folder of items."""

    def __init__(self, directory: Directory, suffix: str) -> None:
        self.directory = directory
        self.suffix = suffix

    def files(self) -> Iterator[FoundFile]:
        """Yield the files of items, by name."""
        for name in sorted(self.directory.names()):
            if name.startswith(".") or not name.lower().endswith(self.suffix):
                continue
            found = self.directory.stat(name)
            if found is None or stat.S_ISDIR(found.st_mode):
                continue
            yield self.read(name)

    def read(self, name: str) -> FoundFile:
        """Return a file, or why it cannot be read."""
        try:
            content = self.directory.read(name, LARGEST)
        except LinkedError:
            return FoundFile(name, b"", LINKED)
        except OSError as error:
            return FoundFile(name, b"", f"cannot be read: {error.strerror}")
        return FoundFile(name, content or b"")

    def sweep(self) -> None:
        """Remove the new files that killed runs did not complete; other names with a dot stay."""
        for name in self.directory.names():
            if OWN_DRAFT.fullmatch(name):
                with suppress(OSError):  # a folder that cannot be written, or a directory of this name
                    self.directory.remove(name)

    def put(self, name: str, content: bytes, before: bytes | None) -> bool:
        """Write a file if it is still as it was before, None for a new one; tell whether it was."""
        if not self.is_still(name, before):
            return False
        self.directory.put(name, content)
        return True

    def remove(self, name: str, before: bytes) -> bool:
        """Remove a file if it is still as it was before; tell whether it was."""
        if not self.is_still(name, before):
            return False
        self.directory.remove(name)
        return True

    def is_still(self, name: str, before: bytes | None) -> bool:
        """Tell whether a file has these bytes, or is not there for None."""
        if before is None:
            return self.directory.stat(name) is None
        found = self.read(name)
        return not found.fault and found.content == before


@contextmanager
def open_items(target: Path, data: Path, suffix: str) -> Iterator[ItemFolder]:
    """Open a folder of items, locked for this process among those of crm.

    Raises NotFoundError where there is none, UsageError for a folder among the records, TryAgainError where
    another process has it.
    """
    refuse_inside(target, data)
    if not target.exists():
        raise NotFoundError(
            "no such folder", where=str(target), hint="vdirsyncer discover, then vdirsyncer sync"
        )
    if not target.is_dir():
        raise UsageError("is not a folder", where=str(target))
    real = Path(os.path.realpath(target))
    with (
        files.told_as_storage_error("run it again"),
        hold_lock(real, lock_timeout()),
        Directory.at(real) as directory,
    ):
        yield ItemFolder(directory, suffix)
