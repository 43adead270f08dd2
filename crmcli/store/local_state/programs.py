"""Running of workspace programs: one JSON document on standard input, and a time limit.

However crm ends, the program ends with it. A watcher, a shell of two lines, holds one end of a pipe whose
other end only crm has: when crm is gone, killed or not, the watcher reads the end of the pipe and kills
the program with all processes of its group. This needs no feature of the system, so it is the same on
Linux and macOS. A process that leaves the group (a daemon that calls `setsid`) is not found again.
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

INSIDE = "CRM_INSIDE_PROGRAM"  # set for programs that crm runs: a crm called by one starts no programs
LONGEST = 2_000  # bytes of standard error that are read
WATCHER = 'read -r group || exit; read -r over || kill -s KILL -- "-$group"'


def is_inside() -> bool:
    """Tell whether this crm was called by a program that another crm has started."""
    return INSIDE in os.environ


class Ended(NamedTuple):
    """The end of a program, as the history records it, and the start of its error output."""

    run: ProgramRun
    said: str = ""  # on standard error

    @property
    def is_success(self) -> bool:
        """True if the program ended by itself, with exit code 0."""
        return self.run.code == 0

    @property
    def in_words(self) -> str:
        """The end as shown in the history."""
        return describe_run(self.run)


def run_words(
    words: list[str],
    document: bytes,
    *,
    root: Path,
    timeout: int,
    environment: dict[str, str],
    out: IO[bytes] | int = subprocess.DEVNULL,
) -> Ended:
    """Run a program in the workspace's directory, for at most `timeout` seconds.

    Its input and error output are files, so that it cannot block crm; processes that it has started are ended
    with it.
    """
    with files.temporary_file() as given, files.temporary_file() as errors, watch_program() as register:
        given.write(document)
        given.seek(0)
        try:
            process = start_group(words, given, out, errors, root, environment, register)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Ended(ProgramRun(outcome=ProgramOutcome.NOT_STARTED, reason=reason))
        if not wait_for(process, timeout):
            return Ended(ProgramRun(outcome=ProgramOutcome.STOPPED, seconds=timeout))
        errors.seek(0)
        said = errors.read(LONGEST).decode("utf-8", "replace").strip()
        return Ended(classify_end(process.returncode), said)


def run_for_output(words: list[str], *, root: Path, timeout: int, most: int) -> tuple[Ended, bytes]:
    """Run a program like `run_words`, without input; return its end, and the start of what it printed."""
    with files.temporary_file() as out:
        ended = run_words(words, b"", root=root, timeout=timeout, environment={}, out=out)
        out.seek(0)
        return ended, out.read(most)


def classify_end(code: int) -> ProgramRun:
    """Return the history's entry for an exit code; a negative one means a signal."""
    if code < 0:
        return ProgramRun(outcome=ProgramOutcome.ENDED, signal=-code)
    return ProgramRun(outcome=ProgramOutcome.ENDED, code=code)


def start_group(
    words: list[str],
    given: IO[bytes],
    out: IO[bytes] | int,
    errors: IO[bytes],
    root: Path,
    environment: dict[str, str],
    register: Callable[[], None],
) -> subprocess.Popen[bytes]:
    """Start a program as the leader of its own process group, without inherited descriptors or locks.

    Raises OSError or ValueError where that is impossible.
    """
    return subprocess.Popen(
        words,
        stdin=given,
        stdout=out,
        stderr=errors,
        cwd=root,
        env={**os.environ, "CRM_WORKSPACE": str(root), INSIDE: "1", **environment},
        start_new_session=True,
        preexec_fn=register,
    )


def wait_for(process: subprocess.Popen[bytes], timeout: int) -> bool:
    """Wait until a program has ended, and kill the rest of its group; False if it took too long."""
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
    with suppress(ProcessLookupError, PermissionError):  # none left, or (macOS) only zombies
        os.killpg(group, signal.SIGKILL)


@contextmanager
def watch_program() -> Iterator[Callable[[], None]]:
    """Watch one program, which calls the yielded function before it starts.

    If this block is left by an error, such as an interruption, or this process ends in any way, the
    program's group is killed.
    """
    reading, writing = os.pipe()
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", WATCHER],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,  # not interrupted by Ctrl-C at the terminal
    )
    os.close(reading)
    try:
        yield lambda: tell_watcher(writing, str(os.getpid()))
        tell_watcher(writing, "over")
    finally:
        os.close(writing)
        watcher.wait()


def tell_watcher(writing: int, line: str) -> None:
    """Send a line to the watcher; ignored if the watcher was killed."""
    with suppress(BrokenPipeError):
        os.write(writing, f"{line}\n".encode("ascii"))
