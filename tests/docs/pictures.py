"""Pictures of the terminal for the documents: `make pictures` writes docs/pictures.

Commands run in tmux, in the sample workspace on a fixed day, and what the terminal then shows
becomes an SVG file: each run of letters stands where the terminal has it, whatever the font.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from wcwidth import wcswidth

from tests.harness.places import ROOT

FOLDER = ROOT / "docs" / "pictures"
LONGEST = 200  # rows of the terminal
CELL, ROW, BASELINE, MARGIN = 8.4, 18, 13, 14  # pixels of a letter of 14 pixels
FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
WHEN_SHOWN = (
    r"printf '\033[6n'; read -rs -d R"  # a terminal says where its cursor is after all that came before
)
GAP = re.compile(r"(?<=\S)( {2,})(?=\S)")


class Shot(NamedTuple):
    """A command to take a picture of."""

    name: str
    command: str
    width: int = 80
    rows: int = LONGEST  # how many of the first rows are shown


class Theme(NamedTuple):
    """The colours of a terminal."""

    name: str
    background: str
    text: str
    dim: str
    red: str
    green: str
    yellow: str


class Style(NamedTuple):
    """How letters are written: what the escape sequences before them have left."""

    bold: bool = False
    dim: bool = False
    colour: str = ""


class Run(NamedTuple):
    """Letters in one style, from a column on."""

    column: int
    text: str
    style: Style


SHOTS = (
    Shot("list", "crm list"),
    Shot("due", "crm due"),
    Shot("board", "crm board"),
    Shot("show", "crm show xgcej9p8", rows=28),
    Shot("list-wide", "crm list", width=200),
)
THEMES = (
    Theme("light", "#ffffff", "#1f2328", "#6e7781", "#c4121e", "#116329", "#8a5a00"),
    Theme("dark", "#0d1117", "#e6edf3", "#8b949e", "#ff7b72", "#56d364", "#e3b341"),
)
MEANINGS: dict[int, dict[str, Any]] = {
    0: Style()._asdict(),
    1: {"bold": True},
    2: {"dim": True},
    22: {"bold": False, "dim": False},
    31: {"colour": "red"},
    32: {"colour": "green"},
    33: {"colour": "yellow"},
    39: {"colour": ""},
    49: {},  # the usual background
}


def take_pictures(programs: Path) -> dict[str, str]:
    """The text of each picture, by the name of its file."""
    pictures = {}
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        environment = set_up_terminal(place, programs)
        subprocess.run(
            ["crm", "init", "--demo", "stoves"], cwd=place, env=environment, check=True, capture_output=True
        )
        for shot in SHOTS:
            lines = run_in_tmux(shot, place, environment)
            for theme in THEMES:
                pictures[f"{shot.name}-{theme.name}.svg"] = draw_picture(lines, shot, theme)
    return pictures


def set_up_terminal(place: Path, programs: Path) -> dict[str, str]:
    """The environment of a salesperson in France, on the day of the documents."""
    return {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(place),
        "TMUX_TMPDIR": str(place),
        "LANG": "C.UTF-8",
        "CRM_NOW": "2026-11-24T09:00",
        "CRM_USER": "marie",
    }


def run_in_tmux(shot: Shot, place: Path, environment: dict[str, str]) -> list[str]:
    """The rows that a terminal shows once a command has ended, with their escape sequences."""

    server = str(place / f"{shot.name}.tmux")

    def tmux(*words: str) -> str:
        command = ["tmux", "-f", os.devnull, "-S", server, *words]
        return subprocess.run(
            command, cwd=place / "stoves", env=environment, check=True, capture_output=True, timeout=60
        ).stdout.decode()

    script = f"stty -echo; echo '$ {shot.command}'; {shot.command}; {WHEN_SHOWN}; tmux -S {server} wait-for -S ended; read"
    tmux("new-session", "-d", "-x", str(shot.width), "-y", str(LONGEST), "bash", "-c", script)
    try:
        tmux("wait-for", "ended")
        shown = tmux("capture-pane", "-e", "-p").rstrip()
    finally:
        tmux("kill-server")
    return shown.split("\n")[: shot.rows]


def draw_picture(lines: list[str], shot: Shot, theme: Theme) -> str:
    """An SVG file that shows rows of a terminal."""
    width, height = round(shot.width * CELL) + 2 * MARGIN, len(lines) * ROW + 2 * MARGIN
    drawn = "\n".join(draw_rows(lines))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>{escape(shot.command)}</title>
<style>
text {{ font: 14px {FONTS}; fill: {theme.text}; white-space: pre }}
.b {{ font-weight: bold }} .d {{ fill: {theme.dim} }}
.red {{ fill: {theme.red} }} .green {{ fill: {theme.green} }} .yellow {{ fill: {theme.yellow} }}
</style>
<rect width="100%" height="100%" rx="6" fill="{theme.background}" stroke="{theme.dim}" stroke-opacity="0.4"/>
{drawn}
</svg>
"""


def draw_rows(lines: list[str]) -> Iterator[str]:
    """The text elements of all rows."""
    style = Style()
    for number, line in enumerate(lines):
        runs, style = read_row(line, style)
        for run in runs:
            x, y = MARGIN + run.column * CELL, MARGIN + number * ROW + BASELINE
            named = [*(["b"] if run.style.bold else []), *(["d"] if run.style.dim else [])]
            named += [run.style.colour] if run.style.colour else []
            kind = f' class="{" ".join(named)}"' if named else ""
            length = wcswidth(run.text) * CELL
            yield f'<text x="{x:g}" y="{y}" textLength="{length:g}"{kind}>{escape(run.text, quote=False)}</text>'


def read_row(line: str, style: Style) -> tuple[list[Run], Style]:
    """The runs of a row that begins in a style, and the style after it.

    Columns are runs of their own: a gap of two spaces ends one.
    """
    runs, column, place = [], 0, 0
    for found in [*ESCAPE.finditer(line), None]:
        text = line[place : found.start() if found else len(line)]
        for part in GAP.split(text):
            if part.strip():
                indent = len(part) - len(part.lstrip(" "))
                runs.append(Run(column + indent, part.strip(" "), style))
            column += wcswidth(part)
        if found:
            place = found.end()
            style = read_style(found[1], style)
    return runs, style


def read_style(codes: str, style: Style) -> Style:
    """The style after an escape sequence. Raises KeyError for a code that crm does not print."""
    for code in codes.split(";"):
        style = style._replace(**MEANINGS[int(code or 0)])
    return style


def main() -> None:
    """Write the pictures, and remove those that are not taken any more."""
    pictures = take_pictures(Path(sys.executable).parent)
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.svg"):
        if path.name not in pictures:
            path.unlink()
    for name, text in pictures.items():
        (FOLDER / name).write_text(text, "utf-8")
    sys.stdout.write(f"{len(pictures)} pictures in docs/pictures\n")


if __name__ == "__main__":
    main()
