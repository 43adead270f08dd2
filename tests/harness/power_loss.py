"""What a disk may hold after a power loss: whatever was not synced may be there, be missing, or be empty.

A command's calls are recorded. A crash after any of them leaves each directory with some of the changes of names
that were made in it since it was last synced, and each file with what it held when it was last synced, with all
that was written since, or with nothing. Nothing is assumed about order: POSIX promises none.
"""

import base64
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.incidents import REAL_CLOSE, REAL_OPEN, REAL_WRITE, Call, Hear

Content = Callable[["Inode"], bytes]  # what a file holds after a power loss
MOVES = ("rename", "replace")
REMOVES = ("unlink", "remove", "rmdir")


def recorded(log: Path) -> Hear:
    """Every call becomes a line of a file outside the workspace, with what it writes."""

    def hear(call: Call) -> None:
        content = base64.b64encode(call.content).decode()
        line = json.dumps([call.name, call.path, call.source, content]) + "\n"
        descriptor = REAL_OPEN(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        REAL_WRITE(descriptor, line.encode())
        REAL_CLOSE(descriptor)

    return hear


def read_record(log: Path) -> list[Call]:
    """The recorded calls."""
    rows = map(json.loads, log.read_text("utf-8").splitlines())
    return [
        Call(number, name, path, source, content=base64.b64decode(content))
        for number, (name, path, source, content) in enumerate(rows, 1)
    ]


@dataclass(eq=False)
class Inode:
    """A file: what was written, and what of that the disk certainly has."""

    written: bytes = b""
    synced: bytes | None = None  # None: nothing was ever synced


@dataclass(eq=False)
class Naming:
    """A change of a name in a directory that the disk may not have yet."""

    kind: str  # create, mkdir, move, remove
    path: str
    source: str = ""
    inode: Inode | None = None

    @property
    def directories(self) -> set[str]:
        """The directories whose sync brings it to the disk; a move is one change of both."""
        return {os.path.dirname(each) for each in (self.path, self.source) if each}


@dataclass
class Disk:
    """The names that the disk certainly has, and the changes that it may have."""

    files: dict[str, Inode]
    directories: set[str]
    waiting: list[Naming] = field(default_factory=list)
    seen: dict[str, Inode] = field(default_factory=dict)  # what programs see now

    @classmethod
    def of(cls, root: Path, tree: dict[str, bytes]) -> "Disk":
        """The disk with a workspace and these files in it, on which everything is synced."""
        files = {path: Inode(content, content) for path, content in tree.items()}
        folders = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir()}
        return cls(files, {".", *folders}, seen=dict(files))

    def follow(self, call: Call) -> None:
        """Do what a call does."""
        if call.name == "open" and call.path not in self.seen:
            self.seen[call.path] = Inode()
            self.waiting.append(Naming("create", call.path, inode=self.seen[call.path]))
        elif call.name == "mkdir":
            self.waiting.append(Naming("mkdir", call.path))
        elif call.name == "write":
            self.seen[call.path].written += call.content
        elif call.name in ("ftruncate", "truncate"):
            self.seen[call.path].written = b""
        elif call.name in MOVES:
            inode = self.seen.pop(call.source, None)
            if inode is not None:
                self.seen[call.path] = inode
                self.waiting.append(Naming("move", call.path, call.source, inode))
        elif call.name in REMOVES:
            self.seen.pop(call.path, None)
            self.waiting.append(Naming("remove", call.path))
        elif call.name in ("fsync", "fdatasync"):
            self.sync(call.path)

    def sync(self, path: str) -> None:
        """Bring a file's content, or the names in a directory, to the disk."""
        if path in self.seen:
            self.seen[path].synced = self.seen[path].written
            return
        here = path if path != "." else ""
        certain = [each for each in self.waiting if here in each.directories]
        for each in certain:
            apply(each, self.files, self.directories)
        self.waiting = [each for each in self.waiting if each not in certain]

    def outcomes(self, chance: random.Random, samples: int) -> Iterator[dict[str, bytes]]:
        """Trees that a power loss may leave now."""
        whole = self.waiting
        yield self.outcome(whole, lambda inode: inode.written)
        yield self.outcome([], lambda inode: inode.synced or b"")
        yield self.outcome(whole, lambda inode: inode.synced or b"")
        for _ in range(samples if whole else 0):
            some = [each for each in whole if chance.random() < 0.5]
            yield self.outcome(some, lambda inode: choose_content(inode, chance))

    def outcome(self, happened: Sequence[Naming], content: Content) -> dict[str, bytes]:
        """The tree with some of the changes of names."""
        files, directories = dict(self.files), set(self.directories)
        for each in happened:
            apply(each, files, directories)
        return {path: content(inode) for path, inode in files.items() if is_reached(path, directories)}


def is_reached(path: str, directories: set[str]) -> bool:
    """Is every directory above a file there? A directory may be synced before its own name is."""
    return all(str(parent) in directories for parent in Path(path).parents)


def choose_content(inode: Inode, chance: random.Random) -> bytes:
    """What a file may hold: what was synced, all that was written, or a part of it."""
    if inode.synced == inode.written:
        return inode.written
    half = inode.written[: len(inode.written) // 2]
    return chance.choice((inode.synced or b"", inode.written, half))


def apply(change: Naming, files: dict[str, Inode], directories: set[str]) -> None:
    """Do a change of a name."""
    if change.kind == "mkdir":
        directories.add(change.path)
    elif change.kind == "remove":
        files.pop(change.path, None)
    elif change.inode is not None:
        files.pop(change.source, None)
        files[change.path] = change.inode
