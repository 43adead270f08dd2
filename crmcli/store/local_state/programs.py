"""Running a program of the workspace: one JSON document on its standard input, and so much time.

However crm ends, the program ends with it. A watcher, a shell of two lines, holds one end of a pipe whose
other end only crm has: when crm is gone, killed or not, the watcher reads the end of the pipe and kills
the program with all processes of its group. That needs no help of the system, so it is the same on Linux
and macOS. A process that leaves the group (a daemon that calls `setsid`) is not found again.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from crmcli.domain.model.record_types import ProgramOutcome, ProgramRun
from crmcli.domain.model.recorded_effects import describe_run
from crmcli.store.transactions import files

INSIDE = "CRM_INSIDE_PROGRAM"  # set where a program of ours calls crm: that starts no programs again
LONGEST = 2_000  # bytes of what a program says that are looked at
WATCHER = 'read -r group || exit; read -r over || kill -s KILL -- "-$group"'


def is_inside() -> bool:
    """Was this crm called by a program that a crm has started?"""
    return INSIDE in os.environ


class Ended(NamedTuple):
    """How a program ended, as the history records it, and the beginning of what it said about that."""

    run: ProgramRun
    said: str = ""  # on standard error

    @property
    def is_success(self) -> bool:
        """Whether it ended by itself, with exit code 0."""
        return self.run.code == 0

    @property
    def in_words(self) -> str:
        """As the history tells it."""
        return describe_run(self.run)


def run_words(
    words: list[str], document: bytes, *, root: Path, timeout: int, environment: dict[str, str]
) -> Ended:
    """Run a program in the workspace's directory and wait for it, no longer than so many seconds.

    What it reads and writes are files, so that it cannot keep us waiting; with it end the processes
    that it has started.
    """
    with files.temporary_file() as given, files.temporary_file() as errors, watch_program() as register:
        given.write(document)
        given.seek(0)
        try:
            process = start_group(words, given, errors, root, environment, register)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Ended(ProgramRun(outcome=ProgramOutcome.NOT_STARTED, reason=reason))
        if not wait_for(process, timeout):
            return Ended(ProgramRun(outcome=ProgramOutcome.STOPPED, seconds=timeout))
        errors.seek(0)
        said = errors.read(LONGEST).decode("utf-8", "replace").strip()
        return Ended(classify_end(process.returncode), said)


def classify_end(code: int) -> ProgramRun:
    """Return what the history records of an exit code; a negative one means a signal."""
    if code < 0:
        return ProgramRun(outcome=ProgramOutcome.ENDED, signal=-code)
    return ProgramRun(outcome=ProgramOutcome.ENDED, code=code)


def start_group(
    words: list[str],
    given: IO[bytes],
    errors: IO[bytes],
    root: Path,
    environment: dict[str, str],
    register: Callable[[], None],
) -> subprocess.Popen[bytes]:
    """Start a program as the leader of a group of its own; it inherits no descriptor, so no lock.

    Raises OSError or ValueError where that is impossible.
    """
    return subprocess.Popen(
        words,
        stdin=given,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        cwd=root,
        env={**os.environ, "CRM_WORKSPACE": str(root), INSIDE: "1", **environment},
        start_new_session=True,
        preexec_fn=register,
    )


def wait_for(process: subprocess.Popen[bytes], timeout: int) -> bool:
    """Wait until a program has ended, then end what is left of its group; False where it took too long."""
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait()
        return False
    kill_group(process.pid)
    return True


def kill_group(group: int) -> None:
    """Kill all processes of a group."""
    with suppress(ProcessLookupError, PermissionError):  # there is none left, or (macOS) only its ashes
        os.killpg(group, signal.SIGKILL)


@contextmanager
def watch_program() -> Iterator[Callable[[], None]]:
    """Watch over one program, which calls what this yields before it begins.

    Where this block is left by an error, an interruption among them, or this process ends in any
    way, the group of the program is killed.
    """
    reading, writing = os.pipe()
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", WATCHER],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,  # what interrupts us at the terminal leaves it alone
    )
    os.close(reading)
    try:
        yield lambda: tell_watcher(writing, str(os.getpid()))
        tell_watcher(writing, "over")
    finally:
        os.close(writing)
        watcher.wait()


def tell_watcher(writing: int, line: str) -> None:
    """Tell the watcher something; one that was killed hears nothing."""
    with suppress(BrokenPipeError):
        os.write(writing, f"{line}\n".encode("ascii"))
