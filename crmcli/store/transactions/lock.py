"""The writers' lock: an advisory lock on the data directory itself, so that no lock file can be deleted.

A process that hands a mail over locks the mail's file, so that others can tell whether it still lives.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crmcli.domain.values.errors import CrmError, TryAgainError
from crmcli.store.transactions.files import LinkedError, Tree

BUSY = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}
POLL = 0.02  # seconds between attempts to take the lock


@contextmanager
def hold_lock(directory: Path, patience: float) -> Iterator[None]:
    """Hold the writers' lock of a directory, after waiting for it at most `patience` seconds.

    Raises TryAgainError where it stays busy, or another directory has taken its place meanwhile, CrmError
    where the file system has no locks.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        wait_for(descriptor, directory, time.monotonic() + patience)
        refuse_replaced(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def wait_for(descriptor: int, directory: Path, deadline: float) -> None:
    """Take the lock as soon as it is free.

    Raises TryAgainError at the deadline.
    """
    while not try_lock(descriptor, directory):
        if time.monotonic() >= deadline:
            raise TryAgainError(
                "another crm is writing here", where=str(directory), hint="try again in a moment"
            )
        time.sleep(POLL)


def refuse_replaced(descriptor: int, directory: Path) -> None:
    """Check that a locked directory is still the one at its path; another may be locked by somebody else.

    Raises TryAgainError where it is not.
    """
    try:
        is_there = os.path.samestat(os.fstat(descriptor), os.stat(directory))
    except OSError:
        is_there = False
    if not is_there:
        raise TryAgainError(
            "was moved or replaced meanwhile", where=str(directory), hint="nothing was changed, run it again"
        )


def try_lock(descriptor: int, directory: Path) -> bool:
    """Try to take the lock without waiting; tell whether that worked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in BUSY:
            return False
        raise CrmError(
            f"this file system has no locks ({os.strerror(error.errno or 0)})",
            where=str(directory),
            hint="keep the workspace on a local disk",
        ) from error
    return True


def lock_file(root: Path, path: str) -> int:
    """Lock a file of the workspace until the descriptor that is returned is closed, or this process ends.

    Raises OSError where that is impossible, LinkedError for a link.
    """
    with Tree(root) as tree:
        above, name = tree.parent_of(path)
        descriptor = above.open_file(name)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_file_locked(root: Path, path: str) -> bool:
    """Tell whether a process that lives has locked a file of the workspace."""
    try:
        descriptor = lock_file(root, path)
    except OSError as error:
        return error.errno in BUSY
    except LinkedError:
        return False
    os.close(descriptor)
    return False
