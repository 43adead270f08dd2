"""Running a program of the workspace: one JSON document on its standard input, and so much time."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

INSIDE = "CRM_INSIDE_PROGRAM"  # set where a program of ours calls crm: that starts no programs again
LONGEST = 2_000  # bytes of what a program says that are looked at


def is_inside() -> bool:
    """Was this crm called by a program that a crm has started?"""
    return INSIDE in os.environ


class Ended(NamedTuple):
    """How a program ended: its exit code, none where it had to be killed or could not be started."""

    code: int | None
    said: str  # what it wrote on standard error, or why it did not run

    @property
    def in_words(self) -> str:
        """As the history tells it."""
        return f"ended {self.code}" if self.code is not None else self.said


def run(words: list[str], document: bytes, *, root: Path, timeout: int, environment: dict[str, str]) -> Ended:
    """Run a program in the workspace's directory and wait for it, no longer than so many seconds.

    What it reads and writes are files, so that it cannot keep us waiting; with it end the processes
    that it has started.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(document)
        given.seek(0)
        try:
            process = subprocess.Popen(
                words,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=root,
                env={**os.environ, "CRM_WORKSPACE": str(root), INSIDE: "1", **environment},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Ended(None, f"could not be started: {reason}")
        try:
            code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return Ended(None, f"stopped after {timeout} s")
        errors.seek(0)
        return Ended(code, errors.read(LONGEST).decode("utf-8", "replace").strip())
