"""Promise 2, where a person edits a file between a writer's death and the end of its change.

What was edited is never overwritten: both changes are kept, or the writer's is taken back whole.
"""

import itertools
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.harness.incidents import Call, changes_a_record, killed_at, killed_before
from tests.harness.processes import Ended
from tests.harness.workspaces import Tree, Workspace


class Death(NamedTuple):
    """A writer that died between two files of its move: one is new, the others are not."""

    workspace: Workspace
    old: Tree
    new: Tree
    done: str  # the record that has moved already
    open: str  # the record that has not


def a_death(workspace: Workspace) -> Death:
    """Two records were to be moved, and a mail to each customer queued."""
    deals = [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12"]
    command = ("move", *deals, "--to", "contacted")
    old, memory = workspace.tree(), workspace.remember()
    workspace(*command)
    new = workspace.tree()
    memory.restore()
    targets = itertools.count()
    records = ("opportunities", "contacts")

    def second_record(call: Call) -> bool:
        return changes_a_record(call) and call.path.split("/")[1] in records and next(targets) == 1

    assert workspace.run(*command, hear=killed_at(second_record)).was_killed
    moved = [deal for deal in deals if "stage: contacted" in workspace.text(deal)]
    assert len(moved) == 1
    return Death(workspace, old, new, moved[0], next(deal for deal in deals if deal not in moved))


def everything_moved(death: Death) -> bool:
    """Do both records stand in the new stage, each with its mail and its call?"""
    texts = [death.workspace.text(deal) for deal in (death.done, death.open)]
    assert all(text.count("rule: contacted.acknowledge") == 1 for text in texts)
    assert all(text.count("state: planned") == 1 for text in texts)
    mails = [path for path in death.workspace.tree() if "/outbox/" in path]
    return all("stage: contacted" in text for text in texts) and len(mails) == 2


@pytest.mark.parametrize("which", ["done", "open"])
def test_another_field_edited_since_is_kept_and_so_is_the_change(workspace: Workspace, which: str) -> None:
    death = a_death(workspace)
    edited = getattr(death, which)
    workspace.edit(edited, "owner: marie\n", "owner: paul\ndescription: Passer par la cour\n")
    listed = workspace("list", "owner:paul", "-o", "ids")
    assert listed.ids == [edited]
    assert "description: Passer par la cour\n" in workspace.text(edited)
    assert everything_moved(death)
    assert workspace.is_clean()


@pytest.mark.parametrize("which", ["done", "open"])
def test_a_comment_written_since_is_kept_and_so_is_the_change(workspace: Workspace, which: str) -> None:
    death = a_death(workspace)
    edited = getattr(death, which)
    workspace.edit(edited, "owner: marie\n", "owner: marie  # son cousin aussi\n# rappeler lundi\n")
    workspace("note", death.done, "-m", "Bonjour")
    assert "owner: marie  # son cousin aussi\n# rappeler lundi\n" in workspace.text(edited)
    assert everything_moved(death)
    assert workspace.is_clean()


@pytest.mark.parametrize("which", ["done", "open"])
def test_an_entry_added_to_the_same_list_since_is_kept_and_so_is_the_change(
    workspace: Workspace, which: str
) -> None:
    death = a_death(workspace)
    edited = getattr(death, which)
    note = "  - at: 2026-11-24T10:00:00Z\n    event: note\n    text: À la main\n    by: paul\n"
    workspace.file(edited).write_text(workspace.text(edited) + note, encoding="utf-8")
    workspace("list")
    assert workspace.text(edited).count("text: À la main") == 1
    assert everything_moved(death)


def edited_to_something_else(death: Death, which: str) -> bytes:
    """The bytes of a record that a person has put into a third stage."""
    edited = getattr(death, which)
    stage = {"done": "contacted", "open": "new"}[which]
    death.workspace.edit(edited, f"stage: {stage}\n", "stage: visit\n")
    return death.workspace.file(edited).read_bytes()


def abandoned(death: Death, ended: Ended, edited: Mapping[str, bytes | None]) -> bool:
    """Was the change taken back whole and put aside, but for what was edited?"""
    assert ended.code == 7, ended
    assert ended.err.startswith("crm: ")
    assert ended.err.count("\n") == 1
    assert "quarantine/journal-1" in ended.err
    assert f"crm move {death.done}" in ended.err or f"crm move {death.open}" in ended.err
    found = death.workspace.tree()
    journal = found.pop("pipeline_data/quarantine/journal-1")
    assert journal.startswith(b"crm-journal 1 ")
    assert not death.workspace.pending.exists()
    wanted = {**death.old, **edited}
    return found == {path: content for path, content in wanted.items() if content is not None}


@pytest.mark.parametrize("which", ["done", "open"])
@pytest.mark.parametrize("next_command", [("list",), ("create", "Nouveau")])
def test_the_same_field_edited_since_takes_the_change_back_whole(
    workspace: Workspace, which: str, next_command: tuple[str, ...]
) -> None:
    death = a_death(workspace)
    content = edited_to_something_else(death, which)
    place = str(workspace.file(getattr(death, which)).relative_to(workspace.root))
    assert abandoned(death, workspace.run(*next_command), {place: content})
    workspace(*next_command)


def test_a_file_removed_since_stays_removed(workspace: Workspace) -> None:
    death = a_death(workspace)
    place = workspace.file(death.done)
    place.unlink()
    gone = str(place.relative_to(workspace.root))
    assert abandoned(death, workspace.run("list"), {gone: None})
    assert workspace("list", "-o", "ids").ids == [death.open]


def test_a_file_that_cannot_be_read_any_more_is_left_as_it_is(workspace: Workspace) -> None:
    death = a_death(workspace)
    place = workspace.file(death.open)
    place.write_bytes(b"<<<<<<< HEAD\n" + place.read_bytes())
    torn = {str(place.relative_to(workspace.root)): place.read_bytes()}
    assert abandoned(death, workspace.run("list"), torn)


def test_a_file_that_the_change_cannot_be_written_into_is_left_as_it_is(workspace: Workspace) -> None:
    death = a_death(workspace)
    workspace.edit(death.open, "stage: new\n", "stage: &s new\nteam: *s\n")
    place = workspace.file(death.open)
    anchored = {str(place.relative_to(workspace.root)): place.read_bytes()}
    assert abandoned(death, workspace.run("note", death.done, "-m", "Bonjour"), anchored)
    workspace("note", death.done, "-m", "Bonjour")


def test_a_mail_edited_in_the_outbox_since_is_left_as_it_is(workspace: Workspace) -> None:
    death = a_death(workspace)
    mail = next(path for path in workspace.root.glob("pipeline_data/outbox/*.eml"))
    mail.write_bytes(mail.read_bytes() + b"PS: merci encore\n")
    edited = {str(mail.relative_to(workspace.root)): mail.read_bytes()}
    assert abandoned(death, workspace.run("list"), edited)


def test_a_file_behind_a_symbolic_link_since_is_left_as_it_is(workspace: Workspace) -> None:
    death = a_death(workspace)
    elsewhere = workspace.root / "elsewhere.yaml"
    place = workspace.file(death.open)
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    content = elsewhere.read_bytes()
    assert abandoned(death, workspace.run("list"), {})
    assert place.is_symlink()
    assert elsewhere.read_bytes() == content


def test_whoever_dies_while_taking_it_back_leaves_it_to_the_next(workspace: Workspace) -> None:
    death = a_death(workspace)
    content = edited_to_something_else(death, "open")
    place = str(workspace.file(death.open).relative_to(workspace.root))
    memory = workspace.remember()
    for number in itertools.count(1):
        memory.restore()
        ended = workspace.run("list", hear=killed_before(number))
        if not ended.was_killed:
            break
        ended = workspace.run("list") if workspace.pending.exists() else ended._replace(code=7)
        assert ended.code == 7, ended
        found = workspace.tree()
        assert found.pop("pipeline_data/quarantine/journal-1")
        assert found == {**death.old, place: content}
        assert not workspace.pending.exists()
    assert number > 5


def test_whoever_dies_while_merging_leaves_it_to_the_next(workspace: Workspace) -> None:
    death = a_death(workspace)
    workspace.edit(death.open, "owner: marie\n", "owner: paul  # lui\n")
    memory = workspace.remember()
    for number in itertools.count(1):
        memory.restore()
        if not workspace.run("list", hear=killed_before(number)).was_killed:
            break
        assert workspace("list", "owner:paul", "-o", "ids").ids == [death.open]
        assert "owner: paul  # lui\n" in workspace.text(death.open)
        assert everything_moved(death)
        assert not workspace.pending.exists()
    assert number > 5


@pytest.mark.parametrize("name", ["tags", "history"])
def test_a_custom_field_is_text_whatever_its_name(workspace: Workspace, name: str) -> None:
    config = workspace.data / "crm.yaml"
    config.write_text(f"{config.read_text(encoding='utf-8')}fields:\n  - name: {name}\n", encoding="utf-8")
    deal = workspace.create("T", "--field", f"{name}=avant")
    dying = killed_at(changes_a_record)
    assert workspace.run("set", deal, f"fields.{name}=pendant", hear=dying).was_killed
    workspace.edit(deal, f"  {name}: avant\n", f"  {name}: depuis\n")
    assert workspace.run("list").code == 7
    assert f"  {name}: depuis\n" in workspace.text(deal)


def test_a_journal_that_was_damaged_is_put_aside(workspace: Workspace) -> None:
    death = a_death(workspace)
    journal = workspace.pending.read_bytes()
    workspace.pending.write_bytes(journal[:-100])
    found = {path: content for path, content in workspace.tree().items() if not path.endswith(".crm-new")}
    ended = workspace.run("list")
    assert ended.code == 7
    assert ended.err.count("\n") == 1
    kept = workspace.data / "quarantine" / "journal-1"
    assert kept.read_bytes() == journal[:-100]
    assert {path: content for path, content in workspace.tree().items() if path in found} == found
    assert sorted(workspace("list", "-o", "ids").ids) == sorted([death.done, death.open])
