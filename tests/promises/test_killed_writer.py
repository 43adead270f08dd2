"""Promise 2: a killed writer leaves the old or the new state of every file that a change touches.

The writer is killed before every single call that it makes, and in the middle of every write.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.harness.incidents import Hear, changes_a_record, killed_at, killed_before, killed_within_write
from tests.harness.workspaces import JEAN, YESTERDAY, Tree, Workspace, anonymous, ids_of, without

Toll = Callable[[int], Hear]
MESSAGE = (
    "From {name}@example.org Mon Nov 23 10:00:00 2026\nFrom: {name} <{name}@example.org>\nSubject: Devis\n"
    "Message-ID: <{name}@mail>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour\n\n"
)
TIMED = """\
    after:
      - id: chase
        in: 4h
        activity:
          type: visit
          due: 2d
      - id: remind
        in: 4h
        email:
          template: merci
"""


class Scene(NamedTuple):
    """A workspace before a change, the change, and a record that it does not touch."""

    workspace: Workspace
    change: tuple[str, ...]
    bystander: str
    ids: set[str]  # before the change

    def state(self) -> Tree:
        """What the change is about, without the ids that it draws."""
        return anonymous(without(self.workspace.tree(), self.bystander), self.ids)


def a_scene(workspace: Workspace, bystander: str, *change: str) -> Scene:
    """The workspace as it is now, and the change that comes."""
    return Scene(workspace, change, bystander, ids_of(workspace.tree()))


def a_bystander(workspace: Workspace) -> str:
    """A record of last year, which has nothing to do with it."""
    return workspace.create("Autre", now="2025-06-01T09:00")


def two_deals(workspace: Workspace) -> list[str]:
    """Records whose contacts can be written to."""
    return [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12"]


def moving_two(workspace: Workspace) -> Scene:
    """Two records change, and two mails come into an outbox that does not exist yet."""
    bystander, deals = a_bystander(workspace), two_deals(workspace)
    return a_scene(workspace, bystander, "move", *deals, "--to", "contacted")


def creating(workspace: Workspace) -> Scene:
    """A record and its contact, in directories that are not there yet."""
    return a_scene(workspace, a_bystander(workspace), "create", "T", "--contact", JEAN)


def deleting_two(workspace: Workspace) -> Scene:
    """Two records go, and the mails that wait."""
    bystander, deals = a_bystander(workspace), two_deals(workspace)
    workspace("move", *deals, "--to", "contacted")
    return a_scene(workspace, bystander, "delete", *deals, "--yes")


def merging_people(workspace: Workspace) -> Scene:
    """One contact goes, and a record refers to another."""
    bystander = a_bystander(workspace)
    two_deals(workspace)
    return a_scene(workspace, bystander, "contact", "merge", "C 1", "C 2", "--yes")


def undoing(workspace: Workspace) -> Scene:
    """Two records change back, and two mails go."""
    bystander, deals = a_bystander(workspace), two_deals(workspace)
    workspace("move", *deals, "--to", "contacted")
    return a_scene(workspace, bystander, "undo")


def ingesting(workspace: Workspace) -> Scene:
    """A mailbox of two messages becomes two leads, two contacts and two mails, in directories that are new."""
    box = workspace.root.parent / "box"
    box.write_text("".join(MESSAGE.format(name=name) for name in ("jean", "anne")))
    return a_scene(workspace, a_bystander(workspace), "ingest", str(box))


def moving_by_query(workspace: Workspace) -> Scene:
    """Every record that a query finds changes, and each customer gets a mail."""
    bystander = a_bystander(workspace)
    two_deals(workspace)
    return a_scene(workspace, bystander, "move", "stage:new", "created:2026", "--to", "contacted", "--yes")


def redoing(workspace: Workspace) -> Scene:
    """Two records change again, and two mails come back."""
    bystander, deals = a_bystander(workspace), two_deals(workspace)
    workspace("move", *deals, "--to", "contacted")
    workspace("undo")
    return a_scene(workspace, bystander, "redo")


def ticking(workspace: Workspace) -> Scene:
    """The time has come for two rules on each of two records: two activities and two mails."""
    config = workspace.data / "crm.yaml"
    config.write_text(
        config.read_text("utf-8").replace("  - id: visit\n    prob", f"{TIMED}  - id: visit\n    prob")
    )
    bystander, deals = a_bystander(workspace), two_deals(workspace)
    workspace("move", *deals, "--to", "contacted", CRM_NOW=YESTERDAY)
    workspace("tick", CRM_NOW=YESTERDAY)  # the rules are known from now on
    return a_scene(workspace, bystander, "tick")


CHANGES = [
    moving_two,
    creating,
    deleting_two,
    merging_people,
    undoing,
    ingesting,
    moving_by_query,
    redoing,
    ticking,
]


class Ends(NamedTuple):
    """The two states between which there is nothing."""

    old: Tree
    new: Tree


def ends(scene: Scene) -> Ends:
    """The state before the change and the one after it, undisturbed."""
    memory, old = scene.workspace.remember(), scene.state()
    scene.workspace(*scene.change)
    new = scene.state()
    memory.restore()
    assert old != new
    return Ends(old, new)


def deaths(scene: Scene, toll: Toll, command: tuple[str, ...] = ()) -> Iterator[int]:
    """The workspace just after the writer has died, for each place where it can die."""
    memory = scene.workspace.remember()
    for number in itertools.count(1):
        memory.restore()
        ended = scene.workspace.run(*(command or scene.change), hear=toll(number))
        if not ended.was_killed:
            assert ended.code == 0, ended
            return
        yield number


def reader(scene: Scene) -> None:
    """Somebody lists the records."""
    listed = scene.workspace("list", "-o", "ids")
    on_disk = list(scene.workspace.data.glob("opportunities/*/*.yaml"))
    assert len(listed.ids) == len(on_disk)
    assert listed.err == ""


def writer(scene: Scene) -> None:
    """Somebody changes a record that has nothing to do with it."""
    assert scene.workspace("note", scene.bystander, "-m", "Rappeler après 18 h").err == ""
    assert "Rappeler après 18 h" in scene.workspace.text(scene.bystander)
    assert list((scene.workspace.private / "journal").iterdir()) == []


@pytest.mark.parametrize("next_command", [reader, writer])
@pytest.mark.parametrize("change", CHANGES)
def test_a_writer_killed_anywhere_leaves_all_old_or_all_new(
    workspace: Workspace, change: Callable[[Workspace], Scene], next_command: Callable[[Scene], None]
) -> None:
    scene = change(workspace)
    happened = what_happened(scene, killed_before, next_command)
    assert happened == sorted(happened), "once the change would happen it always does"
    assert set(happened) == {False, True}


@pytest.mark.parametrize("next_command", [reader, writer])
@pytest.mark.parametrize("change", CHANGES)
def test_a_writer_killed_within_a_write_leaves_all_old_or_all_new(
    workspace: Workspace, change: Callable[[Workspace], Scene], next_command: Callable[[Scene], None]
) -> None:
    happened = what_happened(change(workspace), killed_within_write, next_command)
    assert happened[0] is False, "half a journal announces nothing"
    assert all(happened[1:]), "half a new file is written again from the journal"


def what_happened(scene: Scene, toll: Toll, next_command: Callable[[Scene], None]) -> list[bool]:
    """For each place where the writer can die: did its change happen, once somebody came by?"""
    both = ends(scene)
    happened = []
    for _ in deaths(scene, toll):
        next_command(scene)
        state = scene.state()
        assert state in both
        happened.append(state == both.new)
        assert not scene.workspace.pending.exists()
        if happened.count(happened[-1]) == 1:
            assert scene.workspace.is_clean()
    return happened


@pytest.mark.parametrize("change", [moving_two, deleting_two])
def test_until_somebody_comes_by_every_file_is_whole(
    workspace: Workspace, change: Callable[[Workspace], Scene]
) -> None:
    scene = change(workspace)
    old, new = ends(scene)
    mixtures = 0
    for _ in deaths(scene, killed_before):
        found = {path: content for path, content in scene.state().items() if not path.endswith(".crm-new")}
        assert all(content in (old.get(path), new.get(path)) for path, content in found.items())
        mixtures += found not in (old, new)
    assert mixtures > 0, "the writer died between two files at least once"


def test_a_change_that_was_announced_needs_nobody_to_come_by(workspace: Workspace) -> None:
    scene = moving_two(workspace)
    _, new = ends(scene)
    workspace(*scene.change)
    assert scene.state() == new
    assert list((workspace.private / "journal").iterdir()) == []


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_dies_while_finishing_it_leaves_it_to_the_next(
    workspace: Workspace, change: Callable[[Workspace], Scene]
) -> None:
    scene = change(workspace)
    _, new = ends(scene)
    assert workspace.run(*scene.change, hear=killed_at(changes_a_record)).was_killed
    for _ in deaths(scene, killed_before, command=("list",)):
        reader(scene)
        assert scene.state() == new
        assert not workspace.pending.exists()
    assert workspace.is_clean()


def test_a_half_written_journal_is_nobodys_problem(workspace: Workspace) -> None:
    scene = moving_two(workspace)
    old, new = ends(scene)
    assert workspace.run(*scene.change, hear=killed_within_write(1)).was_killed
    assert scene.state() == old
    workspace(*scene.change)
    assert scene.state() == new


def test_files_that_a_reader_brings_in_are_as_private_as_the_writers(workspace: Workspace) -> None:
    scene = creating(workspace)
    assert workspace.run(*scene.change, hear=killed_at(changes_a_record)).was_killed
    reader(scene)
    made = [path for path in workspace.data.rglob("*.yaml") if path.name.startswith(("t--", "jean"))]
    assert [oct(path.stat().st_mode & 0o777) for path in made] == ["0o600", "0o600"]
