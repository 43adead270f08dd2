"""A real shell at a real pseudo-terminal, in which commands are typed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pexpect

from tests.conftest import Crm

PROMPT = "ready> "


class Shell:
    """A shell that waits for commands."""

    def __init__(self, crm: Crm) -> None:
        environment = {**crm.environment, "PS1": PROMPT, "TERM": "dumb"}
        self.terminal = pexpect.spawn(
            "bash", ["--norc", "--noprofile"], env=environment, cwd=str(crm.root), encoding="utf-8",
            timeout=30, echo=False, dimensions=(50, 200),
        )  # fmt: skip
        self.terminal.expect_exact(PROMPT)
        self.run(f'crm() {{ {sys.executable} -m crmcli "$@"; }}')

    def run(self, command: str) -> str:
        """What a command prints."""
        self.terminal.sendline(command)
        self.terminal.expect_exact(PROMPT)
        return str(self.terminal.before)


@contextmanager
def crm_at_a_terminal(crm: Crm) -> Iterator[Shell]:
    """A shell in a workspace."""
    shell = Shell(crm)
    try:
        yield shell
    finally:
        shell.terminal.close(force=True)
