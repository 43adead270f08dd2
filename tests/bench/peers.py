"""Other tools doing the nearest equivalent on as many records, where they are installed."""

import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RUNS = 5
STAGES = ("new", "contacted", "visit", "quoted", "negotiation", "won")


class Peer(NamedTuple):
    """One tool's way of doing one thing."""

    tool: str
    what: str
    command: list[str]
    environment: dict[str, str]
    stdin: str = ""


def table(sizes: list[int]) -> list[str]:
    """The section on other tools: milliseconds, medians."""
    figures: dict[str, dict[int, str]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as directory:
            for peer in peers(Path(directory), size):
                figures.setdefault(f"{peer.tool}: {peer.what}", {})[size] = f"{median(peer) * 1000:.0f}"
    lines = [
        "## Other tools",
        "",
        "The nearest equivalent on the same number of records, in ms, the same machine.",
        "",
    ]
    lines += ["| | " + " | ".join(f"{size:,}" for size in sizes) + " |", "|---|" + "---|" * len(sizes)]
    return [
        *lines,
        *(
            f"| {name} | " + " | ".join(row.get(size, "–") for size in sizes) + " |"
            for name, row in figures.items()
        ),
    ]


def median(peer: Peer) -> float:
    """Seconds that a tool takes."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(
            peer.command,
            input=peer.stdin,
            env={**os.environ, **peer.environment},
            capture_output=True,
            text=True,
        )
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peers(folder: Path, size: int) -> Iterator[Peer]:
    """Every tool that is installed, with as many records."""
    chance = random.Random(7)
    deals = [
        (f"Poêle {number}", chance.choice(STAGES), chance.randrange(2500, 20000)) for number in range(size)
    ]
    if shutil.which("task"):
        yield from taskwarrior(folder, deals)
    if shutil.which("hledger"):
        yield from hledger(folder, deals)
    if shutil.which("recsel"):
        yield from recutils(folder, deals)
    if shutil.which("papis") and size <= 10_000:
        yield from papis(folder, deals)


def taskwarrior(folder: Path, deals: list[tuple[str, str, int]]) -> Iterator[Peer]:
    """A task a deal, its stage a tag."""
    rc = folder / "taskrc"
    rc.write_text(f"data.location={folder / 'task'}\nconfirmation=off\ngc=off\n")
    environment = {"TASKRC": str(rc)}
    tasks = [
        {
            "description": title,
            "tags": [stage],
            "status": "pending",
            "entry": "20261101T080000Z",
            "due": "20261201T080000Z",
        }
        for title, stage, _ in deals
    ]
    subprocess.run(
        ["task", "import", "-"],
        input=json.dumps(tasks),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    yield Peer("taskwarrior", "filtered list", ["task", "+quoted", "list"], environment)
    yield Peer("taskwarrior", "filtered export", ["task", "+quoted", "export"], environment)
    yield Peer("taskwarrior", "add", ["task", "add", "Poêle"], environment)
    yield Peer("taskwarrior", "modify one", ["task", "1", "modify", "+visit"], environment)


def hledger(folder: Path, deals: list[tuple[str, str, int]]) -> Iterator[Peer]:
    """A transaction a deal, its stage an account."""
    journal = folder / "deals.journal"
    journal.write_text(
        "".join(f"2026-11-01 {title}  ; stage:{stage}\n    pipeline:{stage}  {amount} EUR\n    expected\n\n" for title, stage, amount in deals)
    )  # fmt: skip
    yield Peer("hledger", "balance by account", ["hledger", "-f", str(journal), "balance"], {})
    yield Peer(
        "hledger", "register by tag", ["hledger", "-f", str(journal), "register", "tag:stage=quoted"], {}
    )


def recutils(folder: Path, deals: list[tuple[str, str, int]]) -> Iterator[Peer]:
    """A record a deal."""
    path = folder / "deals.rec"
    path.write_text(
        "".join(f"Title: {title}\nStage: {stage}\nRevenue: {amount}\n\n" for title, stage, amount in deals)
    )
    yield Peer("recsel", "filter", ["recsel", "-e", "Stage = 'quoted'", str(path)], {})


def papis(folder: Path, deals: list[tuple[str, str, int]]) -> Iterator[Peer]:
    """A document a deal, its stage a tag."""
    library = folder / "library"
    for number, (title, stage, _) in enumerate(deals):
        (library / str(number)).mkdir(parents=True)
        (library / str(number) / "info.yaml").write_text(
            f"title: {title}\ntags: [{stage}]\npapis_id: {number:032x}\n"
        )
    environment = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    command = ["papis", "-l", str(library), "list", "tags:quoted"]
    subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True
    )  # its cache is warm as our index is
    yield Peer("papis", "filtered list", command, environment)
