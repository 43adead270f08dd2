"""File operations: complete reads, and the only code through which crm writes.

A link planted at a predictable name would make crm write to the link's target. So a new file is created
under an unpredictable name (O_CREAT | O_EXCL | O_NOFOLLOW) and renamed into place, in a directory that
was opened step by step without following symbolic links. No other module opens anything for writing.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, NoReturn, Self

from crmcli.domain.values.errors import CrmError, PartlyError, RefusedError, TryAgainError

CANNOT_STORE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE}
MAY_NOT = {errno.EACCES, errno.EPERM}
LARGEST_TEXT = 32 * 1024 * 1024  # bytes of a file edited by hand
LARGEST = 256 * 1024 * 1024  # bytes of any file that is read
DRAFT = ".crm-new"  # suffix of a new file before it is renamed into place
OPEN_AT_ONCE = 64  # directories
SYNCED_AT_ONCE = 8  # files
WORTH_THREADS = 16  # files; for fewer, starting threads is not worth it
READING = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
LISTING = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
CREATING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
PRIVATE, OF_THE_GROUP = 0o600, 0o660


class LinkedError(RefusedError):
    """Raised for a symbolic link on the path to a file of crm's own, or to a file to write."""


def read_file(path: Path, most: int | None = LARGEST) -> bytes | None:
    """Return the bytes of a file; None where there is none. A link to a file is followed.

    Raises OSError for anything that is not a regular file, such as a pipe, which would block, or a link to
    an endless device, and for a file larger than `most` bytes.
    """
    try:
        descriptor = os.open(path, READING)
    except FileNotFoundError:
        return None
    return read_descriptor(descriptor, path, most)


def read_text_file(path: Path) -> bytes | None:
    """Return the bytes of a file edited by hand, such as a record or a template; None without one."""
    return read_file(path, LARGEST_TEXT)


def read_descriptor(descriptor: int, path: Path, most: int | None) -> bytes:
    """Return the content of an open file, and close it.

    Raises OSError for what is not a regular file, or larger than `most` bytes.
    """
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        what = os.strerror(errno.EISDIR) if stat.S_ISDIR(found.st_mode) else "is not a regular file"
        raise OSError(errno.EINVAL, what, str(path))
    with open(descriptor, "rb") as file:
        content = file.read() if most is None or found.st_size <= most else None
    if content is None or (most is not None and len(content) > most):
        raise OSError(errno.EINVAL, f"is larger than {(most or 0) // 1024 // 1024} MiB", str(path))
    return content


class Directory:
    """An open directory; operations refer to this directory even if its path changes."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the directory at a path that the user gave; links on the way are the user's own."""
        return cls(path, os.open(path, LISTING))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the directory."""
        os.close(self.descriptor)

    def open_inner(self, name: str) -> "Directory":
        """Open a directory in this one.

        Raises LinkedError for a link, FileNotFoundError or NotADirectoryError where there is none.
        """
        try:
            descriptor = os.open(name, LISTING | os.O_NOFOLLOW, dir_fd=self.descriptor)
        except OSError as error:
            self.explain(name, error)
        return Directory(self.path / name, descriptor)

    def make_inner(self, name: str) -> "Directory":
        """Open a directory in this one, created if missing: private, or group-writable where this one is."""
        with contextlib.suppress(FileNotFoundError):
            return self.open_inner(name)
        with contextlib.suppress(FileExistsError), self.naming(name):
            os.mkdir(name, 0o700, dir_fd=self.descriptor)
            if self.is_of_the_group:
                os.chmod(name, 0o2770, dir_fd=self.descriptor)  # noqa: S103 - like the directory above
        return self.open_inner(name)

    @property
    def is_of_the_group(self) -> bool:
        """True if the directory is writable for its group."""
        return bool(os.fstat(self.descriptor).st_mode & stat.S_IWGRP)

    def share(self) -> None:
        """Make the directory writable for its group; what is made in it is, too."""
        os.fchmod(self.descriptor, 0o2770)  # the user asks for it

    def mode_of_new(self) -> int:
        """Return the permissions of a new file: private, or the group's where this directory is shared."""
        return OF_THE_GROUP if self.is_of_the_group else PRIVATE

    def make_private_inner(self, name: str) -> "Directory":
        """Create and open a directory in this one for this user alone, even if this one is shared."""
        with self.naming(name):
            os.mkdir(name, 0o700, dir_fd=self.descriptor)
        return self.open_inner(name)

    @contextlib.contextmanager
    def naming(self, name: str = "") -> Iterator[None]:
        """Add the whole path to an OSError raised inside."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path / name)) from error

    def explain(self, name: str, error: OSError) -> NoReturn:
        """Raise LinkedError if a link is the cause of an error, else the error with the whole path."""
        place = self.path / name
        found = self.stat(name)
        if found is not None and stat.S_ISLNK(found.st_mode):
            raise LinkedError("a symbolic link is not followed here", where=str(place)) from error
        raise OSError(error.errno, error.strerror, str(place)) from error

    def stat(self, name: str) -> os.stat_result | None:
        """Return the stat of an entry, not following links; None where there is none."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """Return the names of all entries, in no order."""
        return os.listdir(self.descriptor)

    def is_empty(self) -> bool:
        """Tell whether the directory has no entries."""
        with os.scandir(self.descriptor) as found:
            return next(found, None) is None

    def read(self, name: str, most: int | None = LARGEST) -> bytes | None:
        """Return the bytes of a file in here; None where there is none.

        Raises LinkedError for a link, OSError for what is not a regular file or larger than `most` bytes.
        """
        try:
            descriptor = os.open(name, READING | os.O_NOFOLLOW, dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.explain(name, error)
        return read_descriptor(descriptor, self.path / name, most)

    def open_file(self, name: str) -> int:
        """Return a descriptor of a file in here, for reading.

        Raises LinkedError for a link, OSError where it cannot be opened.
        """
        try:
            return os.open(name, READING | os.O_NOFOLLOW, dir_fd=self.descriptor)
        except OSError as error:
            self.explain(name, error)

    def begins_with(self, name: str, start: bytes) -> bool:
        """Tell whether a file in here begins with these bytes, reading no further.

        Raises LinkedError for a link, OSError where it cannot be opened.
        """
        with closing_descriptor(self.open_file(name)) as descriptor:
            return stat.S_ISREG(os.fstat(descriptor).st_mode) and os.read(descriptor, len(start)) == start

    def create(self, content: bytes, mode: int | None = None, *, is_synced: bool = True) -> str:
        """Create a file under an unpredictable name, synced unless told otherwise; return its name."""
        name, descriptor = self.create_open(content, mode)
        try:
            with self.naming(), closing_descriptor(descriptor):
                if is_synced:
                    os.fsync(descriptor)
        except BaseException:  # also on Ctrl-C: the file must not stay
            self.remove(name)
            raise
        return name

    def create_open(self, content: bytes, mode: int | None = None) -> tuple[str, int]:
        """Create a file under an unpredictable name; return its name and open descriptor, not synced."""
        name = f".{os.urandom(16).hex()}{DRAFT}"
        with self.naming():
            descriptor = os.open(name, CREATING, PRIVATE, dir_fd=self.descriptor)
        try:
            with self.naming():
                wanted = self.mode_of_new() if mode is None else mode
                if wanted != PRIVATE:
                    os.fchmod(descriptor, wanted)
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
        except BaseException:  # also on Ctrl-C: the file must not stay
            os.close(descriptor)
            self.remove(name)
            raise
        return name, descriptor

    def put(self, name: str, content: bytes, mode: int | None = None, *, is_synced: bool = True) -> None:
        """Create or replace the file with this name atomically."""
        self.move(self.create(content, mode, is_synced=is_synced), name)

    def move(self, name: str, new_name: str, to: "Directory | None" = None) -> None:
        """Rename a file in here, or into another directory, replacing a file with the new name."""
        target = to or self
        with target.naming(new_name):
            os.replace(name, new_name, src_dir_fd=self.descriptor, dst_dir_fd=target.descriptor)

    def remove(self, name: str) -> None:
        """Remove a file, if it exists."""
        with contextlib.suppress(FileNotFoundError), self.naming(name):
            os.unlink(name, dir_fd=self.descriptor)

    def remove_inner(self, name: str) -> None:
        """Remove a directory in this one with the files in it.

        Raises OSError where it holds directories, which stay.
        """
        with self.open_inner(name) as inner:
            inner.clear()
        os.rmdir(name, dir_fd=self.descriptor)

    def remove_empty(self, name: str) -> bool:
        """Remove a directory in this one if nothing is in it; tell whether it was removed."""
        try:
            os.rmdir(name, dir_fd=self.descriptor)
        except OSError:  # something is in it, or it is a link, or gone
            return False
        return True

    def clear(self) -> None:
        """Remove the files in here; directories stay."""
        for each in self.names():
            found = self.stat(each)
            if found is not None and not stat.S_ISDIR(found.st_mode):
                self.remove(each)

    def sweep(self) -> None:
        """Remove the temporary files of processes that died; only for the holder of the lock."""
        for name in self.names():
            if name.endswith(DRAFT):
                self.remove(name)

    def sync(self) -> None:
        """Sync the directory, so that renames and removals in it are durable."""
        with self.naming():
            os.fsync(self.descriptor)


class Tree:
    """The directories below a root, opened without following symbolic links; the root itself may be one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.open: dict[str, Directory] = {}
        self.unsynced: set[str] = set()  # directories with a new directory in them

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self.open.values():
            each.close()
        self.open.clear()

    def directory(self, path: str) -> Directory:
        """Return a directory by its path below the root; valid until the next directory is requested.

        Raises LinkedError for a link on the way, FileNotFoundError where there is none.
        """
        return self.reached(path, Directory.open_inner)

    def make(self, path: str) -> Directory:
        """Return a directory by its path below the root, created with its parents where missing.

        The next `sync` also syncs the directories in which one was created.
        """
        return self.reached(path, self.make_inner)

    def make_inner(self, above: Directory, name: str) -> Directory:
        """Open a directory in another one, created if missing."""
        with contextlib.suppress(FileNotFoundError):
            return above.open_inner(name)
        self.unsynced.add(str(above.path.relative_to(self.root)))
        return above.make_inner(name)

    def reached(self, path: str, step: Callable[[Directory, str], Directory]) -> Directory:
        """Return a directory, opened by `step` from the one above it unless already open."""
        known = self.open.get(path)
        if known is None:
            above, name = split_path(path)
            known = step(self.reached(above, step), name) if name else Directory.at(self.root)
            self.open[path] = known
            if len(self.open) > OPEN_AT_ONCE:
                self.open.pop(next(iter(self.open))).close()
        return known

    def refuse_moved(self) -> None:
        """Check that every open directory is still at its path, so that what was written in it is there.

        Raises OSError for one that was moved or replaced.
        """
        for each in self.open.values():
            try:
                is_root = each.path == self.root
                found = os.stat(each.path, follow_symlinks=is_root)
                is_there = os.path.samestat(os.fstat(each.descriptor), found)
            except FileNotFoundError:
                is_there = False
            if not is_there:
                raise OSError(errno.ESTALE, "it was moved or replaced meanwhile", str(each.path))

    def parent_of(self, path: str) -> tuple[Directory, str]:
        """Return the directory of a file by its path below the root, and its name there."""
        above, name = split_path(path)
        return self.directory(above), name

    def read(self, path: str, most: int | None = None) -> bytes | None:
        """Return the bytes of a file by its path below the root; None where there is none.

        Raises LinkedError for a link on the way or as the file itself, OSError for what is not a
        regular file, or is larger than `most` bytes.
        """
        try:
            above, name = self.parent_of(path)
        except FileNotFoundError:
            return None
        return above.read(name, most)

    def sync(self, directories: Iterable[str] = ()) -> None:
        """Sync these directories, and those in which `make` created one."""
        for path in sorted({*directories, *self.unsynced}, reverse=True):
            with contextlib.suppress(FileNotFoundError):
                self.directory("" if path == "." else path).sync()
        self.unsynced.clear()

    def sync_up(self, directories: Iterable[str]) -> None:
        """Sync these directories and all above them, up to the root.

        For directories that may have been created by a command that died before it synced the one above.
        """
        wanted = set(directories)
        self.sync(wanted | {str(each) for path in wanted for each in PurePosixPath(path).parents})


def split_path(path: str) -> tuple[str, str]:
    """Return the directory of a path ("" at the top) and its last name."""
    above, _, name = path.rpartition("/")
    return above, name


def sync_descriptors(descriptors: Sequence[int]) -> None:
    """Sync open files; of many, several at once, which a disk does in the time of one."""
    if len(descriptors) < WORTH_THREADS:
        sync_each(descriptors)
        return
    from concurrent.futures import ThreadPoolExecutor

    shares = [descriptors[number::SYNCED_AT_ONCE] for number in range(SYNCED_AT_ONCE)]
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as threads:
        for done in [threads.submit(sync_each, share) for share in shares]:
            done.result()


def sync_each(descriptors: Sequence[int]) -> None:
    """Sync open files one after the other."""
    for each in descriptors:
        os.fsync(each)


@contextlib.contextmanager
def closing_descriptor(descriptor: int) -> Iterator[int]:
    """Close a descriptor at the end."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_private(path: Path) -> Directory:
    """Open a directory outside the workspace, for this user alone; created and synced with its parents."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    os.makedirs(path, 0o700, exist_ok=True)
    for each in missing:
        with Directory.at(each.parent) as above:
            above.sync()
    return Directory.at(path)


def temporary_file() -> IO[bytes]:
    """Open a file without a name, which is deleted when closed."""
    import tempfile  # loads the generator of random numbers, which reading commands do not need

    return tempfile.TemporaryFile()


def temporary_directory(prefix: str) -> Directory:
    """Create a directory for this user alone, under an unpredictable name."""
    import tempfile

    return Directory.at(Path(tempfile.mkdtemp(prefix=prefix)))


@contextlib.contextmanager
def told_as_storage_error(hint: str = "nothing was changed") -> Iterator[None]:
    """Turn errors of a full or broken disk into exit code 75, of a missing permission into 1."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or "")
        reason = os.strerror(error.errno or 0)
        if error.errno in CANNOT_STORE:
            raise TryAgainError(f"cannot store: {reason}", where=where, hint=hint) from error
        if error.errno in MAY_NOT:
            raise CrmError("may not write here", where=where, hint=hint) from error
        raise


@contextlib.contextmanager
def told_as_unfinished(hint: str) -> Iterator[None]:
    """Turn an OSError after the journal is in place into exit code 7; the next command finishes it."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or "")
        reason = error.strerror or os.strerror(error.errno or 0)
        raise PartlyError(f"cannot store: {reason}", where=where, hint=hint) from error
