"""A killed `contact erase` is finished by the next command: no byte of the workspace tells of them, the index included."""

import itertools
import os
from pathlib import Path

from tests.harness.incidents import killed_at, killed_before
from tests.harness.workspaces import Workspace

NAME = "Gwenaëlle QUÉMÉNEUR"
EMAIL = "gwenaelle@quemeneur.example"


def a_life(workspace: Workspace) -> str:
    """The id of a contact with a deal, mails, undo records, and a place in the index."""
    deal = workspace.create("Poêle", "--contact", f"{NAME} <{EMAIL}>")
    workspace("move", deal, "--to", "contacted")
    workspace("note", deal, "-m", f"{NAME} rappelle")
    workspace("list", "-q")
    return workspace("contact", "show", EMAIL, "-o", "ids").ids[0]


def traces(workspace: Workspace) -> list[str]:
    """The files below the workspace in which something of them still stands."""
    words = [word.encode() for word in ("QUÉMÉNEUR", EMAIL, "quemeneur")]
    files = [path for path in workspace.data.rglob("*") if path.is_file()]
    return [
        str(path)
        for path in files
        if any(word in path.read_bytes() or word.decode() in path.name for word in words)
    ]


def test_a_killed_erase_is_finished_by_whoever_comes_next(workspace: Workspace) -> None:
    contact = a_life(workspace)
    memory = workspace.remember()
    announced = 0
    for number in itertools.count(1):
        memory.restore()
        workspace("list", "-q")  # an index that holds them
        ended = workspace.run("contact", "erase", contact, "--yes", hear=killed_before(number))
        if not ended.was_killed:
            break
        announced += workspace.pending.exists()
        was_announced = workspace.pending.exists()
        workspace("list", "-q")
        if was_announced:
            assert traces(workspace) == []
    assert ended.code == 0
    assert announced > 3


def test_the_index_of_another_user_forgets_them_too(workspace: Workspace) -> None:
    """Each user has an index of their own; whoever was away finds out when they come back."""
    contact = a_life(workspace)
    here = os.environ.get("CRM_STATE_DIR")
    derived = workspace.derived
    kept = {path.name: path.read_bytes() for path in derived.iterdir()}
    assert any(b"QU\xc3\x89M\xc3\x89NEUR" in content for content in kept.values())
    workspace("contact", "erase", contact, "--yes")
    for name, content in kept.items():
        (derived / name).write_bytes(content)  # as it was when the other user last looked
    (derived / "rows-pts-0-1").write_text(f'{{"contact": ["{NAME}"]}}', encoding="utf-8")
    workspace("list", "-q")
    assert traces(workspace) == []
    assert os.environ.get("CRM_STATE_DIR") == here


def test_an_erase_that_was_killed_before_it_was_announced_changed_nothing(workspace: Workspace) -> None:
    contact = a_life(workspace)
    old = workspace.tree()
    dying = killed_at(lambda call: call.path.endswith("/journal/pending"))
    assert workspace.run("contact", "erase", contact, "--yes", hear=dying).was_killed
    workspace("list", "-q")
    assert workspace.tree() == old
    assert Path(workspace.file(contact)).exists()
