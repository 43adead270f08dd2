"""The time, the memory and the outcome of each hostile message, as the table of docs/security.md.

`python -m tests.bench.hostile` runs each through a `crm ingest` of its own, and writes the table.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.harness.crm import Crm
from tests.harness.hostile_messages import list_messages
from tests.harness.places import ROOT

PAGE = ROOT / "docs" / "security.md"
TABLE = re.compile(r"(<!-- hostile messages -->\n).*?(\n<!-- end -->)", re.DOTALL)


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


def main() -> None:
    """Write the table into the page."""
    with tempfile.TemporaryDirectory() as folder:
        Crm(Path(folder))("init", f"{folder}/new")
        crm = Crm(Path(folder) / "new")
        crm("list")
        rows = []
        for name, make in list_messages():
            content = make()
            found = measure(crm, content)
            size = f"{len(content) / 1e6:.1f}"
            rows.append(
                (
                    found.seconds,
                    f"| {name} | {size} | {found.seconds:.2f} | {found.megabytes:.0f} | {found.code} | {found.outcome} |",
                )
            )
    rows.sort(key=lambda row: -row[0])
    head = "| message | MB | s of processor time | MB of memory | exit code | outcome |\n|---|---:|---:|---:|---:|---|\n"
    table = head + "\n".join(line.replace("\\", "\\\\") for _, line in rows)
    text = PAGE.read_text("utf-8")
    PAGE.write_text(TABLE.sub(lambda found: found[1] + table + found[2], text), "utf-8")


if __name__ == "__main__":
    main()
