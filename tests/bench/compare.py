"""How long the commands take beside those of another commit: `make bench-compare OLD=v1.2`.

Both run in turn, each in a workspace of its own with the same records, which the older commit generates. What is
said is the median of the ratios of neighbouring runs, so that the machine's noise falls on both alike.
"""

import compileall
import os
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from tests.bench.measure import RUNS, SIZES, Job, jobs, timed
from tests.harness.places import ROOT

START = "import sys; sys.path.insert(0, {tree!r}); from crmcli.__main__ import main; main()"
GENERATE = "import sys; sys.path.insert(0, {tree!r}); from pathlib import Path; from tests.bench.generator import workspace; workspace(Path({root!r}), {size})"


class Side(NamedTuple):
    """One of the two commits: its command, and what it does in its workspace."""

    crm: list[str]
    environment: dict[str, str]
    work: dict[str, Job]


def unpack_commit(commit: str, tree: Path) -> None:
    """Write the files of a commit, and compile its program."""
    words = ["git", "-C", str(ROOT), "archive", commit]
    packed = subprocess.run(words, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(tree, filter="data")
    compileall.compile_dir(tree / "crmcli", quiet=1)


def make_side(tree: Path, root: Path, size: int, generator: Path) -> Side:
    """The program of a tree, with a workspace in which it has built its index."""
    generate = GENERATE.format(tree=str(generator), root=str(root), size=size)
    subprocess.run([sys.executable, "-c", generate], check=True, cwd=generator)
    crm = [sys.executable, "-c", START.format(tree=str(tree))]
    environment = {**os.environ, "CRM_WORKSPACE": str(root), "CRM_USER": "marie"}
    timed([*crm, "list", "limit:0"], environment)
    return Side(crm, environment, jobs(root, crm))


class Taken(NamedTuple):
    """What a command took: seconds by the clock, and of the processor."""

    clock: float
    processor: float


def measure(side: Side, name: str) -> Taken:
    """Run a command of a side, in a workspace whose index is up to date."""
    timed([*side.crm, "list", "limit:0"], side.environment)
    args, stdin = side.work[name]()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = timed([*side.crm, *args], side.environment, stdin)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(old: Side, new: Side) -> Iterator[tuple[str, list[tuple[Taken, Taken]]]]:
    """Yield the name of each command, and what it took in pairs of runs: of the old commit, and now."""
    rounds = []
    for _ in range(RUNS):
        taken = {}
        for name in new.work:
            first, second = random.sample([old, new], 2)
            pair = {id(first): measure(first, name), id(second): measure(second, name)}
            taken[name] = (pair[id(old)], pair[id(new)])
        rounds.append(taken)
    for name in new.work:
        yield name, [each[name] for each in rounds]


def format_row(name: str, pairs: list[tuple[Taken, Taken]]) -> str:
    """A row of the table: medians by the clock, and medians of the ratios."""
    before, after = (statistics.median(pair[side].clock for pair in pairs) * 1000 for side in (0, 1))
    clock = statistics.median(now.clock / then.clock for then, now in pairs)
    processor = statistics.median(now.processor / then.processor for then, now in pairs)
    return f"| {name} | {before:.0f} | {after:.0f} | {clock:.2f} | {processor:.2f} |"


def main() -> None:
    """Print a table for each number of deals."""
    [commit] = sys.argv[1:] or sys.exit("name the commit to compare with: make bench-compare OLD=…")
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("old", "new")]
        for place, each in zip(places, (commit, "HEAD"), strict=True):
            unpack_commit(each, place)
        for size in SIZES:
            roots = [Path(folder) / f"{place.name}-{size}" for place in places]
            sides = [
                make_side(place, root, size, places[0]) for place, root in zip(places, roots, strict=True)
            ]
            print(
                f"\n| {size:,} deals | {commit}: ms | now: ms | ratio | of processor time |\n|---|---|---|---|---|"
            )
            for name, pairs in compare(*sides):
                print(format_row(name, pairs), flush=True)


if __name__ == "__main__":
    main()
