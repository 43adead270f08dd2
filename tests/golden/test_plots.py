"""What --plot draws at terminals of several widths, in UTF-8 and in ASCII: never wider than the terminal.

`GOLDEN=write pytest tests/golden` writes the pictures anew; look at them before you commit them.
"""

import os
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.harness.crm import Crm
from tests.harness.terminal import show_at_terminal

HERE = Path(__file__).parent / "plots"
WIDTHS = (60, 80, 120)
LOCALES = {"utf8": "fr_FR.UTF-8", "ascii": "C"}
REPORTS = (
    *("pipeline", "forecast", "funnel", "velocity", "activities"),
    *("sources", "referrals", "lost", "stale", "response"),
)
COMMANDS = {
    **{name: ["report", name] for name in REPORTS},
    "velocity-owners": ["report", "velocity", "--by", "owner"],
    "compared": ["report", "sources", "--since", "2026-10", "--compare", "previous"],
    "weeks": ["activity", "list", "--by", "week"],
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_picture_fits_the_terminal(shared: Crm, name: str, width: int, locale: str) -> None:
    crm = Crm(shared.root)
    crm.environment |= {"LC_ALL": LOCALES[locale]}
    shown = show_at_terminal(crm, *COMMANDS[name], "--plot", width=width).replace("\r\n", "\n")
    assert max(wcswidth(line) for line in shown.splitlines()) <= width
    assert locale != "ascii" or not set("█░▏▎▍▌▋▊▉▐▕") & set(shown)
    compare_picture(f"{name}-{width}-{locale}.txt", shown)


def compare_picture(name: str, shown: str) -> None:
    """What is shown now is what the picture has."""
    golden = HERE / name
    if os.environ.get("GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown, "utf-8")
    assert shown == golden.read_text("utf-8")
