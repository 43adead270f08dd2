"""The manual pages say what the help says, and man(1) reads them without a warning."""

import shutil
import subprocess

import pytest

from tests.docs.man_pages import FOLDER, write_pages


def test_the_manual_pages_are_up_to_date() -> None:
    assert {path.name: path.read_text("utf-8") for path in FOLDER.glob("*")} == write_pages(), "make man"


@pytest.mark.skipif(not shutil.which("man"), reason="no man here")
def test_man_shows_a_page_without_warnings() -> None:
    pages = [str(FOLDER / f"crm{name}.1") for name in ("", "-list", "-contact-create", "-stage-rename")]
    command = ["man", "--warnings", "-E", "UTF-8", "-Tutf8", "-l", *pages]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    assert "crm contact create" in shown.stdout
    assert "--dry-run" in shown.stdout
