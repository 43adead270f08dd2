"""The redo journal: one complete file with a checksum that holds the changes to several files.

A journal may come with a workspace from somebody else. It is accepted only if it names files that crm
itself writes, below the data directory: so it can do no more to the workspace than its author could
have done by hand.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory, Tree

KEPT = 200  # changes kept for undo, besides all of the last 30 days
KEPT_FOR = 30 * 24 * 3600  # seconds
NUMBER = r"[0-9]{8,18}"
LAST_NUMBER = 10**17
MAGIC = b"crm-journal 1 "
PRIVATE = "pipeline_data/.crm"
JOURNALS, DONE, PENDING = f"{PRIVATE}/journal", f"{PRIVATE}/done", "pending"
EPOCH = f"{PRIVATE}/epoch"
FORGETTING = "crm contact erase"  # the only command that leaves no undo record
NAME = r"[^/\0.][^/\0]*"  # of a file or directory that is not hidden
ANY_NAME = r"(?!\.{1,2}(?:/|\Z))[^/\0]+"
OUTGOING = "|".join(MailFolder)
WRITTEN = re.compile(
    rf"pipeline_data/(?:crm\.yaml|(?:opportunities|contacts)/(?:{NAME}/)*{NAME}\.yaml"
    rf"|(?:mail/(?:{NAME}/)*|(?:{OUTGOING})/){NAME}\.eml|(?:quarantine|outbox)/{NAME}\.(?:eml|txt)"
    rf"|files/(?:{NAME}/)*{NAME}"
    rf"|rules/{NAME}\.yaml"
    rf"|\.crm/(?:reported/{NAME}/told|epoch))"
)
"""The files that crm writes; a journal that names any other is refused."""
EDITED = re.compile(
    rf"pipeline_data/scenarios/{NAME}\.yaml|questionnaires/{NAME}\.yaml|templates/(?:{NAME}/)*{NAME}\.j2"
)
"""Files of people: a journal may put one name for another in these, and change nothing else."""
RENAMED = re.compile(r"[\w .-]{1,100}")  # a name that Jinja and YAML take for a word
REMOVED = re.compile(
    rf"pipeline_data/(?:(?:mail|files|quarantine|{OUTGOING})/(?:{ANY_NAME}/)*{ANY_NAME}|\.crm/done/{NUMBER})"
)
"""Files that a journal may also remove: mail and undo records."""


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file's content before and after; None where it does not exist."""

    path: str  # relative to the workspace
    before: bytes | None
    after: bytes | None


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """A change to several files, applied as one."""

    command: str
    user: str
    at: datetime
    changes: tuple[FileChange, ...]
    undoes: int | None = None  # the number of the change that this one undoes
    leaves_record: bool = True  # False for an erasure, which cannot be undone
    renames: tuple[str, str] | None = None  # an id and its new name, if that is all that changes

    @property
    def is_final(self) -> bool:
        """Tell whether this is the mark that an erasure leaves in place of an undo record."""
        return not self.leaves_record and not self.changes


class DamagedJournalError(ValueError):
    """Raised for a journal that is damaged, or names files that crm does not write."""


def pack_journal(journal: Journal) -> bytes:
    """Return the bytes of a journal, checksum first.

    Raises DamagedJournalError where they would be refused when read.
    """
    refuse_foreign(journal)
    body = msgspec.msgpack.encode(journal)
    return MAGIC + hash_body(body) + b"\n" + body


def hash_body(body: bytes) -> bytes:
    """Return the hash of a journal's body."""
    import hashlib  # takes two ms to load, not needed for reading commands

    return hashlib.sha256(body).hexdigest().encode()


def unpack_journal(content: bytes) -> Journal:
    """Return the journal in these bytes.

    Raises DamagedJournalError where they are damaged, or name a file that crm does not write.
    """
    head, _, body = content.partition(b"\n")
    if head != MAGIC + hash_body(body):
        raise DamagedJournalError("it is not whole")
    try:
        journal = msgspec.msgpack.decode(body, type=Journal)
    except msgspec.DecodeError as error:
        raise DamagedJournalError(f"it is not whole: {error}") from error
    refuse_foreign(journal)
    return journal


def refuse_foreign(journal: Journal) -> None:
    """Check that a journal names only files that crm writes.

    Raises DamagedJournalError with the first other file.
    """
    for change in journal.changes:
        is_removal = change.after is None and REMOVED.fullmatch(change.path)
        is_renaming = EDITED.fullmatch(change.path) and only_renames(change, journal.renames)
        if not (is_removal or is_renaming or WRITTEN.fullmatch(change.path)):
            raise DamagedJournalError(f"it names {change.path!r}, which is not a file that crm writes")


def only_renames(change: FileChange, renames: tuple[str, str] | None) -> bool:
    """Tell whether a change of a file does nothing but put a new name in some places of an old one."""
    if renames is None or change.before is None or change.after is None:
        return False
    if not all(map(RENAMED.fullmatch, renames)):
        return False
    names = [each.encode() for each in renames]
    first, *rest = change.before.split(names[0])
    ends = {len(first)} if change.after.startswith(first) else set()
    for part in rest:
        after = change.after
        ends = {at + len(name + part) for at in ends for name in names if after.startswith(name + part, at)}
    return len(change.after) in ends


class JournalStore:
    """The journal of the pending change of a workspace, and those of finished changes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pending = root / JOURNALS / PENDING

    def is_pending(self) -> bool:
        """Tell whether there is a change in progress, or an interrupted one."""
        return os.path.lexists(self.pending)

    def read_pending(self) -> bytes | None:
        """Return the bytes of the pending journal; None where there is none.

        Raises LinkedError where a link is on the way, DamagedJournalError for what is not a journal file.
        """
        with Tree(self.root) as tree:
            try:
                return read_journal(tree.directory(JOURNALS), PENDING)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise DamagedJournalError(f"it cannot be read: {error.strerror}") from error

    def put(self, journal: Journal) -> None:
        """Put the journal in place, complete and synced; from now on the change will happen."""
        content = pack_journal(journal)
        with Tree(self.root) as tree:
            is_first = tree.make(DONE).is_empty()
            journals = tree.make(JOURNALS)
            journals.sweep()
            journals.put(PENDING, content)
            if is_first:  # the directories above may be new and not synced
                tree.sync_up([JOURNALS, DONE])
            else:
                tree.sync([JOURNALS])

    def finish(self, journal: Journal) -> int:
        """Keep the journal as the undo record; return its number.

        One that leaves no record is replaced by a mark without its changes, so that undo knows of it.
        """
        with Tree(self.root) as tree:
            done = tree.make(DONE)
            numbers = sorted({*numbers_in(done), *map(int, removed_records(journal))})
            while numbers and numbers[-1] >= LAST_NUMBER:  # no workspace has so many changes: a planted file
                done.remove(record_name(numbers.pop()))
            number = numbers[-1] + 1 if numbers else 1
            if journal.leaves_record:
                tree.directory(JOURNALS).move(PENDING, record_name(number), tree.directory(DONE))
            else:
                done.put(record_name(number), pack_journal(without_changes(journal)))
                tree.directory(JOURNALS).remove(PENDING)
            tree.sync([JOURNALS, DONE])
            forget_old(done, numbers[:-KEPT])
        return number

    def withdraw(self) -> None:
        """Remove the journal: the change will not happen."""
        with Tree(self.root) as tree, suppress(FileNotFoundError):  # the directory does not exist yet
            journals = tree.directory(JOURNALS)
            journals.remove(PENDING)
            journals.sweep()
            journals.sync()

    def put_aside(self, quarantine: Directory) -> Path:
        """Move the journal to the quarantine, for inspection; return its path."""
        with Tree(self.root) as tree:
            number = 1
            while quarantine.stat(f"journal-{number}") is not None:
                number += 1
            tree.directory(JOURNALS).move(PENDING, f"journal-{number}", quarantine)
            quarantine.sync()
            tree.directory(JOURNALS).sync()
        return quarantine.path / f"journal-{number}"

    def numbers(self) -> list[int]:
        """Return the numbers of the finished changes, in no order."""
        with self.finished() as done:
            return numbers_in(done) if done else []

    def read(self, number: int) -> Journal | None:
        """Return a finished change; None if it is no longer kept, damaged, or not from crm."""
        with self.finished() as done:
            try:
                return unpack_journal(read_journal(done, record_name(number))) if done else None
            except (OSError, DamagedJournalError, files.LinkedError):
                return None  # the caller reports that no such change is kept

    @contextmanager
    def finished(self) -> Iterator[Directory | None]:
        """Open the directory of finished changes; None where there is none, or a link leads to it."""
        with Tree(self.root) as tree:
            try:
                done = tree.directory(DONE)
            except (FileNotFoundError, NotADirectoryError, files.LinkedError):
                yield None
            else:
                yield done


def without_changes(journal: Journal) -> Journal:
    """Return a journal without the content of files and the words of its command line, which name people."""
    return msgspec.structs.replace(journal, command=FORGETTING, changes=())


def removed_records(journal: Journal) -> Iterator[str]:
    """Yield the names of the undo records that a change removes; their numbers are not given again."""
    names = (change.path.removeprefix(f"{DONE}/") for change in journal.changes)
    return (name for name in names if re.fullmatch(NUMBER, name))


def read_journal(directory: Directory, name: str) -> bytes:
    """Return the bytes of a journal of any size; of other files, only the first bytes are read.

    Raises DamagedJournalError for what is not a journal, OSError where it cannot be read.
    """
    if not directory.begins_with(name, MAGIC):
        raise DamagedJournalError("it is not whole")
    return directory.read(name, most=None) or b""


def record_name(number: int) -> str:
    """Return the name of the file of a finished change."""
    return f"{number:08d}"


def numbers_in(done: Directory) -> list[int]:
    """Return the numbers of the finished changes in their directory, in no order."""
    return [int(name) for name in done.names() if re.fullmatch(NUMBER, name)]


def forget_old(done: Directory, numbers: list[int]) -> None:
    """Remove the oldest of these undo records, until one is younger than `KEPT_FOR`."""
    for number in numbers:
        found = done.stat(record_name(number))
        if found is not None and time.time() - found.st_mtime < KEPT_FOR:
            return
        done.remove(record_name(number))
