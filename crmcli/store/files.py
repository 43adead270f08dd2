"""The file system, one careful step at a time: whole reads, synced writes, synced directories."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from crmcli.domain.errors import CrmError, TryAgainError

CANNOT_STORE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE}


LARGEST = 256 * 1024 * 1024  # bytes of a file that is read into memory, unless we wrote it


def read(path: Path, most: int | None = None) -> bytes | None:
    """The bytes of a file, which may be no more than `most`; None where there is none.

    Raises OSError for anything else that has a name, such as a pipe, which would keep us waiting,
    or a link to a device without an end.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        if most is not None and status.st_size > most:
            raise OSError(errno.EINVAL, f"is larger than {most // 1024 // 1024} MiB", str(path))
        return file.read()


def write_synced(path: Path, content: bytes, mode: int | None = None) -> None:
    """Make a file that is on the disk when this returns; without a mode the umask decides."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        if mode is not None:
            os.fchmod(descriptor, mode)
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directories(directories: Iterable[Path]) -> None:
    """Make renames and removals in these directories last; each is synced once."""
    for directory in sorted(set(directories)):
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_directories(directory: Path) -> list[Path]:
    """Make a directory with all above it; the parents of those made, which want a sync."""
    missing = []
    while not directory.is_dir():
        missing.append(directory)
        directory = directory.parent
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each)
    return [each.parent for each in missing]


def remove(path: Path) -> None:
    """Remove a file, or find it gone."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def mode_of(path: Path) -> int | None:
    """The permissions of a file that a new version of it should keep; None where there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def storing(hint: str = "nothing was changed", failure: type[CrmError] = TryAgainError) -> Iterator[None]:
    """Turn what a full or broken disk says into one line and an exit code, 75 unless told otherwise."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or "")
        if error.errno in CANNOT_STORE:
            reason = os.strerror(error.errno)
            raise failure(f"cannot store: {reason}", where=where, hint=hint) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise CrmError("may not write here", where=where, hint=hint) from error
        raise
