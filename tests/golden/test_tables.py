"""What a table shows at terminals of several widths: a line for each row, never wider than the terminal.

`GOLDEN=write pytest tests/golden` writes the pictures anew; look at them before you commit them.
"""

import json
import os
import re
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.harness.copies import copy_workspace
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
    "sponsors": ["report", "referrals"],
    "forecast": ["report", "forecast"],
    "funnel": ["report", "funnel"],
    "velocity": ["report", "velocity"],
    "velocity-owners": ["report", "velocity", "--by", "owner"],
    "lost": ["report", "lost"],
    "stale": ["report", "stale"],
    "response": ["report", "response"],
    "activity-report": ["report", "activities"],
    "compared": ["report", "sources", "--since", "2026-10", "--compare", "previous"],
}
WITH_TOTAL = {name for name, command in COMMANDS.items() if command[0] == "report"}


@pytest.fixture(scope="module")
def worldly(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """A workspace with names of wide characters, emoji and combining accents."""
    crm = copy_workspace(sample, tmp_path_factory.mktemp("worldly") / "stoves")
    titles = {
        "gm322100": "薪ストーブの設置についてのお問い合わせ",
        "enpgbmme": "🔥🔥 Poêle à bois 🏡 pour une grande longère",
        "mcqpdpd0": "E\u0301le\u0301gant",
    }
    for id, title in titles.items():
        crm("set", id, f"title={title}")
    return crm


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_table_has_a_line_for_each_row_at_any_width(worldly: Crm, name: str, width: int) -> None:
    command = COMMANDS[name]
    rows = len(json.loads(worldly(*command, "-o", "json").out))
    shown = show_at_terminal(worldly, *command, width=width).replace("\r\n", "\n")
    table = shown.partition("no room for ")[0].splitlines()
    assert len(table) == rows + 2 + (name in WITH_TOTAL)
    assert max(wcswidth(line) for line in shown.splitlines()) <= width
    compare_picture(f"{name}-{width}.txt", shown)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_breaks_no_word(worldly: Crm, width: int) -> None:
    shown = show_at_terminal(worldly, "show", "xgcej9p8", width=width).replace("\r\n", "\n")
    whole = worldly("show", "xgcej9p8").out
    assert shown.split() == whole.split()
    compare_picture(f"show-{width}.txt", shown)


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
    assert "\ntitle          PAG Rika - Raccordement sur conduit existant\n" in blocks
    assert crm("list", "id:xgcej9p8", "--vertical").out.startswith("id             xgcej9p8\n")
    assert "two ways" in crm.refused("list", "--wide", "--vertical", code=2)


def test_off_a_terminal_nothing_is_cut_or_left_out(crm: Crm) -> None:
    crm.environment["COLUMNS"] = "60"
    printed = crm("list", "is:any").out
    assert "…" not in printed
    assert "owner" in printed.splitlines()[0]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_board_draws_the_stages_that_fit_and_tells_the_totals_of_the_rest(worldly: Crm, width: int) -> None:
    shown = show_at_terminal(worldly, "board", width=width).replace("\r\n", "\n")
    assert max(wcswidth(line) for line in shown.splitlines()) <= width
    for stage in json.loads(worldly("board", "-o", "json").out):
        assert stage["label"] in shown
    compare_picture(f"board-{width}.txt", shown)


def test_the_stages_of_a_board_are_the_ones_asked_for(crm: Crm) -> None:
    shown = crm("board", "--stage", "quoted,negotiation").out
    assert {"xgcej9p8", "p4rr1d0x"} <= set(shown.split())
    assert "z5966pa8" not in shown
    assert re.search(r"^Contact établi +4 · 44\s100,00\s€$", shown, re.M)
    rows = json.loads(crm("board", "--stage", "quoted", "-o", "json").out)
    assert [row["stage"] for row in rows] == ["quoted"]
    assert "did you mean quoted" in crm.refused("board", "--stage", "quotd", code=2)
    wide = show_at_terminal(crm, "board", "--wide", width=80)
    assert {"z5966pa8", "p4rr1d0x"} <= set(wide.split())
    assert re.search(r"^Visite technique +–$", crm("board", "stage:quoted").out, re.M)


def test_a_card_has_the_colour_of_its_worst_activity(crm: Crm) -> None:
    shown = crm("board", "--color", "always").out
    assert f"{RED}xgcej9p8 overdue" in shown
    assert plain(shown) == crm("board").out


RED, YELLOW, GREEN, BOLD = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[1m"


def test_colours_repeat_what_the_text_says(crm: Crm) -> None:
    shown = crm("due", "--color", "always").out
    heading, _, *rows = shown.splitlines()
    assert f"{BOLD}due" in heading
    for said, tone in {" d ago": RED, "yesterday": RED, "today": YELLOW}.items():
        tones = {tone in row for row in rows if said in plain(row)}
        assert tones == {True}, said
    assert plain(shown) == crm("due").out
    assert f"{GREEN}PAG Rika" in crm("list", "is:won", "--color", "always").out
    assert "\x1b" not in crm("list", "-o", "csv", "--color", "always").out


@pytest.mark.parametrize(
    ("environment", "words", "is_coloured"),
    [
        ({}, (), False),
        ({"CLICOLOR_FORCE": "1"}, (), True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"CLICOLOR_FORCE": "1"}, ("--color", "never"), False),
    ],
)
def test_the_environment_and_the_option_decide_on_colours(
    crm: Crm, environment: dict[str, str], words: tuple[str, ...], is_coloured: bool
) -> None:
    crm.environment.update(environment)
    assert ("\x1b[" in crm("due", *words).out) is is_coloured


def test_a_title_brings_no_colour_of_its_own(crm: Crm) -> None:
    path = crm.file("xgcej9p8")
    path.write_text(path.read_text().replace("title: PAG Rika", 'title: "\\e[31mPAG Rika"  #', 1))
    assert "\x1b[31mPAG" not in crm("list", "--color", "always").out


def test_a_page_has_bold_titles_and_shows_in_red_what_is_overdue(crm: Crm) -> None:
    shown = crm("show", "xgcej9p8", "--color", "always").out
    assert shown.startswith(f"{BOLD}PAG Rika")
    assert f"{BOLD}History" in shown
    assert [RED in line for line in shown.splitlines() if "(pat31e4a)" in line] == [True]
    assert plain(shown) == crm("show", "xgcej9p8").out
    assert crm("show", "jb9cp4xc", "--color", "always").out.startswith(GREEN)


def plain(text: str) -> str:
    """A text without its colours."""
    return re.sub("\x1b\\[[0-9]+m", "", text)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_log_breaks_no_word(worldly: Crm, width: int) -> None:
    shown = show_at_terminal(worldly, "log", "xgcej9p8", width=width).replace("\r\n", "\n")
    assert shown.split() == worldly("log", "xgcej9p8").out.split()
    assert max(wcswidth(line) for line in shown.splitlines()) <= width
    compare_picture(f"log-{width}.txt", shown)
