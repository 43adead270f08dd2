"""How far reading many files has come: a bar on a terminal, a line where it took the user's time."""

import shutil
import sys
import time

from crmcli.cli.output import messages

SOON = 0.5  # seconds after which a bar is worth showing
LONG = 2.0  # seconds that are worth a line where no bar can be shown
AGAIN = 0.1  # seconds between two drawings
LABEL = "reading files "
WIDEST = 40  # columns of the bar
CLEAR = "\r\x1b[K"  # to the beginning of the line, and rub it out


class Bar:
    """Shown while the index reads files, on stderr; nothing of it stays on the screen."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.drawn = 0.0  # when it was drawn last; 0 where it is not on the screen

    def __call__(self, done: int, total: int) -> None:
        """So many files are read of so many; none of them when reading begins."""
        now = time.monotonic()
        if done == 0:
            self.began = now
        elapsed = now - self.began
        if sys.stderr.isatty():
            self.draw(done, total, now)
        elif done == total and elapsed > LONG:
            messages.print_warning(f"read {total} files anew in {elapsed:.1f} s")

    def draw(self, done: int, total: int, now: float) -> None:
        """Draw the bar where reading takes long, or take it away at the end."""
        if done == total:
            sys.stderr.write(CLEAR if self.drawn else "")
            self.drawn = 0.0
        elif now - self.began > SOON and now - self.drawn > AGAIN:
            sys.stderr.write(f"\r{draw_bar(done, total, shutil.get_terminal_size().columns)}")
            self.drawn = now
        sys.stderr.flush()


def draw_bar(done: int, total: int, columns: int) -> str:
    """Return a line that says how much of the work is done, no wider than the terminal.

    >>> draw_bar(120, 480, 40)
    'reading files [####............]  25 %'
    """
    percent = f"{100 * done // total:>4} %"
    width = max(0, min(WIDEST, columns - len(LABEL) - len(percent) - 4))
    filled = width * done // total
    return f"{LABEL}[{'#' * filled}{'.' * (width - filled)}]{percent}"[: max(0, columns - 1)]
