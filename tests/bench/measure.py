"""How long the commands take, as ratios to what nothing can beat; writes docs/performance.md.

P is starting Python and importing typer; S is listing all record files and asking for their stats.
Every figure is the median of interleaved runs on this machine, so that its noise falls on all alike.
What is measured is what is installed: the script `crm`, its modules compiled as pip compiles them, its
index warm when a round begins; the commands of a round that write leave it to be brought up to date.
`BENCH_SIZES=1000,10000` measures fewer deals, `BENCH_RUNS=5` less often, `BENCH_MAILDIRS=1000` smaller
mailboxes; `BENCH_PEERS=1` measures other tools beside, where they are installed.
"""

import compileall
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.bench import data_exchange, mailboxes, peers
from tests.bench.generator import workspace
from tests.harness.places import ROOT

RUNS = int(os.environ.get("BENCH_RUNS", "15"))
SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(",")]
MAILDIRS = [int(many) for many in os.environ.get("BENCH_MAILDIRS", "1000,10000").split(",")]  # messages
LARGE = 100_000  # deals, of which fewer runs say enough
MAIL = (
    "From: Client {n} <client.{n}@example.org>\nTo: devis@atre-granules.example\nSubject: Devis {n}\n"
    "Message-ID: <bench.{n}@example.org>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour,\nUn devis svp.\n"
)
NEXT = ("contacted", "visit", "quoted", "negotiation", "new")
CRM = str(Path(sys.executable).with_name("crm"))
Job = Callable[[], tuple[list[str], bytes]]


class Figures(NamedTuple):
    """What was measured at one size, in seconds."""

    start: float  # P
    scan: float  # S
    medians: dict[str, float]
    index: float
    parsing: float  # reading every file and parsing it with ryaml
    memory: int  # MiB at the most, of any process that built the index
    bulk: float
    syncing: float  # writing and syncing as many files
    maildirs: dict[int, mailboxes.Filed]  # by the number of messages
    exchanged: data_exchange.Exchanged


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


def jobs(root: Path, crm: Sequence[str] = (CRM,)) -> dict[str, Job]:
    """The commands to measure in a workspace; each call is a new one."""
    folder = root / "pipeline_data/opportunities/2026"
    ids = sorted(path.stem.rpartition("--")[2] for path in folder.iterdir())[:400]
    [touched] = folder.glob(f"*--{ids[2]}.yaml")
    number, turn = count(), count()
    planned = iter(
        subprocess.run(
            [*crm, "-C", str(root), "activity", "list", "limit:60", "-o", "ids"],
            env={**os.environ, "CRM_USER": "marie"},
            capture_output=True,
            text=True,
        ).stdout.split()
    )

    def always(*args: str) -> Job:
        return lambda: (list(args), b"")

    def changed() -> tuple[list[str], bytes]:
        with open(touched, "a", encoding="utf-8") as file:
            file.write("# seen\n")
        return ["list", "stage:quoted", "-o", "ids"], b""

    return {
        "`--version`": always("--version"),
        "`--help`": always("--help"),
        "`list stage:quoted -o ids`": always("list", "stage:quoted", "-o", "ids"),
        "`list stage:quoted -o jsonl`": always("list", "stage:quoted", "-o", "jsonl"),
        "`due -o ids`": always("due", "-o", "ids"),
        "`due -o jsonl`": always("due", "-o", "jsonl"),
        "`report pipeline -o csv`": always("report", "pipeline", "-o", "csv"),
        "`report funnel -o csv`": always("report", "funnel", "-o", "csv"),
        "`report velocity -o csv`": always("report", "velocity", "-o", "csv"),
        "one file changed, then `list -o ids`": changed,
        "`list stage:quoted limit:50` as a table": always("list", "stage:quoted", "limit:50"),
        "a `<TAB>`": always("__complete", "fish", "crm", "show", ids[0][:4]),
        "`show`": always("show", ids[0]),
        "`create`": always("create", "Poêle", "--revenue", "8 000 €"),
        "`move`": lambda: (["move", ids[1], "--to", NEXT[next(turn) % len(NEXT)], "--force"], b""),
        "`done`": lambda: (["done", next(planned)], b""),
        "`ingest` of one message": lambda: (["ingest"], MAIL.format(n=next(number)).encode()),
    }


def measured(size: int) -> Figures:
    """All figures at a size."""
    runs = RUNS if size < LARGE else max(3, RUNS // 3)
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "w"
        workspace(root, size)
        environment = {**os.environ, "CRM_WORKSPACE": str(root), "CRM_USER": "marie"}
        parsing = reading(root)
        index, memory = build_index(environment)
        work = jobs(root)
        taken: dict[str, list[float]] = {name: [] for name in ["P", *work]}
        scans = []
        for _ in range(runs):
            taken["P"].append(timed([sys.executable, "-c", "import typer"], environment))
            scans.append(stats(root))
            timed([CRM, "list", "limit:0"], environment)
            for name, job in work.items():
                args, stdin = job()
                taken[name].append(timed([CRM, *args], environment, stdin))
        tags = [CRM, "tag", "is:any", "limit:1000", "--add", "bench", "--yes", "-q"]
        bulk = timed(tags, environment)
        medians = {name: statistics.median(times) for name, times in taken.items()}
        synced = syncing(root)
        filed = {many: file_maildir(root, many, environment) for many in MAILDIRS if size < LARGE}
        exchanged = data_exchange.measure(root, environment, timed, CRM)
        return Figures(
            medians.pop("P"),
            statistics.median(scans),
            medians,
            index,
            parsing,
            memory,
            bulk,
            synced,
            filed,
            exchanged,
        )


def file_maildir(root: Path, many: int, environment: dict[str, str]) -> mailboxes.Filed:
    """Seconds to file a Maildir into a workspace."""
    place = root.parent / f"maildir-{many}"
    mailboxes.lay_down(place, many)
    timed([CRM, "list", "limit:0"], environment)
    return mailboxes.measure(CRM, place, environment)


def build_index(environment: dict[str, str]) -> tuple[float, int]:
    """Seconds that the first command takes, and MiB of the process or one that it starts, at the most."""
    start = time.perf_counter()
    process = subprocess.Popen([CRM, "list", "limit:0"], env=environment, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    return time.perf_counter() - start, used.ru_maxrss // 1024


def reading(root: Path) -> float:
    """Seconds to read every record file and parse it with ryaml."""
    import ryaml

    paths = [
        path
        for name in ("opportunities", "contacts")
        for path in (root / "pipeline_data" / name).rglob("*.yaml")
    ]
    start = time.perf_counter()
    for path in paths:
        ryaml.loads(path.read_text("utf-8"))  # type: ignore[attr-defined]
    return time.perf_counter() - start


def syncing(root: Path) -> float:
    """Seconds to write and sync a thousand of the files, a neighbour each, and rename them."""
    paths = sorted((root / "pipeline_data/opportunities/2026").glob("*.yaml"))[:1000]
    contents = [path.read_bytes() for path in paths]
    start = time.perf_counter()
    for path, content in zip(paths, contents, strict=True):
        draft = path.with_suffix(".new")
        with open(draft, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    return time.perf_counter() - start


BUDGETS = {
    "`--version`": (1.3, 0), "`--help`": (1.3, 0),
    "`list stage:quoted -o ids`": (1.6, 1.5), "`list stage:quoted -o jsonl`": (1.6, 1.5), "`due -o ids`": (1.6, 1.5),
    "`due -o jsonl`": (1.6, 1.5),
    "`report pipeline -o csv`": (1.6, 1.5), "`report funnel -o csv`": (2.5, 10), "`report velocity -o csv`": (2.5, 10),
    "one file changed, then `list -o ids`": (1.6, 1.5),
    "`list stage:quoted limit:50` as a table": (2.0, 1.5),
    "`show`": (2.5, 1.5), "`create`": (2.5, 1.5), "`move`": (2.5, 1.5), "`done`": (2.5, 1.5),
    "`ingest` of one message": (3.0, 1.5), "a `<TAB>`": (1.3, 1.5),
}  # fmt: skip


def page(results: dict[int, Figures]) -> str:
    """The document."""
    lines = [
        "# Speed",
        "",
        "Written by `make bench`: ratios on one machine, in one run, to the lowest possible times. P is starting Python and",
        "importing typer; S is listing all record files and reading their stats. Medians of "
        f"{RUNS} interleaved runs ({max(3, RUNS // 3)} at 100,000), Python {platform.python_version()}, commit {name_commit()}.",
        "",
        "| command | " + " | ".join(f"{size:,} deals: ms | × P | budget" for size in results) + " |",
        "|---|" + "---|---|---|" * len(results),
    ]
    for name, (times, scans) in BUDGETS.items():
        row = [name]
        for size, figures in results.items():
            budget = times + (scans * figures.scan / figures.start if size > 1_000 else 0)
            ratio = figures.medians[name] / figures.start
            late = "" if ratio <= budget else " **over**"
            row += [f"{figures.medians[name] * 1000:.0f}", f"{ratio:.2f}", f"{budget:.2f}{late}"]
        lines.append("| " + " | ".join(row) + " |")
    lines += [
        "",
        "| | " + " | ".join(f"{size:,} deals" for size in results) + " |",
        "|---|" + "---|" * len(results),
    ]
    lines += [
        line("P, S", results, lambda f: f"{f.start * 1000:.0f} ms, {f.scan * 1000:.0f} ms"),
        line("index from nothing (budget: 4 × reading and parsing all files)", results, lambda f: f"{f.index:.1f} s, {f.index / f.parsing:.1f} ×"),
        line("memory meanwhile (budget: 300 MiB)", results, lambda f: f"{f.memory} MiB"),
        line("1,000 records changed by query (budget: 4 × writing and syncing them)", results, lambda f: f"{f.bulk:.1f} s, {f.bulk / f.syncing:.1f} ×"),
    ]  # fmt: skip
    lines += [
        line(f"a Maildir of {many:,} messages", results, lambda f, many=many: tell_maildir(f, many))
        for many in MAILDIRS
    ]
    lines += [
        line(name, results, lambda f, name=name: data_exchange.tell(f.exchanged, name))
        for name in data_exchange.NAMES
    ]
    lines += ["", tell_worst()]
    if os.environ.get("BENCH_PEERS"):
        lines += ["", *peers.table(list(results))]
    elif "## Other tools" in PAGE:
        lines += ["", PAGE[PAGE.index("## Other tools") : PAGE.index("## What the figures say")].rstrip()]
    return "\n".join([*lines, "", NOTES])


def name_commit() -> str:
    """The commit that is measured, and its day."""
    words = ["git", "-C", str(ROOT), "log", "-1", "--format=%h of %cs"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def tell_maildir(figures: Figures, many: int) -> str:
    """The cell on a Maildir: how many messages a second, and how long it takes to file it again."""
    if many not in figures.maildirs:
        return "–"
    first, again = figures.maildirs[many]
    single = figures.medians["`ingest` of one message"]
    return f"{first:.1f} s, {many / first:.0f} a second ({single * many / first:.0f} × one each); again {again:.1f} s"


def tell_worst() -> str:
    """The line on the slowest hostile messages."""
    from tests.bench import hostile  # large: the memory of this process counts for those that it starts

    worst = hostile.measure_worst()
    return (
        f"The slowest of the [hostile messages](security.md#hostile-messages) takes {worst.seconds:.1f} s of processor "
        f"time (budget: 5 s) and {worst.megabytes:.0f} MB (budget: 300 MB), for 64 MB."
    )


def line(name: str, results: dict[int, Figures], cell: Callable[[Figures], str]) -> str:
    """A row of the second table."""
    return f"| {name} | " + " | ".join(cell(figures) for figures in results.values()) + " |"


DOCUMENT = ROOT / "docs" / "performance.md"
PAGE = DOCUMENT.read_text("utf-8") if DOCUMENT.exists() else ""
NOTES = (ROOT / "tests" / "bench" / "notes.md").read_text("utf-8")

if __name__ == "__main__":
    compileall.compile_dir(ROOT / "crmcli", quiet=1)
    text = page({size: measured(size) for size in SIZES})
    DOCUMENT.write_text(text, "utf-8")
    sys.stdout.write(text)
