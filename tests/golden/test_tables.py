"""What a table shows at terminals of several widths: a line for each row, never wider than the terminal.

`GOLDEN=write pytest tests/golden` writes the pictures anew; look at them before you commit them.
"""

import json
import os
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.harness.crm import Crm
from tests.harness.terminal import show_at_terminal

HERE = Path(__file__).parent / "tables"
WIDTHS = (60, 80, 100, 200)
COMMANDS = {
    "list": ["list", "is:any"],
    "due": ["due"],
    "contacts": ["contact", "list"],
    "outbox": ["outbox", "list"],
    "pipeline": ["report", "pipeline"],
    "sources": ["report", "sources"],
}


@pytest.fixture
def worldly(crm: Crm) -> Crm:
    """A workspace with names of wide characters, emoji and combining accents."""
    for title in (
        "薪ストーブの設置についてのお問い合わせ",
        "🔥🔥 Poêle à bois 🏡 pour une grande longère",
        "E\u0301le\u0301gant",
    ):
        crm("create", title, "--stage", "new")
    return crm


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_table_has_a_line_for_each_row_at_any_width(worldly: Crm, name: str, width: int) -> None:
    command = COMMANDS[name]
    rows = len(json.loads(worldly(*command, "-o", "json").out))
    shown = show_at_terminal(worldly, *command, width=width).replace("\r\n", "\n")
    lines = shown.splitlines()
    said = [line for line in lines if line.startswith("no room for ")]
    assert len(lines) == rows + 2 + len(said) + (name == "pipeline")  # its sums
    assert max(wcswidth(line) for line in lines if line not in said) <= width
    compare_picture(f"{name}-{width}.txt", shown)


def compare_picture(name: str, shown: str) -> None:
    """What is shown now is what the picture has."""
    golden = HERE / name
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(shown, "utf-8")
    assert shown == golden.read_text("utf-8")


def test_wide_wraps_and_vertical_prints_a_line_for_each_value(crm: Crm) -> None:
    wide = show_at_terminal(crm, "list", "--wide", width=80)
    assert "…" not in wide
    assert "Raccordement" in wide
    blocks = show_at_terminal(crm, "list", "id:xgcej9p8", "--vertical", width=80).replace("\r\n", "\n")
    assert "\ntitle     PAG Rika - Raccordement sur conduit existant\n" in blocks
    assert crm("list", "id:xgcej9p8", "--vertical").out.startswith("id        xgcej9p8\n")
    assert "two ways" in crm.refused("list", "--wide", "--vertical", code=2)


def test_off_a_terminal_nothing_is_cut_or_left_out(crm: Crm) -> None:
    crm.environment["COLUMNS"] = "60"
    printed = crm("list", "is:any").out
    assert "…" not in printed
    assert "tags" in printed.splitlines()[0]
