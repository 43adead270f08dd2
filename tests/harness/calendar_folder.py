"""A folder of calendar files, and somebody who changes them as a phone does."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.harness.crm import Crm
from tests.harness.processes import Ended


class CalendarFolder:
    """A vdir beside a workspace."""

    def __init__(self, crm: Crm, path: Path) -> None:
        self.crm = crm
        self.path = path
        path.mkdir(exist_ok=True)

    def sync(self, *words: str, code: int = 0) -> Ended:
        return self.crm("calendar", "sync", str(self.path), *words, code=code)

    def file(self, id: str) -> Path:
        return self.path / f"{id}@crm.ics"

    def text(self, id: str) -> str:
        """The file of an activity, its lines unfolded."""
        return re.sub("\r?\n[ \t]", "", self.file(id).read_text("utf-8"))

    def line(self, id: str, name: str) -> str:
        """The value of a line of the item, before its alarms; empty without one."""
        item = re.split("BEGIN:(?:VTODO|VEVENT)", self.text(id))[1]
        return next(
            (each.partition(":")[2] for each in item.splitlines() if re.match(rf"{name}[;:]", each)), ""
        )

    def change(self, id: str, change: Callable[[str], str]) -> None:
        self.file(id).write_text(change(self.text(id)), "utf-8", newline="")

    def set(self, id: str, name: str, line: str) -> None:
        """Replace the first line with a name, or add it to the item; an empty line removes it."""

        def change(text: str) -> str:
            begins = re.search("BEGIN:(VTODO|VEVENT)", text)
            assert begins
            head, item = text[: begins.start()], text[begins.start() :]
            new = f"{line}\r\n" if line else ""
            kept, count = re.subn(rf"(?m)^{name}[;:].*\r?\n", lambda _: new, item, count=1)
            return head + (kept if count else item.replace("UID:", f"{new}UID:", 1))

        self.change(id, change)

    def tick_off(self, id: str, at: str = "20261123T150000Z") -> None:
        self.set(id, "STATUS", f"STATUS:COMPLETED\r\nCOMPLETED:{at}\r\nPERCENT-COMPLETE:100")

    def say(self, id: str, line: str) -> None:
        """Add a line to the description."""
        self.set(id, "DESCRIPTION", f"DESCRIPTION:{self.line(id, 'DESCRIPTION')}\\n{line}")

    def contents(self) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in self.path.iterdir()}
