"""The record files with their stats, which show whether a file has changed; read for every query."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter, ne
from typing import NamedTuple

import msgspec

FOLDERS = ("opportunities", "contacts")
Stat = tuple[int, int, int, int]  # size, times of change of content and of inode in ns, inode
File = tuple[str, int, int, int, int]  # the name of a file and its stat


class Folder(NamedTuple):
    """One directory: its path in the workspace, and its record files with their stats."""

    path: str
    files: list[File]


class Directory(NamedTuple):
    """The stat of a directory, which changes whenever a file comes or goes; of a missing one all 0."""

    path: str
    mtime: int = 0  # ns
    ctime: int = 0  # ns; nobody can set it
    inode: int = 0


class SeenFiles(NamedTuple):
    """All record files at one moment: their directories, and the same packed for storage and comparison."""

    folders: list[Folder]
    packed: dict[str, bytes]  # each folder, by its path
    passed_over: Sequence[tuple[str, str]] = ()  # (path, reason) of possible record files that are not read
    directories: Sequence[Directory] = ()  # as they were before their files were listed

    def stats(self) -> dict[str, Stat]:
        """Return the stat of every file, by its path in the workspace."""
        return {f"{folder}/{name}": stat for folder, files in self.folders for name, *stat in files}  # type: ignore[misc]

    @property
    def youngest(self) -> int:
        """The latest time stamp of all files, in ns."""
        return max((youngest_of(files) for _, files in self.folders), default=0)


def youngest_of(files: Sequence[File]) -> int:
    """Return the latest time stamp of files, in ns; 0 without any."""
    return max(max(map(itemgetter(2), files)), max(map(itemgetter(3), files))) if files else 0


def look_at_files(root: str) -> SeenFiles:
    """Return all current record files.

    A link has the stat of its target, so that changes to it are seen. Unreadable directories, links to
    directories and names that are not UTF-8 are left out, and listed in `passed_over`.
    """
    folders: list[Folder] = []
    passed_over: list[tuple[str, str]] = []
    directories: list[Directory] = []
    waiting = [f"pipeline_data/{name}" for name in reversed(FOLDERS)]
    while waiting:
        path = waiting.pop()
        files: list[File] = []
        inner: list[str] = []
        try:
            directory = os.open(f"{root}/{path}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            directories.append(Directory(path))
            continue
        except OSError as error:
            directories.append(Directory(path))
            passed_over.append((path, f"cannot be read: {error.strerror}"))
            continue
        with (
            closing_directory(directory),
            os.scandir(directory) as entries,
        ):  # scanned by descriptor: stat needs no long paths
            directories.append(stat_of_directory(path, os.fstat(directory)))
            for entry in entries:
                name = entry.name
                if name[0] == ".":
                    continue
                if name[-5:] == ".yaml" and not entry.is_dir(follow_symlinks=False):
                    try:
                        s = entry.stat()
                    except OSError:
                        own = stat_of_link(entry)
                        if own is None:
                            continue
                        s = own
                    files.append((name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino))
                elif entry.is_dir(follow_symlinks=False):
                    inner.append(f"{path}/{name}")
                elif entry.is_symlink() and entry.is_dir():
                    passed_over.append((f"{path}/{name}", "a link to a directory is not followed"))
        folders.append(Folder(path, files))
        waiting += sorted(inner, reverse=True)
    return pack_folders(folders, passed_over, directories)


def stat_of_directory(path: str, found: os.stat_result) -> Directory:
    """Return the stat of a directory, as it is remembered."""
    return Directory(path, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def has_same_names(root: str, directories: Sequence[Directory], looked: int) -> bool:
    """Tell whether no record file came or went since these directories were looked at; reads none of them."""
    for before in directories:
        try:
            now = stat_of_directory(before.path, os.stat(f"{root}/{before.path}"))
        except OSError:
            now = Directory(before.path)
        if now != before or max(now.mtime, now.ctime) >= looked:
            return False
    return bool(directories)


@contextmanager
def closing_directory(descriptor: int) -> Iterator[None]:
    """Close a descriptor at the end."""
    try:
        yield
    finally:
        os.close(descriptor)


def stat_of_link(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return the own stat of a broken link; None if it was removed in the meantime."""
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def pack_folders(
    folders: list[Folder], passed_over: list[tuple[str, str]], directories: list[Directory]
) -> SeenFiles:
    """Return the directories with their packed form; names that are not UTF-8 are moved to `passed_over`."""
    try:
        return SeenFiles(folders, pack_each(folders), passed_over, directories)
    except UnicodeEncodeError:
        passed_over += [
            (f"{path}/{file[0]}", "its name is not UTF-8")
            for path, files in folders
            for file in files
            if not is_text(f"{path}/{file[0]}")
        ]
        kept = [
            Folder(path, [file for file in files if is_text(file[0])])
            for path, files in folders
            if is_text(path)
        ]
        named = [each for each in directories if is_text(each.path)]
        return SeenFiles(kept, pack_each(kept), passed_over, named)


def pack_each(folders: Sequence[Folder]) -> dict[str, bytes]:
    """Return each directory in bytes, by its path.

    Raises UnicodeEncodeError for a name that is not UTF-8.
    """
    return {folder.path: msgspec.msgpack.encode(folder) for folder in folders}


def is_text(name: str) -> bool:
    """Tell whether a file's name is UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def unpack_files(packed: bytes | None) -> list[File]:
    """Return the files of a packed directory; none for None.

    Raises msgspec.DecodeError for anything else.
    """
    return msgspec.msgpack.decode(packed, type=Folder).files if packed else []


def drop_common_ends(one: list[File], other: list[File]) -> tuple[list[File], list[File]]:
    """Return two lists without what they begin with alike, and what they end with alike.

    Of two listings of a directory with one changed file, only that is left.
    """
    start = count_alike(one, other)
    one, other = one[start:], other[start:]
    end = count_alike(one[::-1], other[::-1])
    return one[: len(one) - end], other[: len(other) - end]


def count_alike(one: list[File], other: list[File]) -> int:
    """Return how many files two lists begin with alike."""
    differs = enumerate(map(ne, one, other))
    return next((place for place, is_other in differs if is_other), min(len(one), len(other)))
