"""How long the commands take, as ratios to what nothing can beat; writes docs/performance.md.

P is starting Python and importing typer; S is listing all record files and asking for their stats.
Every figure is the median of interleaved runs on this machine, so that its noise falls on all alike.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.bench.generator import workspace

ROOT = Path(__file__).parents[2]
RUNS = int(os.environ.get("BENCH_RUNS", "15"))
SIZES = (1_000, 10_000)
MAIL = (
    "From: Client {n} <client.{n}@example.org>\nTo: devis@atre-granules.example\nSubject: Devis {n}\n"
    "Message-ID: <bench.{n}@example.org>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour,\nUn devis svp.\n"
)
NEXT = ("contacted", "visit", "quoted", "negotiation", "new")
Job = Callable[[], list[str] | tuple[list[str], bytes]]


def timed(command: list[str], environment: dict[str, str], stdin: bytes = b"") -> float:
    """Seconds that a command takes; it has to succeed."""
    start = time.perf_counter()
    done = subprocess.run(command, input=stdin, env=environment, capture_output=True)
    elapsed = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode()}")
    return elapsed


def stats(root: Path) -> float:
    """S: seconds to list all record files and stat them."""
    start = time.perf_counter()
    todo = [str(root / "pipeline_data" / name) for name in ("opportunities", "contacts")]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    todo.append(entry.path)
                else:
                    entry.stat()
    return time.perf_counter() - start


def jobs(root: Path) -> dict[str, Job]:
    """The commands to measure in a workspace; each call is a new one."""
    ids = sorted(
        path.stem.rpartition("--")[2] for path in (root / "pipeline_data/opportunities/2026").iterdir()
    )
    number, turn = count(), count()

    def mail() -> tuple[list[str], bytes]:
        return ["ingest"], MAIL.format(n=next(number)).encode()

    return {
        "`--version`": lambda: ["--version"],
        "`--help`": lambda: ["--help"],
        "`list stage:quoted -o ids`": lambda: ["list", "stage:quoted", "-o", "ids"],
        "`list stage:quoted`": lambda: ["list", "stage:quoted", "limit:50"],
        "`due -o jsonl`": lambda: ["due", "-o", "jsonl"],
        "`report pipeline -o csv`": lambda: ["report", "pipeline", "-o", "csv"],
        "`show`": lambda: ["show", ids[0]],
        "`create`": lambda: ["create", "Poêle", "--revenue", "8 000 €"],
        "`move`": lambda: ["move", ids[1], "--to", NEXT[next(turn) % len(NEXT)], "--force"],
        "`ingest` of one message": mail,
    }


def measured(size: int) -> tuple[float, float, dict[str, float]]:
    """P, S and the seconds of every job at a size."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "w"
        workspace(root, size)
        environment = {**os.environ, "CRM_WORKSPACE": str(root), "CRM_USER": "marie", "PYTHONPATH": str(ROOT)}
        work = jobs(root)
        taken: dict[str, list[float]] = {name: [] for name in ["P", *work]}
        scans = []
        for _ in range(RUNS):
            taken["P"].append(timed([sys.executable, "-c", "import typer"], environment))
            scans.append(stats(root))
            for name, job in work.items():
                made = job()
                args, stdin = made if isinstance(made, tuple) else (made, b"")
                taken[name].append(timed([sys.executable, "-m", "crmcli", *args], environment, stdin))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return medians.pop("P"), statistics.median(scans), medians


BUDGETS = {
    "`--version`": (1.3, 0), "`--help`": (1.3, 0),
    "`list stage:quoted -o ids`": (1.6, 1.5), "`due -o jsonl`": (1.6, 1.5), "`report pipeline -o csv`": (1.6, 1.5),
    "`list stage:quoted`": (2.0, 1.5), "`show`": (2.5, 1.5), "`create`": (2.5, 1.5), "`move`": (2.5, 1.5),
    "`ingest` of one message": (3.0, 1.5),
}  # fmt: skip


def page(results: dict[int, tuple[float, float, dict[str, float]]]) -> str:
    """The document."""
    lines = [
        "# Speed",
        "",
        "Written by `make bench`: ratios on one machine, in one run, against what nothing can beat. P is starting Python and",
        "importing typer; S is listing all record files and reading their stats. Medians of "
        f"{RUNS} interleaved runs, Python {platform.python_version()}.",
        "",
        "| command | " + " | ".join(f"{size:,} deals: ms | × P | budget" for size in results) + " |",
        "|---|" + "---|---|---|" * len(results),
    ]
    for name, (times, scan) in BUDGETS.items():
        row = [name]
        for size, (start, scanning, medians) in results.items():
            budget = times + (scan * scanning / start if size > 1_000 else 0)
            ratio = medians[name] / start
            late = "" if ratio <= budget else " **over**"
            row += [f"{medians[name] * 1000:.0f}", f"{ratio:.2f}", f"{budget:.2f}{late}"]
        lines.append("| " + " | ".join(row) + " |")
    base = [
        f"{size:,} deals: P = {p * 1000:.0f} ms, S = {s * 1000:.0f} ms" for size, (p, s, _) in results.items()
    ]
    return "\n".join([*lines, "", " · ".join(base), "", NOTES])


NOTES = (ROOT / "tests" / "bench" / "notes.md").read_text("utf-8")

if __name__ == "__main__":
    text = page({size: measured(size) for size in SIZES})
    (ROOT / "docs" / "performance.md").write_text(text, "utf-8")
    sys.stdout.write(text)
