"""A real pseudo-terminal: one command at it, or a shell in which commands are typed."""

import os
import pty
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import pexpect
from pexpect.fdpexpect import fdspawn

from tests.harness.crm import Crm
from tests.harness.processes import become_crm, connect, live, read_everything_in
from tests.harness.standby import start_standby

PROMPT = "ready> "
INTERRUPT = "\x03"


class Command(fdspawn):
    """A command under way at a terminal, to which one can type."""

    def __init__(self, crm: Crm, *words: str, width: int) -> None:
        read_everything_in()
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (60, width))
        be_silent(theirs)
        environment = {**crm.environment, "COLUMNS": "", "TERM": "dumb"}
        self.process = os.fork()
        if self.process == 0:
            os.login_tty(theirs)
            connect(0, 1, 2)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            live(lambda: become_crm(["crm", *words], environment, crm.root))
        os.close(theirs)
        super().__init__(ours, encoding="utf-8", timeout=30)

    def wait(self) -> int:
        """The exit code, once all that it says has been read."""
        self.expect(pexpect.EOF)
        _, status = os.waitpid(self.process, 0)
        self.process = 0
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """End it at once, if it has not ended yet."""
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            self.process = 0


def be_silent(terminal: int) -> None:
    """Have a terminal show nothing of what is typed."""
    modes = termios.tcgetattr(terminal)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, modes)


@contextmanager
def crm_at_terminal(crm: Crm, *words: str, width: int = 200) -> Iterator[Command]:
    """A command that is under way at a terminal of this width."""
    command = Command(crm, *words, width=width)
    try:
        yield command
    finally:
        command.kill()
        command.close()


def show_at_terminal(crm: Crm, *words: str, width: int = 200) -> str:
    """All that a command shows at a terminal of this width."""
    with crm_at_terminal(crm, *words, width=width) as command:
        command.wait()
        return str(command.before)


class Shell:
    """A shell that waits for commands."""

    def __init__(self, crm: Crm) -> None:
        path = f"{start_standby()}:{crm.environment['PATH']}"
        environment = {**crm.environment, "PATH": path, "PS1": PROMPT, "TERM": "dumb"}
        self.terminal = pexpect.spawn(
            "bash", ["--norc", "--noprofile"], env=environment, cwd=str(crm.root), encoding="utf-8",
            timeout=30, echo=False, dimensions=(50, 200),
        )  # fmt: skip
        self.terminal.delaybeforesend = None
        self.terminal.expect_exact(PROMPT)

    def run(self, command: str) -> str:
        """What a command prints."""
        self.terminal.sendline(command)
        self.terminal.expect_exact(PROMPT)
        return str(self.terminal.before)


@contextmanager
def shell_at_terminal(crm: Crm) -> Iterator[Shell]:
    """A shell in a workspace."""
    shell = Shell(crm)
    try:
        yield shell
    finally:
        shell.terminal.close(force=True)
