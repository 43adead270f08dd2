"""Every command that a document shows is run, and prints what is shown."""

import difflib
import shlex
from pathlib import Path

import pytest

from crmcli.cli.command_table import COMMANDS
from tests.docs.console import DOCUMENTS, Console, Step, blocks
from tests.harness.crm import Crm
from tests.harness.places import ROOT
from tests.harness.standby import start_standby

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
