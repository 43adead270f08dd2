"""How far reading many files has come: a bar on a terminal, a line where it took the user's time."""

import sys
import time
from typing import TYPE_CHECKING

from crmcli.cli.output import messages

if TYPE_CHECKING:
    from rich.progress import Progress

SOON = 0.5  # seconds after which a bar is worth showing
LONG = 2.0  # seconds that are worth a line where no bar can be shown


class Bar:
    """Shown while the index reads files, on stderr; nothing of it stays on the screen."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.bar: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        """So many files are read of so many; none of them when reading begins."""
        if done == 0:
            self.began = time.monotonic()
        elapsed = time.monotonic() - self.began
        if sys.stderr.isatty():
            self.drawn(done, total, elapsed)
        elif done == total and elapsed > LONG:
            messages.print_warning(f"read {total} files anew in {elapsed:.1f} s")

    def drawn(self, done: int, total: int, elapsed: float) -> None:
        """Draw the bar, or take it away at the end."""
        if self.bar is None and elapsed > SOON and done < total:
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.bar.add_task("reading files", total=total)
            self.bar.start()
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=done)
            if done == total:
                self.bar.stop()
                self.bar = None
