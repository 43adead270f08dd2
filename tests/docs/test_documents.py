"""Every command that a document or a help text shows is run, and prints what is shown."""

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from crmcli.cli.command_table import COMMANDS
from tests.docs.console import DOCUMENTS, Console, Step, blocks
from tests.harness.crm import Crm
from tests.harness.places import ROOT
from tests.harness.standby import start_standby

ASKING = {"questionnaire fill"}  # what asks questions, of somebody who has had enough at once
AT_A_TERMINAL = r"import pty, sys; sys.exit(pty.spawn(sys.argv[1:], stdin_read=lambda _: b'\x04') >> 8)"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_prints_what_the_document_shows(document: Path, tmp_path: Path) -> None:
    console = Console(tmp_path, start_standby())
    for block in blocks(document.read_text("utf-8")):
        for step in block:
            assert console.run(step) == step.printed, step.command


def test_the_reference_shows_the_help_of_every_command() -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    shown = {step.command.strip() for block in blocks(text) for step in block}
    assert {f"crm {name} --help" for name in COMMANDS} <= shown


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_a_help_text_work(name: str, sample: Path, tmp_path: Path) -> None:
    console = Console(tmp_path, start_standby())
    help = Crm(sample)(*name.split(), "--help").out
    examples = help.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(examples) >= 3, f"crm {name} --help has {len(examples)} examples, not three"
    shutil.copytree(sample, console.home / "workspace")
    console.run(Step("cd workspace && ln -s ../tests tests\n", ""))
    console.run(Step("export CRM_USER=marie EDITOR=true\n", ""))
    for example in map(str.strip, examples):
        command = (
            f"{shlex.quote(sys.executable)} -c {shlex.quote(AT_A_TERMINAL)} {example}"
            if name in ASKING
            else example
        )
        printed = console.run(Step(f"{command}\necho exit $?\n", ""))
        assert printed.splitlines()[-1] == "exit 0", f"{example}\n{printed}"
