"""The time, the memory and the outcome of each hostile message, as the table of docs/security.md.

`python -m tests.bench.hostile` runs each through a `crm ingest` of its own, and writes the table.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

from tests.harness.crm import Crm
from tests.harness.hostile_messages import list_messages
from tests.harness.places import ROOT

PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- hostile messages -->\n\n", "\n<!-- end -->"
SLOWEST = 10
HEAD = """\
| message | MB | s of processor time | MB of memory | exit code | outcome |
|---|---:|---:|---:|---:|---|
"""


class Measured(NamedTuple):
    """What a message took: seconds of processor time, megabytes, exit code and outcome."""

    seconds: float
    megabytes: float
    code: int
    outcome: str


# In a small process of its own, since the memory of a process that starts another one counts for that one, too.
RUN = """
import json, os, subprocess, sys
process = subprocess.Popen([sys.executable, "-m", "crmcli", "ingest", "-o", "json"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
out = process.stdout.read()
_, status, used = os.wait4(process.pid, 0)
found = {each["outcome"] for each in json.loads(out)} if out.strip() else {"none"}
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status),
                  ", ".join(sorted(found))]))
"""


def measure(crm: Crm, content: bytes) -> Measured:
    """Run `crm ingest` with a message in a process of its own."""
    with tempfile.TemporaryFile() as given:
        given.write(content)
        given.seek(0)
        words = [sys.executable, "-c", RUN]
        ended = subprocess.run(words, stdin=given, stdout=subprocess.PIPE, env=crm.environment, check=True)
    return Measured(*json.loads(ended.stdout))


def measure_all(wanted: Container[str] | None = None) -> list[tuple[str, int, Measured]]:
    """Measure every hostile message, or those with these names, in a workspace without records; the slowest first."""
    with tempfile.TemporaryDirectory() as folder:
        Crm(Path(folder))("init", f"{folder}/new")
        crm = Crm(Path(folder) / "new")
        crm("list")
        contents = ((name, make()) for name, make in list_messages() if wanted is None or name in wanted)
        rows = [(name, len(content), measure(crm, content)) for name, content in contents]
    return sorted(rows, key=lambda row: -row[2].seconds)


def measure_worst() -> Measured:
    """Measure the slowest messages of the table again; return the most seconds and megabytes of any."""
    rows = PAGE.read_text("utf-8").partition(BEGIN)[2].removeprefix(HEAD).splitlines()[:SLOWEST]
    found = [measured for _, _, measured in measure_all({row.split("|")[1].strip() for row in rows})]
    return Measured(max(each.seconds for each in found), max(each.megabytes for each in found), 0, "")


def main() -> None:
    """Write the table into the page."""
    lines = [
        f"| {name} | {size / 1e6:.1f} | {found.seconds:.2f} | {found.megabytes:.0f} | {found.code} | {found.outcome} |"
        for name, size, found in measure_all()
    ]
    begin, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{PAGE} has no place for the table"
    PAGE.write_text("".join([begin, BEGIN, HEAD, *(f"{line}\n" for line in lines), end, after]), "utf-8")


if __name__ == "__main__":
    main()
