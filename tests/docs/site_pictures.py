"""Pictures of the site for README.md: `make pictures` writes docs/pictures/site-….png.

`crm report html` writes the site of the sample on a fixed day, and Chromium opens its pages. Fonts differ from machine to
machine, so the test compares the sizes of pictures, not their bytes.
"""

import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.docs.pictures import FOLDER, set_up_terminal
from tests.harness.browser import start_browser


class PageShot(NamedTuple):
    """A page of the site to take a picture of."""

    name: str
    page: str
    height: int  # pixels of it that are shown
    width: int = 1000


SHOTS = (
    PageShot("site-overview", "index.html", 1000),
    PageShot("site-board", "board.html", 740),
    PageShot("site-funnel", "funnel.html", 830),
    PageShot("site-deal", "deals/xgcej9p8.html", 900),
)


def take_site_pictures(folder: Path, programs: Path) -> list[Path]:
    """Write the pictures into a folder, and return their files."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for words in (["init", "--demo", "stoves"], ["-C", "stoves", "report", "html", "site", "-q"]):
            subprocess.run(
                ["crm", *words],
                cwd=place,
                env=set_up_terminal(place, programs),
                check=True,
                capture_output=True,
            )
        with start_browser(place) as browser:
            browser.emulate(scheme="light")
            browser.hide_scrollbars()
            for shot in SHOTS:
                browser.resize(shot.width, shot.height)
                browser.open((place / "site" / shot.page).as_uri())
                browser.wait_for_paint()
                browser.save_screenshot(folder / f"{shot.name}.png")
    return [folder / f"{shot.name}.png" for shot in SHOTS]


def measure_picture(path: Path) -> tuple[int, int]:
    """The width and height of a PNG file (PNG, section 11.2.2)."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def main() -> None:
    """Write the pictures into docs/pictures."""
    taken = take_site_pictures(FOLDER, Path(sys.executable).parent)
    sys.stdout.write(f"{len(taken)} pictures of pages in docs/pictures\n")


if __name__ == "__main__":
    main()
