"""Promises 1 to 3 where a directory is moved, replaced or removed while a command runs: nothing is lost, and one line says so."""

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import figures
from tests.harness.incidents import Call, meddled_with
from tests.harness.processes import Ended, become_crm, fork_process
from tests.harness.workspaces import Tree, Workspace, anonymous, ids_of
from tests.promises.test_concurrent_writers import holding_the_lock
from tests.promises.test_orphans import wait_until

Meddle = Callable[[Path, str], None]
ENDS = (0, 1, 3, 7, 75)


def replace_by_copy(root: Path, where: str) -> None:
    """Rename a directory away, and put a copy in its place, as a program does that brings back a backup."""
    place, away = root / where, away_from(root)
    copy = away.with_name("copy")
    shutil.copytree(place, copy)
    place.rename(away)
    copy.rename(place)


def move_away(root: Path, where: str) -> None:
    """Rename a directory."""
    (root / where).rename(away_from(root))


def away_from(root: Path) -> Path:
    """Where a directory is moved: out of the workspace."""
    return root.parent / "away"


def bring_back(root: Path, where: str) -> None:
    """Put the directory back where it was."""
    shutil.rmtree(root / where, ignore_errors=True)
    away_from(root).rename(root / where)


def is_told(ended: Ended) -> bool:
    """Did it end well, or with one line that says what is wrong?"""
    assert ended.code in ENDS, ended
    assert "Traceback" not in ended.err
    return (ended.err == "") if ended.code == 0 else ended.err.count("\n") == 1


def a_move(workspace: Workspace) -> tuple[str, ...]:
    """Two records change, and two mails come into an outbox that is new."""
    deals = [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12"]
    return ("move", *deals, "--to", "contacted")


PLACES = ("pipeline_data/opportunities/2026", "pipeline_data/opportunities", "pipeline_data", "")


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("meddle", [replace_by_copy, move_away])
def test_a_directory_that_goes_at_any_moment_takes_nothing_with_it(
    workspace: Workspace, where: str, meddle: Meddle
) -> None:
    command = a_move(workspace)
    kept = shutil.copytree(workspace.root, workspace.root.parent / "kept")
    old, known = workspace.tree(), ids_of(workspace.tree())
    workspace(*command)
    new = anonymous(workspace.tree(), known)
    seen = set()
    for number in itertools.count(1):
        for each in (workspace.root, away_from(workspace.root)):
            shutil.rmtree(each, ignore_errors=True)
        shutil.copytree(kept, workspace.root)

        def now(call: Call, number: int = number) -> bool:
            return call.number == number

        ended = workspace.run(*command, hear=meddled_with(now, lambda: meddle(workspace.root, where)))
        assert is_told(ended), ended
        if not away_from(workspace.root).exists():
            break
        figures.count("directories replaced")
        if meddle is move_away:
            bring_back(workspace.root, where)
        seen.add(state_of(workspace, ended, {"old": old, "new": new}, known))
    assert number > 10
    assert "new" in seen


def state_of(workspace: Workspace, ended: Ended, states: dict[str, Tree], known: set[str]) -> str:
    """Whether the change was made, once somebody came by."""
    assert workspace("list", "-o", "ids").err == ""
    found = anonymous(workspace.tree(), known)
    [state] = [name for name, tree in states.items() if tree == found]
    assert ended.code != 0 or state == "new", ended
    assert "nothing was changed" not in ended.err or state == "old", ended
    return state


@pytest.mark.parametrize("meddle", [replace_by_copy, move_away])
@pytest.mark.parametrize("where", ["pipeline_data", ""])
def test_a_writer_who_waited_does_not_write_where_nobody_looks(
    workspace: Workspace, where: str, meddle: Meddle
) -> None:
    deal = workspace.create("Deal")
    before = workspace.text(deal)
    environment = {**workspace.environment, "CRM_LOCK_TIMEOUT": "60"}
    words = ["crm", "note", deal, "-m", "Bonjour"]
    with holding_the_lock(workspace):
        writer = fork_process(lambda: become_crm(words, environment, workspace.root))
        assert wait_until(lambda: is_at_the_door(writer.pid, workspace.data))
        meddle(workspace.root, where)
    ended = writer.wait()
    assert (ended.code, ended.out) == (75, ""), ended
    told = f"crm: {workspace.data}: was moved or replaced meanwhile (nothing was changed, run it again)\n"
    assert ended.err == told
    bring_back(workspace.root, where)
    assert workspace.text(deal) == before
    workspace("note", deal, "-m", "Bonjour")


def is_at_the_door(pid: int, data: Path) -> bool:
    """Has a process opened the directory whose lock it wants, besides the one that it has from this process?"""
    descriptors = Path(f"/proc/{pid}/fd")
    try:
        return [os.readlink(each) for each in descriptors.iterdir()].count(str(data)) > 1
    except FileNotFoundError:
        return False  # one was closed meanwhile


def test_records_whose_directory_was_removed_are_no_more_and_new_ones_can_be_made(
    workspace: Workspace,
) -> None:
    deal = workspace.create("Deal", "--contact", "C <c@example.org>")
    workspace("list")
    shutil.rmtree(workspace.data / "opportunities")
    assert workspace("list", "-o", "ids").ids == []
    assert deal in workspace.refused("note", deal, "-m", "Bonjour", code=3)
    made = workspace.create("Autre", "--contact", "c@example.org")
    assert workspace("list", "-o", "ids").ids == [made]
    assert workspace.is_clean()
