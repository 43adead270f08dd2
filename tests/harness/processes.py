"""Processes forked from this one, so that a `crm` in them starts at once."""

import gc
import importlib
import os
import pkgutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import crmcli
import crmcli.__main__

LONGEST = 90  # seconds that a process may live; the alarm ends one that hangs
ALREADY = (
    "babel.dates",
    "babel.numbers",
    "dateutil.rrule",
    "email.generator",
    "email.policy",
    "holidays.countries.france",
    "jinja2.sandbox",
    "phonenumbers",
    "slugify",
    "tabulate",
    "wcwidth",
)


class Ended(NamedTuple):
    """How a process ended: its exit code (or the signal, negative), and what it printed."""

    code: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def ids(self) -> list[str]:
        return self.out.split()


class Running(NamedTuple):
    """A process under way, and where what it prints arrives."""

    pid: int
    out: int
    err: int

    def wait(self) -> Ended:
        """What it printed, once it has ended."""
        printed = ["", ""]
        beside = threading.Thread(target=read_to_the_end, args=(self.err, printed, 1))
        beside.start()
        read_to_the_end(self.out, printed, 0)
        beside.join()
        _, status = os.waitpid(self.pid, 0)
        return Ended(os.waitstatus_to_exitcode(status), *printed)


def read_to_the_end(descriptor: int, printed: list[str], place: int) -> None:
    """Take all that a process prints, so that it never waits for a full pipe."""
    with open(descriptor, encoding="utf-8", newline="") as pipe:
        printed[place] = pipe.read()


def become_crm(
    arguments: list[str],
    environment: Mapping[str, str],
    directory: Path,
    first: Callable[[], None] = lambda: None,
) -> int:
    """Make a forked process the `crm` that a shell would start: in this environment, from this directory."""
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = arguments
    first()
    crmcli.__main__.main()  # which ends this process
    return 1


def fork_process(function: Callable[[], int], stdin: bytes = b"") -> Running:
    """A new process that ends with what the function returns."""
    read_everything_in()
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        pid = os.fork()
        if pid == 0:
            connect(given.fileno(), out_end, err_end)
            live(function)
    os.close(out_end)
    os.close(err_end)
    return Running(pid, out, err)


def connect(given: int, out: int, err: int) -> None:
    """Give the new process its own standard streams."""
    for number, descriptor in enumerate((given, out, err)):
        os.dup2(descriptor, number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def live(function: Callable[[], int]) -> None:
    """The life of the new process; nothing of the test's own process goes on in it."""
    code = 1
    try:
        gc.freeze()  # what the test's own process has made is not looked through, and so not copied
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST)
        code = function()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def read_everything_in() -> None:
    """Import all that any command imports, once, so that no new process has to."""
    if "crmcli.cli.commands.create" in sys.modules:
        return
    for module in pkgutil.walk_packages(crmcli.__path__, "crmcli."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ALREADY:
        importlib.import_module(name)
