"""The spool of web forms: what visitors sent, on disk before they are answered, until it is filed.

It does not need the lock of the workspace. A file is written whole and synced under another name, and then
renamed, so that no half of one is ever filed.
"""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from crmcli.domain.values.errors import TryAgainError
from crmcli.store.transactions.files import DRAFT, Directory, LinkedError, Tree
from crmcli.store.transactions.journal import PRIVATE

SPOOL = f"{PRIVATE}/forms"
MAIL = ".eml"
MOST_FILES, MOST_BYTES = 5_000, 128 * 1024 * 1024  # waiting; more is refused, so that nobody fills the disk
ABANDONED = 3600  # seconds after which a file that was not finished is removed
LARGEST = 1024 * 1024  # bytes of one


def spool_form(root: Path, key: str, content: bytes) -> None:
    """Store the message of a submission durably; the same key replaces it.

    Raises TryAgainError where it cannot be stored, or too many wait.
    """
    try:
        with Tree(root) as tree:
            spool = tree.make(SPOOL)
            refuse_flood(spool)
            spool.put(spool_name(key), content)
            tree.sync_up([SPOOL])
    except (OSError, LinkedError) as error:
        raise TryAgainError(f"the form could not be stored: {error}") from error


def spool_name(key: str) -> str:
    """Return the name of the file of a submission."""
    return f"{key}{MAIL}"


def refuse_flood(spool: Directory) -> None:
    """Raise TryAgainError where so much waits that more would fill the disk."""
    found = [each.st_size for name in spool.names() if (each := spool.stat(name)) is not None]
    if len(found) >= MOST_FILES or sum(found) >= MOST_BYTES:
        raise TryAgainError(f"{len(found)} forms wait to be filed", hint="crm tick")


def list_spooled(root: Path) -> list[str]:
    """Return the names of the forms that wait to be filed."""
    with Tree(root) as tree:
        try:
            return sorted(name for name in tree.directory(SPOOL).names() if name.endswith(MAIL))
        except (OSError, LinkedError):
            return []


def describe_spool(root: Path) -> list[str]:
    """Return lines about the forms that wait to be filed, and about what lies there and is never filed."""
    names = list_spooled(root)
    strange = [name for name in names[:MOST_FILES] if not may_be_form(root / SPOOL / name)]
    count = len(names) - len(strange)
    some = "1 web form waits" if count == 1 else f"{count} web forms wait"
    lines = [f"{some} to be filed (crm tick)"] if count else []
    if strange:
        name = " ".join(strange[0].split())
        lines.append(
            f"{SPOOL}/{name}{f' and {len(strange) - 1} more' if strange[1:] else ''}: "
            "not a form that crm stored; delete it"
        )
    return lines


def may_be_form(path: Path) -> bool:
    """Tell whether an entry of the spool is a file of the size of forms, which crm would file."""
    try:
        found = path.lstat()
    except OSError:  # filed meanwhile
        return True
    return stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST


def read_spooled(root: Path, first: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each form that waits, this one first.

    Links, what is not a file, and what is larger than any form are left alone.
    """
    with Tree(root) as tree:
        for name in sorted(list_spooled(root), key=lambda each: each != first):
            try:
                content = tree.directory(SPOOL).read(name, LARGEST)
            except (OSError, LinkedError):
                continue
            if content is not None:
                yield name, content


def remove_spooled(root: Path, names: list[str]) -> None:
    """Remove forms that are filed, and what was never finished."""
    with Tree(root) as tree:
        spool = tree.directory(SPOOL)
        for name in (*names, *list_abandoned(spool)):
            spool.remove(name)


def list_abandoned(spool: Directory) -> list[str]:
    """Return the files of processes that died before their visitor was answered."""
    before = time.time() - ABANDONED
    drafts = [name for name in spool.names() if name.endswith(DRAFT)]
    return [name for name in drafts if (found := spool.stat(name)) and is_older(found, before)]


def is_older(found: os.stat_result, before: float) -> bool:
    """Tell whether a regular file was last changed before a time."""
    return stat.S_ISREG(found.st_mode) and found.st_mtime < before
