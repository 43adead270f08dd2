"""Promises 3 and 4: writers at the same time lose no update; readers see whole files and never wait."""

import contextlib
import fcntl
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from crmcli.store.catalog import id_in_name
from crmcli.store.codec.parser import parse_yaml
from tests.harness import figures
from tests.harness.incidents import Call, changes_a_record, killed_at
from tests.harness.office import (
    STAGES,
    STOP,
    Act,
    Edit,
    Editor,
    Told,
    Writer,
    open_office,
    read,
    save_beside,
    save_in_place,
)
from tests.harness.processes import Ended, fork_process
from tests.harness.workspaces import Tree, Workspace, ids_of

SECONDS = float(os.environ.get("CRM_TRY_SECONDS", "20"))
SEED = int(os.environ.get("CRM_TRY_SEED", random.SystemRandom().randrange(10**6)))
WRITERS, READERS = 16, 3
STANDS_THERE_ALREADY = 5
REFUSED = (1, 2, 3, STANDS_THERE_ALREADY, 75)  # of these codes nothing was changed
CHANGES_OF_STAGE = ("stage", "undone", "redone")
IS, IS_UNDONE, IS_NOT, IS_UNSURE = "is there", "is undone", "was refused", "was killed"


def test_many_writers_who_are_killed_lose_nothing_beside_editors_and_readers(workspace: Workspace) -> None:
    print(f"CRM_TRY_SEED={SEED} CRM_TRY_SECONDS={SECONDS}")
    deals = open_office(workspace, WRITERS)
    by_hand = deals[-2:]
    readers = [fork_process(lambda n=n: read(workspace, deals, by_hand, SEED + n)) for n in range(READERS)]  # type: ignore[misc]
    staff = [Writer(workspace, number, deals, SEED) for number in range(WRITERS)]
    writers = [fork_process(lambda each=each: each.work(SECONDS)) for each in staff]  # type: ignore[misc]
    beside, in_place = Editor(workspace, 1, deals[:-2], SEED), Editor(workspace, 2, by_hand, SEED)
    editors = [
        fork_process(lambda: beside.work(SECONDS, save_beside)),
        fork_process(lambda: in_place.work(SECONDS, save_in_place)),
    ]
    told = [heard(each.wait()) for each in writers]
    edits = [edit for each in editors for edit in saved(each.wait())]
    (workspace.root / STOP).touch()
    for each in readers:
        seen = each.wait()
        assert (seen.code, seen.err) == (0, ""), seen.err
        assert int(seen.out) > 3
        figures.count("commands run", int(seen.out))
    workspace("list")
    count_tries(told, edits)
    found = Outcome(workspace, edits)
    for each in told:
        assert nothing_is_lost(found, each)
    assert moves_follow_each_other(found, deals)
    assert no_rule_fires_twice(found, deals)
    assert edits_are_there(found, edits)
    assert ids_are_unique(workspace)
    assert workspace.is_clean()
    assert leftovers(workspace) == []


def heard(end: Ended) -> list[Told]:
    """What a writer was told."""
    assert (end.code, end.err) == (0, ""), end.err
    rows = map(json.loads, end.out.splitlines())
    return [
        Told(Act(tuple(words), word, tuple(ids), *more), code, out, err)
        for (words, word, ids, *more), code, out, err in rows
    ]


def saved(end: Ended) -> list[Edit]:
    """What an editor saved."""
    assert (end.code, end.err) == (0, ""), end.err
    return [Edit(id, word, tuple(blind)) for id, word, blind in map(json.loads, end.out.splitlines())]


def count_tries(told: list[list[Told]], edits: list[Edit]) -> None:
    """Count what was tried."""
    every = [each for one in told for each in one]
    figures.count("writers at a time", WRITERS)
    figures.count("commands run", len(every))
    figures.count("processes killed", sum(each.code < 0 for each in every))
    figures.count("files saved by editors", len(edits))


class Outcome:
    """The workspace at the end: the lines of each record, and what an editor has overwritten."""

    def __init__(self, workspace: Workspace, edits: list[Edit]) -> None:
        self.workspace = workspace
        files = {
            path: content.decode() for path, content in workspace.tree().items() if path.endswith(".yaml")
        }
        self.texts = {id: text for path, text in files.items() if (id := id_in_name(path))}
        self.blind = {word for edit in edits for word in edit.blind}
        self.disturbed = {edit.id for edit in edits if edit.blind}

    def holds(self, word: str, ids: tuple[str, ...]) -> set[bool]:
        """Does a word stand in each of these records, or in any at all?"""
        if not ids:
            return {any(stands_in(word, text) for text in self.texts.values())}
        return {stands_in(word, self.texts[id]) for id in ids}


def stands_in(word: str, text: str) -> bool:
    """Does a word stand in a record, but for the commands in its history?"""
    return any(word in line and "- command: " not in line for line in text.splitlines())


def states_of(told: list[Told]) -> dict[str, tuple[Act, str]]:
    """What became of each change of a writer, as far as they were told."""
    states: dict[str, tuple[Act, str]] = {}
    for act, code, out, _ in told:
        if act.words[0] in ("undo", "redo"):
            if code == 0:
                said, _, line = out.splitlines()[0].partition(": ")
                states[line] = (states[line][0], IS_UNDONE if said == "undone" else IS)
            elif code not in REFUSED:
                states = unsure_from_the_last(states, IS if act.words[0] == "undo" else IS_UNDONE)
        else:
            states[act.word if act.is_mail else act.line] = (act, state_of(code))
    return states


def state_of(code: int) -> str:
    """What the exit code says of a change."""
    return IS if code == 0 else IS_NOT if code in REFUSED else IS_UNSURE


def unsure_from_the_last(states: dict[str, tuple[Act, str]], state: str) -> dict[str, tuple[Act, str]]:
    """Every change that may have been undone, or redone, by a command that was killed."""
    return {
        line: (act, IS_UNSURE if found == state and not act.is_mail else found)
        for line, (act, found) in states.items()
    }


def nothing_is_lost(found: Outcome, told: list[Told]) -> bool:
    """Is every change there, on each of its records, unless it was undone or refused?"""
    states = states_of(told)
    gone = {
        act.words[1]
        for act, state in states.values()
        if act.words[0] == "delete" and state in (IS, IS_UNSURE)
    }
    made = {each.act.word: each.out.strip() for each in told if each.code == 0}
    for line, (act, state) in states.items():
        if act.words[0] == "delete":
            assert state != IS or act.words[1] not in found.texts, line
        elif act.word and act.word not in found.blind and made.get(act.word) not in gone:
            is_there = found.holds(act.word, act.ids)
            assert len(is_there) == 1, f"{line}: on all records or on none"
            if state == IS:
                assert is_there == {True}, f"lost: {line}"
            elif state == IS_NOT or (state == IS_UNDONE and not act.stays):
                assert is_there == {False}, f"{state}: {line}"
        if act.is_mail:
            assert sum(act.word in text for text in found.texts.values()) == 2, (
                f"a lead and a contact of {act.word}"
            )
    return True


def moves_follow_each_other(found: Outcome, deals: list[str]) -> bool:
    """Does each move start where the one before it ended?"""
    for deal in set(deals) - found.disturbed:
        entries = history(found.workspace, deal)
        ends = [
            (entry.get("from"), entry.get("to")) for entry in entries if entry["event"] in CHANGES_OF_STAGE
        ]
        stage = "new"
        for start, end in ends:
            if {start, end} <= {*STAGES}:
                assert start == stage, (deal, ends)
                stage = end
        assert parse_yaml(found.texts[deal])["stage"] == stage, (deal, ends)
    return True


def no_rule_fires_twice(found: Outcome, deals: list[str]) -> bool:
    """Has no rule fired twice for the same thing, but where the first time was undone?"""
    for deal in set(deals) - found.disturbed:
        entries = history(found.workspace, deal)
        fired = Counter(f"{each['rule']} {each['occurrence']}" for each in entries if each["event"] == "rule")
        undone = Counter(
            str(getattr(rule, "text", rule))
            for each in entries
            if each["event"] == "undone"
            for rule in each.get("rules", ())
        )
        assert max((fired - undone).values(), default=0) <= 1, (deal, fired, undone)
    return True


def edits_are_there(found: Outcome, edits: list[Edit]) -> bool:
    """Is what editors saved there? It cannot all be: between two calls of crm no editor is seen."""
    lost = [edit for edit in edits if f"# {edit.word}\n" not in found.texts[edit.id]]
    print(f"{len(lost)} of {len(edits)} edits by hand overwritten")
    return len(lost) <= 1 + len(edits) // 10


def ids_are_unique(workspace: Workspace) -> bool:
    """Has every record a file of its own, under an id of its own?"""
    ids = [id for path in workspace.tree() if path.endswith(".yaml") and (id := id_in_name(path))]
    return len(ids) == len(set(ids))


def history(workspace: Workspace, deal: str) -> list[dict[str, Any]]:
    """The history of a record, texts as they stand."""
    entries: Any = parse_yaml(workspace.text(deal))["history"]
    return [{key: getattr(value, "text", value) for key, value in entry.items()} for entry in entries]


def leftovers(workspace: Workspace) -> list[str]:
    """The files that only a command under way has."""
    return [path.name for path in workspace.root.rglob("*") if path.name.endswith(".crm-new")]


def five_deals(workspace: Workspace) -> list[str]:
    """Records that everybody writes to."""
    return [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12345"]


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
