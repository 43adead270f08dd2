"""The examples in every help text are run, and work."""

import shlex
import sys
from pathlib import Path

import pytest

from crmcli.cli.command_table import COMMANDS
from tests.docs.console import Console, Step
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.standby import start_standby

ASKING = {"questionnaire fill"}  # what asks questions, of somebody who has had enough at once
ENDLESS = ("serve",)  # runs until it is told to end; tests/commands/test_form.py runs it
AT_A_TERMINAL = r"import pty, sys; sys.exit(pty.spawn(sys.argv[1:], stdin_read=lambda _: b'\x04') >> 8)"

IN_GIT = """\
git config --global user.email marie@example.org && git config --global user.name Marie
git config --global init.defaultBranch main
crm init --git -q && git init -q --bare ../office.git && git remote add origin ../office.git && crm sync -q
"""
IN_CONFLICT = """\
git clone -q ../office.git ../copy && cd ../copy && crm check --fix -q
crm set xgcej9p8 p4rr1d0x expected_revenue=1000 --yes -q && crm sync -q && cd ../workspace
crm set xgcej9p8 p4rr1d0x expected_revenue=2000 --yes -q; crm sync -q
"""
CHANGED = "crm note xgcej9p8 -m un -q && crm note xgcej9p8 -m deux -q\n"
BEFORE = {
    "redo": CHANGED,
    "check": IN_GIT,
    "sync": IN_GIT,
    "merge-driver": IN_GIT,
    "resolve": IN_GIT + IN_CONFLICT,
}


def examples_of(crm: Crm, name: str) -> list[str]:
    """The examples in the help text of a command."""
    help = crm(*name.split(), "--help").out
    return [line.strip() for line in help.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()]


def shell_line(name: str, example: str) -> str:
    """A line that runs an example of a command, and says how it ended."""
    asks = f"{shlex.quote(sys.executable)} -c {shlex.quote(AT_A_TERMINAL)} " if name in ASKING else ""
    return f'{asks}{example}\necho "exit $?": {shlex.quote(example)}\n'


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ENDLESS])
def test_the_examples_of_a_help_text_work(name: str, sample: Path, tmp_path: Path) -> None:
    examples = examples_of(Crm(sample), name)
    assert len(examples) >= 3, f"crm {name} --help has {len(examples)} examples, not three"
    console = Console(tmp_path, start_standby())
    copy_workspace(sample, console.home / "workspace")
    script = "cd workspace\nexport CRM_USER=marie EDITOR=true\n"
    script += BEFORE.get(name, "")
    script += "".join(shell_line(name, each) for each in examples)
    printed = console.run(Step(script, ""))
    ends = [line for line in printed.splitlines() if line.startswith("exit ")]
    assert ends == [f"exit 0: {each}" for each in examples], printed
