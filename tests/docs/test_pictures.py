"""The pictures in the documents show what the terminal shows now."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.console import DOCUMENTS
from tests.docs.pictures import FOLDER, THEMES, Run, Shot, Style, draw_picture, read_row, take_pictures
from tests.docs.site_pictures import measure_picture, take_site_pictures
from tests.harness.browser import missing_programs
from tests.harness.standby import start_standby


@pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux here")
def test_the_pictures_are_up_to_date() -> None:
    taken = take_pictures(start_standby())
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}
    assert kept.keys() == taken.keys(), "make pictures"
    for name, text in taken.items():
        assert kept[name] == text, f"{name} shows what was: make pictures"


def test_every_picture_is_small_and_shown_in_both_themes() -> None:
    shown = "".join(path.read_text("utf-8") for path in DOCUMENTS)
    assert set(re.findall(r"pictures/([\w.-]+)", shown)) == {path.name for path in FOLDER.glob("*")}
    assert max(path.stat().st_size for path in FOLDER.glob("*.svg")) <= 30_000
    assert max(path.stat().st_size for path in FOLDER.glob("*.png")) <= 150_000


@pytest.mark.skipif(bool(missing_programs()), reason="no chromium here")
def test_the_pictures_of_pages_can_be_taken_again(tmp_path: Path) -> None:
    taken = {path.name: measure_picture(path) for path in take_site_pictures(tmp_path, start_standby())}
    assert taken == {path.name: measure_picture(path) for path in FOLDER.glob("*.png")}, "make pictures"


def test_letters_stand_in_the_columns_where_the_terminal_has_them() -> None:
    runs, style = read_row("\x1b[1m日本 id\x1b[0m    \x1b[31mhier   été", Style())
    assert runs == [
        Run(0, "日本 id", Style(bold=True)),
        Run(11, "hier", Style(colour="red")),
        Run(18, "été", Style(colour="red")),
    ]
    assert style == Style(colour="red")


def test_what_a_record_says_is_text_in_the_picture() -> None:
    drawn = draw_picture(["<b> & co"], Shot("list", "crm list"), THEMES[0])
    assert "&lt;b&gt; &amp; co</text>" in drawn
