"""People at work in one workspace at the same time: writers who are killed, readers, and editors that save files.

Each of them is a process. A writer prints what it was told of each command; an editor, what it saved and what it
overwrote. A word that stands nowhere else marks each change, so that it can be looked for at the end.
"""

import contextlib
import ctypes
import json
import os
import random
import re
import shlex
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.store.catalog import id_in_name
from crmcli.store.codec.parser import parse_yaml
from tests.harness.incidents import Hear, die, killed_before
from tests.harness.processes import Ended
from tests.harness.workspaces import SMALL, Workspace

WORD = re.compile(r"\b[we]\d+n\d+z\b")
SLOW = re.compile(r"crm: read \d+ files anew in [0-9.]+ s")
STAGES = ("new", "contacted", "visit")
STOP = "stop"  # while there is no such file the readers go on
HERE, EXCHANGE = -100, 2  # of renameat2
LATEST_CALL, LATEST_MOMENT = 45, 0.4  # at which call, or second, a process is killed
LOOKED_AT = 10  # files in each round of a reader
PAUSE = 0.5  # seconds at most between two saves
KILLED = 0.25  # of the commands, in either way, unless they have ended before
MAIL = "From: {0} <{0}@example.org>\nSubject: {0}\nMessage-ID: <{0}@mail>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour\n"


class Act(NamedTuple):
    """A command, the word that marks its change, and the records where the word will stand."""

    words: tuple[str, ...]
    word: str
    ids: tuple[str, ...] = ()
    is_mail: bool = False
    stays: bool = False  # in the history, though the change was undone

    @property
    def line(self) -> str:
        """The command as undo names it."""
        return shlex.join(("crm", *self.words))


class Told(NamedTuple):
    """An act, and how its command ended."""

    act: Act
    code: int
    out: str
    err: str


class Edit(NamedTuple):
    """What an editor saved in a record, and the words that it overwrote or brought back because it had not seen them go."""

    id: str
    word: str
    blind: tuple[str, ...]


def open_office(workspace: Workspace, writers: int) -> list[str]:
    """Records that everybody works on; each writer is a user of their own."""
    people = "".join(f"  - id: u{number}\n" for number in range(writers))
    config = SMALL.replace("  - id: paul\n", f"  - id: paul\n{people}")
    (workspace.data / "crm.yaml").write_text(config, "utf-8")
    return [workspace.create(f"Deal {n}", "--contact", f"C{n} <c{n}@example.org>") for n in range(8)]


class Writer:
    """Somebody who gives one command after the other, until it is time to stop; now and then one is killed."""

    def __init__(self, workspace: Workspace, number: int, deals: list[str], seed: int) -> None:
        self.workspace = workspace
        self.number = number
        self.deals = deals
        self.dice = random.Random(f"{seed} writer {number}")
        self.count = 0
        self.made: list[str] = []  # own records
        self.people: list[str] = []  # own contacts
        self.todo: list[tuple[str, str]] = []  # own activities, with their records

    def work(self, seconds: float) -> int:
        """Work so long, and print what came of each command."""
        signal.alarm(int(seconds) + 120)
        self.workspace.environment |= {"CRM_USER": f"u{self.number}", "CRM_LOCK_TIMEOUT": "60"}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            act = self.choose()
            ended = self.perform(act)
            if ended.code == 0:
                self.remember(act, ended)
            print(json.dumps((act, ended.code, ended.out, ended.err)), flush=True)
        return 0

    def choose(self) -> Act:
        """The next command."""
        self.count += 1
        word = f"w{self.number}n{self.count}z"
        choices: list[Callable[[str], Act | None]] = [
            self.create, self.note, self.note, self.move, self.move, self.tag, self.tag_all, self.set, self.plan,
            self.complete, self.delete, self.undo, self.undo, self.redo, self.ingest, self.meet, self.talk, self.join,
        ]  # fmt: skip
        while True:
            act = self.dice.choice(choices)(word)
            if act is not None:
                return act

    def some(self, count: int = 1) -> tuple[str, ...]:
        return tuple(self.dice.sample(self.deals, count))

    def create(self, word: str) -> Act:
        return Act(("create", word, "-o", "ids"), word)

    def note(self, word: str) -> Act:
        deals = self.some(2)
        return Act(("note", *deals, "-m", word), word, deals)

    def move(self, word: str) -> Act:
        deals = self.some(self.dice.choice((1, 1, 3)))
        return Act(("move", *deals, "--to", self.dice.choice(STAGES), "--keep-going"), "", deals)

    def tag(self, word: str) -> Act:
        deals = self.some(3)
        return Act(("tag", *deals, "--add", word), word, deals)

    def tag_all(self, word: str) -> Act:
        return Act(
            ("tag", f"stage:{self.dice.choice(STAGES)}", "has:contact", "--add", word, "--yes", "-o", "ids"),
            word,
        )

    def set(self, word: str) -> Act:
        deals, revenue = self.some(), f"{self.number + 10}{self.count:05d}"
        return Act(("set", *deals, f"expected_revenue={revenue}"), f"'{revenue}.00'", deals, stays=True)

    def plan(self, word: str) -> Act:
        deals = self.some()
        return Act(("activity", "add", *deals, "--type", "call", "--summary", word, "-o", "ids"), word, deals)

    def complete(self, word: str) -> Act | None:
        if not self.todo:
            return None
        activity, deal = self.todo.pop()
        return Act(("done", activity, "--note", word), word, (deal,))

    def delete(self, word: str) -> Act | None:
        return Act(("delete", self.made.pop(), "--yes"), "") if self.made else None

    def undo(self, word: str) -> Act:
        return Act(("undo",), "")

    def redo(self, word: str) -> Act:
        return Act(("redo",), "")

    def ingest(self, word: str) -> Act:
        return Act(("ingest",), word, is_mail=True)

    def meet(self, word: str) -> Act:
        return Act(("contact", "create", word, "--email", f"{word}@example.org", "-o", "ids"), word)

    def talk(self, word: str) -> Act:
        return Act(("contact", "note", f"c{self.dice.randrange(8)}@example.org", "-m", word), word)

    def join(self, word: str) -> Act | None:
        if len(self.people) < 2:
            return None
        return Act(("contact", "merge", self.people.pop(), self.people.pop(), "--yes"), "")

    def remember(self, act: Act, ended: Ended) -> None:
        """Keep what was made, for later commands."""
        kept = {("create",): self.made, ("contact", "create"): self.people}
        for start, ids in kept.items():
            if act.words[: len(start)] == start:
                ids += ended.ids
        if act.words[:2] == ("activity", "add"):
            self.todo += [(id, act.ids[0]) for id in ended.ids]

    def perform(self, act: Act) -> Ended:
        """Run the command; a mail is given again until it is taken, as a mail program does."""
        stdin = MAIL.format(act.word).encode() if act.is_mail else b""
        ended = self.workspace.run(*act.words, stdin=stdin, **self.fate())
        while act.is_mail and ended.code:
            ended = self.workspace.run(*act.words, stdin=stdin, **self.fate())
        return ended

    def fate(self) -> dict[str, Any]:
        """Whether the next command is killed: before a call, or at a moment."""
        return fate(self.dice)


def fate(dice: random.Random) -> dict[str, Any]:
    """Whether a command is killed: at a call, or at a moment, wherever it is then."""
    chance = dice.random()
    if chance < KILLED:
        hear: Hear = killed_before(dice.randrange(1, LATEST_CALL))
        return {"hear": hear}
    return {"first": killed_after(dice.uniform(0, LATEST_MOMENT))} if chance < 2 * KILLED else {}


def killed_after(seconds: float) -> Callable[[], None]:
    """Death of a new process at a moment."""

    def begin() -> None:
        timer = threading.Timer(seconds, die)
        timer.daemon = True
        timer.start()

    return begin


class Editor:
    """Somebody who saves records by hand, in one of the two ways in which editors do."""

    def __init__(self, workspace: Workspace, number: int, deals: list[str], seed: int) -> None:
        self.workspace = workspace
        self.number = number
        self.deals = deals
        self.dice = random.Random(f"{seed} editor {number}")

    def work(self, seconds: float, save: Callable[[Path, str, random.Random], set[str] | None]) -> int:
        """Save one record after the other, with a comment more; print what was saved."""
        signal.alarm(int(seconds) + 120)
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            id = self.dice.choice(self.deals)
            word = f"e{self.number}n{count}z"
            count += 1
            blind = save(self.workspace.file(id), word, self.dice)
            if blind is not None:
                print(json.dumps((id, word, sorted(blind))), flush=True)
            time.sleep(self.dice.uniform(0, PAUSE))
        return 0


def save_beside(path: Path, word: str, dice: random.Random) -> set[str] | None:
    """Write a new file beside the old one and rename it over that one, unless it has changed since it was read.

    Names are exchanged, so that what it overwrote is known; the words in which that differs are returned.
    """
    base = path.read_text("utf-8")
    draft = path.with_suffix(".yaml~")
    draft.write_text(f"{base}# {word}\n", "utf-8")
    time.sleep(dice.uniform(0, 0.05))
    if path.read_text("utf-8") != base:
        draft.unlink()
        return None  # the editor asks, and the person looks again
    exchange(draft, path)
    found = draft.read_text("utf-8")
    draft.unlink()
    return {"?"} | (set(WORD.findall(found)) ^ set(WORD.findall(base))) if found != base else set()


def exchange(one: Path, other: Path) -> None:
    """Exchange the names of two files."""
    system = ctypes.CDLL(None, use_errno=True)
    if system.renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE):
        raise OSError(ctypes.get_errno(), "renameat2", str(one))


def save_in_place(path: Path, word: str, dice: random.Random) -> set[str] | None:
    """Cut the file off and write it where it stands; for a moment it is empty."""
    with open(path, "r+b", buffering=0) as file:
        base = file.read()
        file.seek(0)
        file.truncate()
        time.sleep(dice.uniform(0, 0.01))
        file.write(base + f"# {word}\n".encode())
        is_there = os.path.samestat(os.fstat(file.fileno()), path.stat())
    return set() if is_there else None  # somebody has put another file in its place meanwhile


READING = (
    ("list", "-o", "ids"), ("list", "is:any", "-o", "jsonl"), ("report", "pipeline"), ("contact", "list", "-o", "jsonl"),
    ("due",), ("show",),
)  # fmt: skip


def read(workspace: Workspace, deals: list[str], by_hand: list[str], seed: int) -> int:
    """Ask, and look at some files, again and again; print how often. Only what is edited in place may be seen half.

    Every answer is right, but that an unreadable file is named.
    """
    signal.alarm(600)
    dice = random.Random(f"{seed} reader")
    whole = [deal for deal in deals if deal not in by_hand]
    rounds = 0
    while not (workspace.root / STOP).exists():
        words = dice.choice(READING)
        deal = dice.choice(whole)
        ended = workspace.run(*words, *((deal,) if words == ("show",) else ()), **fate(dice))
        if not ended.was_killed:
            assert is_right_answer(ended, by_hand), (words, ended)
            if words == ("list", "-o", "ids"):
                assert {*whole} <= {*ended.ids}, ended
        paths = [
            path
            for path in workspace.root.glob("pipeline_data/[oc]*/**/*.yaml")
            if id_of(path) not in by_hand
        ]
        for path in dice.sample(paths, min(LOOKED_AT, len(paths))):
            assert is_whole(path), path
        rounds += 1
    print(rounds)
    return 0


KEPT = re.compile(r"crm: \d+ messages? (is|are) in quarantine \(crm inbox list\)")  # of a killed ingest


def is_right_answer(ended: Ended, by_hand: list[str]) -> bool:
    """Did a reader answer? It may name a file that is edited in place, what was put aside, and how long it took."""
    if ended.code == 7:
        return "was not finished" in ended.err
    said = [line for line in ended.err.splitlines() if not (SLOW.fullmatch(line) or KEPT.fullmatch(line))]
    return ended.code == 0 and all(any(id in line for id in by_hand) for line in said)


def id_of(path: Path) -> str | None:
    """The id in the name of a file."""
    return id_in_name(str(path))


def is_whole(path: Path) -> bool:
    """Is a record whole, or gone?"""
    with contextlib.suppress(FileNotFoundError):
        text = path.read_text("utf-8")
        return text.endswith("\n") and parse_yaml(text)["id"] == id_of(path)
    return True
