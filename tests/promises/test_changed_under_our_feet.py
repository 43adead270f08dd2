"""Promise 3, where the other one is no `crm`: a file that changed since it was read stops the change."""

import os
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.harness.incidents import Call, is_private, meddled_with
from tests.harness.workspaces import JEAN, Workspace


class Scene(NamedTuple):
    """Two records that are about to be moved, and the mail that will be queued to the first customer."""

    workspace: Workspace
    deals: list[str]
    mail: str

    @property
    def move(self) -> tuple[str, ...]:
        return ("move", *self.deals, "--to", "contacted")


def a_scene(workspace: Workspace) -> Scene:
    deals = [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12"]
    would_do = workspace("move", *deals, "--to", "contacted", "--dry-run").out
    return Scene(workspace, deals, mail=would_do.split("  mail ")[1].split()[0])


def before_the_journal(call: Call) -> bool:
    """All files are read, nothing is written."""
    return call.name == "open" and is_private(call.path)


def after_the_journal(call: Call) -> bool:
    """The journal is in place, the new files are being written beside the old ones."""
    return call.name == "open" and not is_private(call.path)


def one_more_line(scene: Scene) -> None:
    """Somebody writes into the second record."""
    path = scene.workspace.file(scene.deals[1])
    path.write_bytes(path.read_bytes() + b"# vu\n")


def removal(scene: Scene) -> None:
    """Somebody removes the second record."""
    scene.workspace.file(scene.deals[1]).unlink()


def a_mail_of_that_name(scene: Scene) -> None:
    """Somebody puts a file where the mail to the customer would go."""
    outbox = scene.workspace.data / "outbox"
    outbox.mkdir(exist_ok=True)
    (outbox / f"{scene.mail}.eml").write_bytes(b"Subject: autre\n\n")


@pytest.mark.parametrize("moment", [before_the_journal, after_the_journal])
@pytest.mark.parametrize("meddle", [one_more_line, removal, a_mail_of_that_name])
def test_a_file_that_somebody_changed_meanwhile_stops_the_whole_change(
    workspace: Workspace, moment: Callable[[Call], bool], meddle: Callable[[Scene], None]
) -> None:
    scene = a_scene(workspace)
    memory = workspace.remember()
    meddle(scene)
    meddled = workspace.tree()
    memory.restore()
    ended = workspace.run(*scene.move, hear=meddled_with(moment, lambda: meddle(scene)))
    assert (ended.code, ended.out) == (75, ""), ended
    assert ended.err.endswith(": changed on disk meanwhile (nothing was changed, run it again)\n")
    assert ended.err.count("\n") == 1
    assert workspace.tree() == meddled
    assert list((workspace.private / "journal").glob("*")) == []


def test_running_it_again_as_it_says_does_it(workspace: Workspace) -> None:
    scene = a_scene(workspace)
    meddling = meddled_with(after_the_journal, lambda: one_more_line(scene))
    assert workspace.run(*scene.move, hear=meddling).code == 75
    workspace(*scene.move)
    assert workspace.text(scene.deals[1]).endswith("# vu\n")
    assert all("stage: contacted\n" in workspace.text(deal) for deal in scene.deals)
    assert workspace.is_clean()


def a_linked_record(workspace: Workspace) -> str:
    """The id of a record whose file is a link to one outside the data directory."""
    deal = workspace.create("Deal", "--contact", JEAN)
    place = workspace.file(deal)
    place.rename(workspace.root / "elsewhere.yaml")
    place.symlink_to(workspace.root / "elsewhere.yaml")
    return deal


def a_linked_directory(workspace: Workspace) -> str:
    """The path of a record below a directory that is a link out of the data directory."""
    deal = workspace.create("Deal", "--contact", JEAN)
    place = workspace.file(deal)
    place.parent.rename(workspace.root / "elsewhere")
    place.parent.symlink_to(workspace.root / "elsewhere")
    return str(place.relative_to(workspace.root))


COMMANDS = [
    ("note", "-m", "Bonjour"),
    ("move", "--to", "contacted"),
    ("set", "priority=2"),
    ("delete", "--yes"),
]


@pytest.mark.parametrize("link", [a_linked_record, a_linked_directory])
@pytest.mark.parametrize("words", COMMANDS)
def test_a_symbolic_link_is_never_followed_for_writing(
    workspace: Workspace, link: Callable[[Workspace], str], words: tuple[str, ...]
) -> None:
    reference = link(workspace)
    elsewhere = next(workspace.root.rglob("elsewhere*/**/*.yaml"), workspace.root / "elsewhere.yaml")
    content, old = elsewhere.read_bytes(), workspace.everything()
    ended = workspace.run(words[0], reference, *words[1:])
    assert ended.code == 5, ended
    assert ended.err.count("\n") == 1
    assert "a symbolic link is not followed for writing" in ended.err
    assert elsewhere.read_bytes() == content
    assert workspace.everything() == old
    assert any(path.is_symlink() for path in (workspace.data / "opportunities").rglob("*"))


def test_new_records_do_not_go_through_a_linked_directory(workspace: Workspace) -> None:
    outside = workspace.root / "elsewhere"
    outside.mkdir()
    (workspace.data / "opportunities").symlink_to(outside)
    ended = workspace.run("create", "T")
    assert ended.code == 5
    assert "a symbolic link is not followed for writing" in ended.err
    assert list(outside.iterdir()) == []
    assert list((workspace.data / "contacts").glob("*")) == []


def test_a_workspace_that_is_reached_through_a_link_is_written_as_usual(workspace: Workspace) -> None:
    link = workspace.root.parent / "link"
    link.symlink_to(workspace.root)
    deal = Workspace(link).create("T", "--contact", JEAN)
    Workspace(link)("move", deal, "--to", "contacted")
    assert "stage: contacted\n" in workspace.text(deal)


def test_a_file_keeps_the_permissions_that_a_person_gave_it(workspace: Workspace) -> None:
    deal = workspace.create("T")
    assert workspace.file(deal).stat().st_mode & 0o777 == 0o600
    os.chmod(workspace.file(deal), 0o640)
    workspace("note", deal, "-m", "Bonjour")
    assert workspace.file(deal).stat().st_mode & 0o777 == 0o640


def test_a_file_with_the_longest_name_there_is_can_be_changed(workspace: Workspace) -> None:
    deal = workspace.create("T")
    place = workspace.file(deal)
    long = place.with_name("x" * (255 - len(f"--{deal}.yaml")) + f"--{deal}.yaml")
    place.rename(long)
    workspace("note", deal, "-m", "Bonjour")
    assert "text: Bonjour" in long.read_text(encoding="utf-8")
    assert [path.name for path in long.parent.iterdir()] == [long.name]
