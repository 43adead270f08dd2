"""Promises 3 and 4: writers at the same time lose no update; readers see whole files and never wait."""

import contextlib
import fcntl
import io
import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from crmcli.store.catalog import id_in_name
from crmcli.store.codec.parser import parse_yaml
from tests.harness.incidents import Call, changes_a_record, killed_at, killed_before
from tests.harness.processes import fork_process
from tests.harness.workspaces import Tree, Workspace, ids_of

STAGES = ("new", "contacted", "visit")
MOVED = re.compile(r"^  (\w+) → (\w+),", re.MULTILINE)
OK, STANDS_THERE_ALREADY = 0, 5
STOP = "stop"  # while there is no such file the reader goes on


class Said(NamedTuple):
    """A command, and what came of it."""

    words: tuple[str, ...]
    code: int
    out: str


def five_deals(workspace: Workspace) -> list[str]:
    """Records that everybody writes to."""
    return [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12345"]


def commands(deals: list[str], writer: int, count: int) -> Iterator[tuple[str, ...]]:
    """What one writer does: moves, notes, and now and then a new record."""
    dice = random.Random(writer)
    for number in range(count):
        deal = dice.choice(deals)
        if number % 25 == 24:
            yield ("create", f"Nouveau {writer}-{number}")
        elif number % 2:
            yield ("move", deal, "--to", dice.choice(STAGES))
        else:
            yield ("note", deal, "-m", f"note {writer}-{number}")


def writing(workspace: Workspace, todo: list[tuple[str, ...]]) -> int:
    """Give all these commands one after the other in this process, and print what came of each."""
    workspace.environment["CRM_LOCK_TIMEOUT"] = "60"
    for words in todo:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = workspace.run_here(*words)
        sys.stdout.write(json.dumps((words, code, out.getvalue())) + "\n")
    return 0


def reading(workspace: Workspace, deals: list[str]) -> int:
    """List the records and look at every file, again and again; the number of rounds is printed."""
    rounds = 0
    while not (workspace.root / STOP).exists():
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert workspace.run_here("list", "-o", "ids") == 0
        assert set(deals) <= set(out.getvalue().split())
        for path in workspace.root.glob("pipeline_data/[oc]*/**/*.yaml"):
            text = path.read_text(encoding="utf-8")
            assert parse_yaml(text)["id"] == id_in_name(str(path))
            assert text.endswith("\n")
        rounds += 1
    sys.stdout.write(f"{rounds}\n")
    return 0


def test_eight_writers_at_the_same_time_lose_nothing_and_a_reader_sees_whole_files(
    workspace: Workspace,
) -> None:
    deals = five_deals(workspace)
    reader = fork_process(lambda: reading(workspace, deals))
    todo = [list(commands(deals, writer, 50)) for writer in range(8)]
    writers = [fork_process(lambda each=each: writing(workspace, each)) for each in todo]  # type: ignore[misc]
    ends = [writer.wait() for writer in writers]
    (workspace.root / STOP).touch()
    seen = reader.wait()
    assert (seen.code, seen.err) == (0, "")
    assert int(seen.out) > 3
    assert [end.code for end in ends] == [0] * 8, ends
    said = [
        Said(tuple(words), code, out)
        for end in ends
        for words, code, out in map(json.loads, end.out.splitlines())
    ]
    assert len(said) == 400
    assert {each.code for each in said} == {OK, STANDS_THERE_ALREADY}
    assert all(each.words[0] == "move" for each in said if each.code == STANDS_THERE_ALREADY)
    for deal in deals:
        assert nothing_is_lost(workspace, deal, said)
    assert every_record_made_is_there(workspace, said)
    assert workspace.is_clean()


def history(workspace: Workspace, deal: str) -> list[dict[str, Any]]:
    """The history of a record, texts as they stand."""
    entries: Any = parse_yaml(workspace.text(deal))["history"]
    return [{key: getattr(value, "text", value) for key, value in entry.items()} for entry in entries]


def nothing_is_lost(workspace: Workspace, deal: str, said: list[Said]) -> bool:
    """Is every note there once, and does each move start where the one before it ended?"""
    entries = history(workspace, deal)
    mine = [each for each in said if deal in each.words and each.code == OK]
    notes = Counter(each.words[-1] for each in mine if each.words[0] == "note")
    assert Counter(entry["text"] for entry in entries if entry["event"] == "note") == notes
    moves = [(entry["from"], entry["to"]) for entry in entries if entry["event"] == "stage"]
    announced = [MOVED.findall(each.out)[0] for each in mine if each.words[0] == "move"]
    assert Counter(moves) == Counter(announced)
    assert [start for start, _ in moves] == ["new", *(end for _, end in moves[:-1])]
    assert parse_yaml(workspace.text(deal))["stage"] == moves[-1][1]
    mails = [entry for entry in entries if entry.get("rule") == "contacted.acknowledge"]
    assert len(mails) == 1, "two writers never queue the same mail twice"
    return bool(notes) and bool(moves)


def every_record_made_is_there(workspace: Workspace, said: list[Said]) -> bool:
    """Has every new record a file of its own, under an id of its own?"""
    made = [each.out.split()[0] for each in said if each.words[0] == "create"]
    titles = {each.words[1] for each in said if each.words[0] == "create"}
    found = {id: str(parse_yaml(workspace.text(id))["title"]) for id in made}
    ids = [id for path in workspace.tree() if (id := id_in_name(path))]
    assert len(ids) == len(set(ids)) == 5 + 5 + len(made)
    return len(made) == 16 and set(found.values()) == titles


def test_what_was_announced_is_there_even_where_other_writers_die(workspace: Workspace) -> None:
    deals = five_deals(workspace)
    writers = [fork_process(lambda n=n: dying(workspace, deals, n)) for n in range(4)]  # type: ignore[misc]
    ends = [writer.wait() for writer in writers]
    assert [(end.code, end.err) for end in ends] == [(0, "")] * 4
    said = [tuple(json.loads(line)) for end in ends for line in end.out.splitlines()]
    workspace("list")
    kept = Counter(
        entry["text"] for deal in deals for entry in history(workspace, deal) if entry["event"] == "note"
    )
    announced = {text for text, survived in said if survived}
    assert len(announced) >= 20
    assert len(said) - len(announced) >= 10
    assert announced <= set(kept)
    assert set(kept.values()) == {2}, "on both records or on none"
    assert workspace.is_clean()
    assert not [path for path in workspace.tree() if path.endswith(".crm-new")]


def dying(workspace: Workspace, deals: list[str], writer: int) -> int:
    """Note something on two records, every second time killed on the way; print which have survived."""
    dice = random.Random(writer)
    for number in range(14):
        text = f"note {writer}-{number}"
        hear = killed_before(dice.randrange(1, 26)) if number % 2 else None
        ended = workspace.run("note", *dice.sample(deals, 2), "-m", text, hear=hear, CRM_LOCK_TIMEOUT="60")
        assert ended.code == 0 or ended.was_killed, ended
        sys.stdout.write(json.dumps((text, ended.code == 0)) + "\n")
    return 0


@contextlib.contextmanager
def holding_the_lock(workspace: Workspace) -> Iterator[None]:
    """Be the writer, as far as others can see."""
    descriptor = os.open(workspace.data, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # processes forked meanwhile have the descriptor too
        os.close(descriptor)


def test_a_writer_gives_up_with_one_line_where_the_lock_stays_busy(workspace: Workspace) -> None:
    deal = workspace.create("Deal")
    before = workspace.everything()
    with holding_the_lock(workspace):
        started = time.monotonic()
        ended = workspace.run("note", deal, "-m", "Bonjour", CRM_LOCK_TIMEOUT="0.2")
        waited = time.monotonic() - started
    assert (ended.code, ended.out) == (75, "")
    assert ended.err == (f"crm: {workspace.data}: another crm is writing here (try again in a moment)\n")
    assert waited >= 0.2
    assert workspace.everything() == before
    workspace("note", deal, "-m", "Bonjour")


def test_a_reader_needs_no_lock(workspace: Workspace) -> None:
    deal = workspace.create("Deal")
    with holding_the_lock(workspace):
        listed = workspace("list", "-o", "ids", CRM_LOCK_TIMEOUT="60")
    assert (listed.ids, listed.err) == ([deal], "")


def test_a_reader_passes_by_a_change_under_way(workspace: Workspace) -> None:
    deals = five_deals(workspace)
    assert workspace.run("move", *deals, "--to", "visit", hear=killed_at(changes_a_record)).was_killed
    before = workspace.everything()
    with holding_the_lock(workspace):
        listed = workspace("list", "stage:new", "-o", "ids", CRM_LOCK_TIMEOUT="60")
    assert (set(listed.ids), listed.err) == (set(deals), "")
    assert workspace.everything() == before
    assert set(workspace("list", "stage:visit", "-o", "ids").ids) == set(deals)


def test_a_writer_that_waits_goes_on_as_soon_as_the_lock_is_free(workspace: Workspace) -> None:
    deal = workspace.create("Deal")
    knock, door = os.pipe()

    def at_the_door(call: Call) -> None:
        if (call.name, call.path) == ("look", "pipeline_data"):
            os.write(door, b"!")

    def waiting() -> int:
        return workspace.run("note", deal, "-m", "Bonjour", hear=at_the_door).code

    with holding_the_lock(workspace):
        writer = fork_process(waiting)
        assert os.read(knock, 1) == b"!"
    assert writer.wait().code == 0
    assert "text: Bonjour" in workspace.text(deal)


def test_what_a_writer_decides_rests_on_what_it_reads_under_the_lock(workspace: Workspace) -> None:
    deal = workspace.create("Deal", "--contact", "C <c@example.org>")
    before: Tree = workspace.tree()

    def somebody_was_faster(call: Call) -> None:
        if (call.name, call.path) == ("look", "pipeline_data"):
            assert workspace.run("move", deal, "--to", "contacted").code == 0

    ended = workspace.run("move", deal, "--to", "contacted", hear=somebody_was_faster)
    assert ended.code == STANDS_THERE_ALREADY
    assert ids_of(before) == ids_of(workspace.tree())
    assert workspace.text(deal).count("rule: contacted.acknowledge") == 1
