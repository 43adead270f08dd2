"""The redo journal: one complete file with a checksum that says what a change does to which files."""

import os
import re
import time
from datetime import datetime
from pathlib import Path

import msgspec

from crmcli.store import files

KEPT = 200  # so many changes can be undone, and all of the last 30 days
KEPT_FOR = 30 * 24 * 3600  # seconds
NUMBER = r"[0-9]{8}"
MAGIC = b"crm-journal 1 "


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """One file before and after; None where it does not exist."""

    path: str  # relative to the workspace
    before: bytes | None
    after: bytes | None


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """A change to several files, as one."""

    command: str
    user: str
    at: datetime
    changes: tuple[FileChange, ...]
    undoes: int | None = None  # the number of the transaction that this one takes back
    leaves_record: bool = True  # what somebody had erased cannot be undone


class DamagedJournalError(ValueError):
    """A journal whose checksum does not match its content."""


def pack(journal: Journal) -> bytes:
    """The bytes of a journal, checksum first."""
    body = msgspec.msgpack.encode(journal)
    return MAGIC + checksum(body) + b"\n" + body


def checksum(body: bytes) -> bytes:
    """The hash of a journal's body."""
    import hashlib  # two ms that reading commands do without

    return hashlib.sha256(body).hexdigest().encode()


def unpack(content: bytes) -> Journal:
    """The journal that these bytes hold.

    Raises DamagedJournalError unless they are whole.
    """
    head, _, body = content.partition(b"\n")
    if head != MAGIC + checksum(body):
        raise DamagedJournalError("the journal is not whole")
    return msgspec.msgpack.decode(body, type=Journal)


class Shelf:
    """Where one workspace keeps the journal of the change under way, and the finished ones."""

    def __init__(self, private: Path) -> None:
        self.journals = private / "journal"
        self.done = private / "done"
        self.pending = self.journals / "pending"
        self.draft = self.journals / "draft"

    def put(self, journal: Journal) -> None:
        """Put the journal in place, whole and synced; from here on the change will happen."""
        made = files.make_directories(self.journals) + files.make_directories(self.done)
        files.write_synced(self.draft, pack(journal))
        os.replace(self.draft, self.pending)
        files.sync_directories([self.journals, *made])

    def finish(self, journal: Journal) -> int:
        """Keep the journal as the undo record of a finished change; its number, 0 where it leaves none."""
        if not journal.leaves_record:
            files.remove(self.pending)
            files.sync_directories([self.journals])
            return 0
        files.make_directories(self.done)
        numbers = sorted(self.numbers())
        number = numbers[-1] + 1 if numbers else 1
        os.replace(self.pending, self.record(number))
        files.sync_directories([self.journals])
        self.forget(numbers[:-KEPT])
        return number

    def forget(self, numbers: list[int]) -> None:
        """Remove what can no longer be undone: the oldest of these that are older than `KEPT_FOR`."""
        for number in numbers:
            record = self.record(number)
            if time.time() - record.stat().st_mtime < KEPT_FOR:
                return
            files.remove(record)

    def withdraw(self) -> None:
        """Take the journal back, however far it came: the change will not happen."""
        files.remove(self.draft)
        files.remove(self.pending)
        files.sync_directories([self.journals])

    def record(self, number: int) -> Path:
        """The file of a finished change."""
        return self.done / f"{number:08d}"

    def numbers(self) -> list[int]:
        """The numbers of the finished changes, in no order."""
        try:
            return [int(name) for name in os.listdir(self.done) if re.fullmatch(NUMBER, name)]
        except FileNotFoundError:
            return []

    def read(self, number: int) -> Journal | None:
        """A finished change, if it is still kept, and whole."""
        content = files.read(self.record(number))
        try:
            return None if content is None else unpack(content)
        except DamagedJournalError:
            return None
