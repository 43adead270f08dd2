"""What a command says of a change that did not go its way is what became of it, and nothing is left lying about."""

import errno
import itertools
import os
import signal

import pytest

from tests.harness.incidents import (
    Call,
    changes_a_record,
    failing_at,
    is_private,
    killed_at,
    meddled_with,
)
from tests.harness.workspaces import Workspace, ids_of
from tests.promises.test_edited_since import a_death


def interrupted_at(number: int):  # type: ignore[no-untyped-def]
    """Ctrl-C just before the call with this number."""

    def hear(call: Call) -> None:
        if call.number == number:
            os.kill(os.getpid(), signal.SIGINT)

    return hear


def test_ctrl_c_at_any_moment_says_what_becomes_of_the_change(workspace: Workspace) -> None:
    deal = workspace.create("Deal", "--contact", "C <c@example.org>")
    memory, old = workspace.remember(), workspace.tree()
    workspace("move", deal, "--to", "contacted")
    new = workspace.tree()
    told = []
    for number in itertools.count(1):
        memory.restore()
        ended = workspace.run("move", deal, "--to", "contacted", hear=interrupted_at(number))
        if ended.code == 0:
            break
        assert ended.code == 130, ended
        assert ended.err.count("\n") == 1
        assert "Traceback" not in ended.err
        is_announced = workspace.pending.exists()
        workspace("list")
        happened = workspace.tree()
        assert happened in (old, new)
        if "the next command finishes this change" in ended.err:
            assert is_announced
            assert happened == new
        elif "nothing was changed" in ended.err:
            assert happened == old
        elif "the change was made" in ended.err:
            assert not is_announced
            assert happened == new
        told.append(ended.err)
    assert any("the next command finishes this change" in each for each in told)
    assert leftovers(workspace) == []


def test_ctrl_c_is_told_though_a_file_cannot_be_looked_at(workspace: Workspace) -> None:
    deal = workspace.create("Deal")
    place = workspace.file(deal)

    def plant_link() -> None:
        place.rename(workspace.root / "away")
        place.symlink_to(workspace.root / "away")
        os.kill(os.getpid(), signal.SIGINT)

    hear = meddled_with(lambda call: call.name == "fsync" and is_private(call.path), plant_link)
    ended = workspace.run("note", deal, "-m", "x", hear=hear)
    assert ended.code == 130, ended
    assert ended.err.count("\n") == 1
    assert "crm undo --list" in ended.err


def leftovers(workspace: Workspace) -> list[str]:
    """The files that only a command under way has."""
    return [path.name for path in workspace.data.rglob("*") if path.name.endswith(".crm-new")]


@pytest.mark.parametrize(
    "error", [errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EISDIR, errno.ESTALE]
)
def test_whatever_fails_after_the_change_was_announced_is_exit_7(workspace: Workspace, error: int) -> None:
    deal = workspace.create("Deal", "--contact", "C <c@example.org>")
    memory, known = workspace.remember(), ids_of(workspace.tree())
    workspace("move", deal, "--to", "contacted")
    new = workspace.tree()
    seen = set()
    for number in itertools.count(1):
        memory.restore()
        names = ("replace",) if error == errno.ENOENT else ("replace", "fsync")  # gone needs no sync
        ended = workspace.run("move", deal, "--to", "contacted", hear=failing_at(number, error, names))
        if ended.code == 0:
            break
        if workspace.pending.exists():
            assert (ended.code, ended.err.count("\n")) == (7, 1), ended
            assert "the next command finishes this change" in ended.err
        seen.add(ended.code)
        is_announced = workspace.pending.exists()
        workspace("list")
        assert (workspace.tree() == new) >= is_announced
    assert 7 in seen
    assert ids_of(workspace.tree()) == known


def test_what_was_put_back_and_what_was_left_is_named(workspace: Workspace) -> None:
    death = a_death(workspace)
    workspace.edit(death.open, "stage: new\n", "stage: visit\n")
    ended = workspace.run("list")
    back, found = (str(workspace.file(id).relative_to(workspace.root)) for id in (death.done, death.open))
    assert ended.code == 7
    assert f"restored: {back}" in ended.err
    assert f"left as found: {found}" in ended.err
    assert "stage: new" in workspace.text(death.done)
    assert "stage: visit" in workspace.text(death.open)


def test_a_change_of_which_nothing_was_done_says_that_nothing_was_put_back(workspace: Workspace) -> None:
    deal = workspace.create("Deal", "--contact", "C <c@example.org>")
    dying = killed_at(changes_a_record)
    assert workspace.run("set", deal, "owner=paul", hear=dying).was_killed
    workspace.edit(deal, "owner: marie\n", "owner: jean\n")
    ended = workspace.run("list")
    assert ended.code == 7
    assert "restored" not in ended.err
    assert "left as found" in ended.err


def test_recovery_leaves_nothing_lying_about(workspace: Workspace) -> None:
    deals = [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12"]
    memory = workspace.remember()
    for number in itertools.count(1):
        memory.restore()
        dying = killed_at(lambda call, number=number: call.number == number)
        if not workspace.run("move", *deals, "--to", "contacted", hear=dying).was_killed:
            break
        (workspace.private / "journal" / f".{'0' * 32}.crm-new").write_bytes(b"half a journal")
        workspace("note", deals[0], "-m", "x")
        assert leftovers(workspace) == []
    assert number > 10


def test_a_file_that_changed_under_our_feet_says_that_nothing_was_changed(workspace: Workspace) -> None:
    deal = workspace.create("Deal")

    def edit() -> None:
        workspace.edit(deal, "owner: marie\n", "owner: paul\n")

    hear = meddled_with(lambda call: call.path.endswith("/journal/pending"), edit)
    ended = workspace.run("note", deal, "-m", "x", hear=hear)
    assert ended.code == 75
    assert "nothing was changed" in ended.err
    assert not workspace.pending.exists()
    assert leftovers(workspace) == []


@pytest.mark.parametrize("given", ["nan", "inf", "-1", "ten", ""])
def test_a_time_that_is_none_is_refused(workspace: Workspace, given: str) -> None:
    ended = workspace.run("create", "T", CRM_LOCK_TIMEOUT=given)
    assert (ended.code, ended.out) == (2, "")
    assert "CRM_LOCK_TIMEOUT" in ended.err
