"""The progress of reading many files: a bar on a terminal, elsewhere a line if it took long."""

import shutil
import sys
import time

from crmcli.cli.output import messages

SOON = 0.5  # seconds after which the bar is shown
LONG = 2.0  # seconds after which a line is printed, without a terminal
AGAIN = 0.1  # seconds between two drawings
LABEL = "reading files "
WIDEST = 40  # columns of the bar
CLEAR = "\r\x1b[K"  # go to the beginning of the line and clear it


class Bar:
    """A progress bar on stderr, shown while the index reads files and removed at the end."""

    def __init__(self, label: str = LABEL) -> None:
        self.label = label
        self.began = time.monotonic()
        self.drawn = 0.0  # time of the last drawing; 0 while it is not on the screen

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` files are read; 0 marks the beginning."""
        now = time.monotonic()
        if done == 0:
            self.began = now
        elapsed = now - self.began
        if sys.stderr.isatty():
            self.draw(done, total, now)
        elif done == total and elapsed > LONG and self.label == LABEL:
            messages.print_warning(f"read {total} files anew in {elapsed:.1f} s")

    def draw(self, done: int, total: int, now: float) -> None:
        """Draw the bar if reading takes long, or remove it at the end."""
        if done == total:
            sys.stderr.write(CLEAR if self.drawn else "")
            self.drawn = 0.0
        elif now - self.began > SOON and now - self.drawn > AGAIN:
            sys.stderr.write(f"\r{draw_bar(done, total, shutil.get_terminal_size().columns, self.label)}")
            self.drawn = now
        sys.stderr.flush()


def draw_bar(done: int, total: int, columns: int, label: str = LABEL) -> str:
    """Return the bar as a line, no wider than the terminal.

    >>> draw_bar(120, 480, 40)
    'reading files [####............]  25 %'
    """
    percent = f"{100 * done // total:>4} %"
    width = max(0, min(WIDEST, columns - len(label) - len(percent) - 4))
    filled = width * done // total
    return f"{label}[{'#' * filled}{'.' * (width - filled)}]{percent}"[: max(0, columns - 1)]
