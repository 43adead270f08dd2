"""What can happen to a writer between two calls to the file system: death, a full disk, a meddler."""

import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

CHANGING = ("mkdir", "unlink", "remove", "rmdir", "replace", "rename", "link", "symlink", "truncate")
TWO_PATHS = ("replace", "rename", "link", "symlink")
ON_DESCRIPTORS = ("write", "fsync", "fdatasync", "fchmod", "ftruncate", "close")
DERIVED = "pipeline_data/.crm/derived-"  # how the places of what may be lost at any time begin
REAL_WRITE, REAL_OPEN, REAL_CLOSE = os.write, os.open, os.close


class Call(NamedTuple):
    """A call that is about to be made on a file of the workspace."""

    number: int  # 1 is the first that this process makes
    name: str  # of the function in `os`
    path: str  # relative to the workspace; of a rename the new name
    source: str = ""  # of a rename: the old name
    descriptor: int = -1
    content: bytes = b""  # of a write


Hear = Callable[[Call], None]


def watch(root: Path, hear: Hear) -> None:
    """From here on `hear` is told of every change below `root`, just before it is made.

    What is derived from the files is none of them. What `hear` does itself, and what processes do that it starts, is not told. For a process that
    ends soon: what is put into `os` here stays there.
    """
    watched = os.getpid()
    numbers = itertools.count(1)
    opened: dict[int, str] = {}
    hearing = False

    def tell(name: str, place: str, **more: Any) -> None:
        nonlocal hearing
        if hearing or os.getpid() != watched:
            return
        hearing = True
        try:
            hear(Call(next(numbers), name, place, **more))
        finally:
            hearing = False

    def inside(path: Any, directory: int | None = None) -> str | None:
        """The path in the workspace, of a name as seen from an open directory."""
        with contextlib.suppress(TypeError, ValueError, OSError):
            above = os.getcwd() if directory is None else os.readlink(f"/proc/self/fd/{directory}")
            whole = os.path.abspath(os.path.join(above, os.fsdecode(path)))
            place = str(Path(whole).relative_to(root))
            return None if DERIVED in place else place
        return None

    def open(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        place = inside(path, named.get("dir_fd"))
        if place is None or not flags & (os.O_CREAT | os.O_DIRECTORY):
            return REAL_OPEN(path, flags, *rest, **named)  # reading changes nothing
        tell("open" if flags & os.O_CREAT else "look", place)
        descriptor = REAL_OPEN(path, flags, *rest, **named)
        opened[descriptor] = place
        return descriptor

    def on_path(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*paths: Any, **named: Any) -> Any:
            is_pair = name in TWO_PATHS
            place = inside(paths[is_pair], named.get("dst_dir_fd" if is_pair else "dir_fd"))
            if place is not None:
                source = inside(paths[0], named.get("src_dir_fd")) if is_pair else None
                tell(name, place, source=source or "")
            return real(*paths, **named)

        return call

    def on_descriptor(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(descriptor: int, *rest: Any) -> Any:
            place = opened.get(descriptor)
            if place is not None:
                content = bytes(rest[0]) if name == "write" else b""
                tell(name, place, descriptor=descriptor, content=content)
            if name == "close":
                opened.pop(descriptor, None)
            return real(descriptor, *rest)

        return call

    def no_other_way(event: str, given: tuple[Any, ...]) -> None:
        if event != "open" or hearing or os.getpid() != watched:
            return
        if given[1] is not None and set("wax+") & set(given[1]) and inside(given[0]):
            raise AssertionError(f"{given[0]} is written past the watch")

    os.open = open
    for name in CHANGING:
        setattr(os, name, on_path(name))
    for name in ON_DESCRIPTORS:
        setattr(os, name, on_descriptor(name))
    sys.addaudithook(no_other_way)


def is_private(path: str) -> bool:
    """Does this path lie where only the program looks?"""
    return f"{path}/".startswith("pipeline_data/.crm/")


def changes_a_record(call: Call) -> bool:
    """Does this call change a file that people read? Until then all that happened is preparation."""
    return call.name in ("replace", "rename", "unlink") and not is_private(call.path)


def die() -> None:
    """As by `kill -9`, or when the power fails: nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed_before(number: int) -> Hear:
    """Death just before the call with this number."""

    def hear(call: Call) -> None:
        if call.number == number:
            die()

    return hear


def killed_within_write(number: int) -> Hear:
    """Death in the middle of the write with this number among the writes."""
    writes = itertools.count(1)

    def hear(call: Call) -> None:
        if call.name == "write" and next(writes) == number:
            REAL_WRITE(call.descriptor, call.content[: len(call.content) // 2])
            die()

    return hear


def killed_at(wanted: Callable[[Call], bool]) -> Hear:
    """Death just before the first call that is wanted."""

    def hear(call: Call) -> None:
        if wanted(call):
            die()

    return hear


def failing_at(number: int, error: int, names: tuple[str, ...]) -> Hear:
    """The call with this number among those with these names fails."""
    suffering = itertools.count(1)

    def hear(call: Call) -> None:
        if call.name in names and next(suffering) == number:
            raise OSError(error, os.strerror(error), call.path)

    return hear


def failing_first(wanted: Callable[[Call], bool], error: int) -> Hear:
    """The first call that is wanted fails."""
    done = itertools.count()

    def hear(call: Call) -> None:
        if wanted(call) and next(done) == 0:
            raise OSError(error, os.strerror(error), call.path)

    return hear


def meddled_with(wanted: Callable[[Call], bool], meddle: Callable[[], None]) -> Hear:
    """Somebody else changes something just before the first call that is wanted."""
    done = itertools.count()

    def hear(call: Call) -> None:
        if wanted(call) and next(done) == 0:
            meddle()

    return hear


def written_down(log: Path) -> Hear:
    """Every call becomes a line of a file outside the workspace."""

    def hear(call: Call) -> None:
        descriptor = REAL_OPEN(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        REAL_WRITE(descriptor, f"{call.name}\t{call.path}\t{call.source}\n".encode())
        REAL_CLOSE(descriptor)

    return hear
