"""Every command that a document or a help text shows is run, and prints what is shown."""

import difflib
import shlex
import sys
from pathlib import Path

import pytest

from crmcli.cli.command_table import COMMANDS
from tests.docs.console import DOCUMENTS, Console, Step, blocks
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.places import ROOT
from tests.harness.standby import start_standby

ASKING = {"questionnaire fill"}  # what asks questions, of somebody who has had enough at once
AT_A_TERMINAL = r"import pty, sys; sys.exit(pty.spawn(sys.argv[1:], stdin_read=lambda _: b'\x04') >> 8)"


REFERENCE = ROOT / "docs" / "commands.md"  # a help text each; the other documents go on from step to step
SHOWN = [step for block in blocks(REFERENCE.read_text("utf-8")) for step in block]


def refuse_difference(step: Step, printed: str) -> None:
    """Fail with the whole difference between what a document shows and what is printed."""
    if printed != step.printed:
        lines = (text.splitlines(keepends=True) for text in (step.printed, printed))
        difference = "".join(difflib.unified_diff(*lines, "the document", "what is printed"))
        pytest.fail(f"$ {step.command}{difference}", pytrace=False)


@pytest.mark.parametrize(
    "document",
    [each for each in DOCUMENTS if each != REFERENCE],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_command_prints_what_the_document_shows(document: Path, tmp_path: Path) -> None:
    console = Console(tmp_path, start_standby())
    for block in blocks(document.read_text("utf-8")):
        for step in block:
            refuse_difference(step, console.run(step))


@pytest.mark.parametrize("step", SHOWN, ids=[step.command.strip() for step in SHOWN])
def test_the_reference_shows_a_help_text_as_it_is(step: Step, sample: Path) -> None:
    ended = Crm(sample)(*shlex.split(step.command)[1:])
    refuse_difference(step, ended.out + ended.err)


def test_the_reference_shows_the_help_of_every_command() -> None:
    assert {f"crm {name} --help" for name in COMMANDS} <= {step.command.strip() for step in SHOWN}


ENDLESS = ("serve",)  # runs until it is told to end; tests/commands/test_form.py runs it


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
    script += "".join(shell_line(name, each) for each in examples)
    printed = console.run(Step(script, ""))
    ends = [line for line in printed.splitlines() if line.startswith("exit ")]
    assert ends == [f"exit 0: {each}" for each in examples], printed
