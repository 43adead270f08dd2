"""The record files with their stats, which show whether a file has changed; read for every query."""

import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import NamedTuple

import msgspec

FOLDERS = ("opportunities", "contacts")
LEAF = 2  # links to a folder without folders in it, on file systems that count them
Stat = tuple[int, int, int, int]  # size, times of change of content and of inode in ns, inode
File = tuple[str, int, int, int, int]  # the name of a file and its stat


class Folder(NamedTuple):
    """One directory: its path in the workspace, and its record files with their stats."""

    path: str
    files: list[File]


class SeenFiles(NamedTuple):
    """All record files at one moment: their directories, and the same packed for storage and comparison."""

    folders: list[Folder]
    blob: bytes
    passed_over: Sequence[tuple[str, str]] = ()  # (path, reason) of possible record files that are not read

    def stats(self) -> dict[str, Stat]:
        """Return the stat of every file, by its path in the workspace."""
        return {f"{folder}/{name}": stat for folder, files in self.folders for name, *stat in files}  # type: ignore[misc]

    @property
    def names(self) -> int:
        """The checksum of the paths of all files."""
        return checksum_of_names(f"{folder}/{name}" for folder, files in self.folders for name, *_ in files)

    @property
    def youngest(self) -> int:
        """The latest time stamp of all files, in ns."""
        contents = (max(map(itemgetter(2), files), default=0) for _, files in self.folders)
        inodes = (max(map(itemgetter(3), files), default=0) for _, files in self.folders)
        return max((*contents, *inodes), default=0)


def checksum_of_names(paths: Iterable[str]) -> int:
    """Return a checksum of the paths of record files, in any order."""
    return zlib.crc32("\n".join(sorted(paths)).encode("utf-8", "surrogateescape"))


def look_at_files(root: str) -> SeenFiles:
    """Return all current record files.

    A link has the stat of its target, so that changes to it are seen. Unreadable directories, links to
    directories and names that are not UTF-8 are left out, and listed in `passed_over`.
    """
    folders: list[Folder] = []
    passed_over: list[tuple[str, str]] = []
    waiting = [f"pipeline_data/{name}" for name in reversed(FOLDERS)]
    while waiting:
        path = waiting.pop()
        files: list[File] = []
        inner: list[str] = []
        try:
            directory = os.open(f"{root}/{path}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            passed_over.append((path, f"cannot be read: {error.strerror}"))
            continue
        with (
            closing_directory(directory),
            os.scandir(directory) as entries,
        ):  # scanned by descriptor: stat needs no long paths
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
    return pack_folders(folders, passed_over)


def youngest_folder(root: str) -> int:
    """Return the latest time of change of all folders of records, in ns; it changes when a file comes or goes."""
    youngest = 0
    waiting = [f"{root}/pipeline_data/{name}" for name in FOLDERS]
    while waiting:
        path = waiting.pop()
        try:
            found = os.stat(path)
            youngest = max(youngest, found.st_mtime_ns)
            if found.st_nlink == LEAF:
                continue
            with os.scandir(path) as entries:
                waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue  # what reads all files names it
    return youngest


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


def pack_folders(folders: list[Folder], passed_over: list[tuple[str, str]]) -> SeenFiles:
    """Return the directories with their packed form; names that are not UTF-8 are moved to `passed_over`."""
    try:
        return SeenFiles(folders, msgspec.msgpack.encode(folders), passed_over)
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
        return SeenFiles(kept, msgspec.msgpack.encode(kept), passed_over)


def is_text(name: str) -> bool:
    """Tell whether a file's name is UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def unpack_folders(blob: bytes) -> SeenFiles:
    """Return the directories in packed bytes.

    Raises msgspec.DecodeError for anything else.
    """
    return SeenFiles(msgspec.msgpack.decode(blob, type=list[Folder]), blob)
