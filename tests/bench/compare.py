"""How long the commands take beside those of another commit: `make bench-compare OLD=v1.2`.

Both run in turn, each in a workspace of its own with the same records, which the older commit generates. What is
said is the median of the ratios of neighbouring runs, so that the machine's noise falls on both alike.
"""

import compileall
import os
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
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


def compare(old: Side, new: Side) -> dict[str, tuple[float, float, float]]:
    """Medians of both in seconds, and of their ratios in neighbouring runs, by the name of the command."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in new.work}
    for _ in range(RUNS):
        for name, pairs in taken.items():
            times = {}
            for side in random.sample([old, new], 2):
                timed([*side.crm, "list", "limit:0"], side.environment)
                args, stdin = side.work[name]()
                times[side is new] = timed([*side.crm, *args], side.environment, stdin)
            pairs.append((times[False], times[True]))
    return {
        name: (
            statistics.median(before for before, _ in pairs),
            statistics.median(after for _, after in pairs),
            statistics.median(after / before for before, after in pairs),
        )
        for name, pairs in taken.items()
    }


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
            print(f"\n| {size:,} deals | {commit}: ms | now: ms | ratio |\n|---|---|---|---|")
            for name, (before, after, ratio) in compare(*sides).items():
                print(f"| {name} | {before * 1000:.0f} | {after * 1000:.0f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
