"""A workspace beside a folder of a phone's items, changed on both sides since the last synchronisation."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.harness.calendar_folder import CalendarFolder
from tests.harness.incidents import Hear, watch
from tests.harness.processes import Ended
from tests.harness.workspaces import Tree, Workspace, anonymous, ids_of

STRANGERS = {
    "anne": "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anne Nouvelle\r\nEND:VCARD\r\n",
    "firm": "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Granulés SA\r\nORG:Granulés SA\r\nTEL:+33 2 98 00 00 00\r\nEND:VCARD\r\n",
    "luc": "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:1\r\nFN:Luc MOAL\r\nORG:Moal SARL\r\nEND:VCARD\r\n",
}


class PhoneScene:
    """A workspace, a folder and what is remembered of both, to come back to."""

    def __init__(self, workspace: Workspace, *words: str) -> None:
        self.workspace = workspace
        self.place = workspace.root.parent
        self.folder = self.place / "folder"
        self.words = words
        self.folder.mkdir()

    @property
    def parts(self) -> list[Path]:
        return [self.workspace.data, self.folder, self.workspace.state]

    def sync(self, *words: str, **more: Any) -> Ended:
        return self.workspace.run(*self.words[:2], str(self.folder), *self.words[2:], *words, **more)

    def keep(self) -> None:
        for each in self.parts:
            shutil.copytree(each, self.place / "kept" / each.name, symlinks=True)
        self.known = ids_of(self.workspace.tree())

    def restore(self) -> None:
        for each in self.parts:
            shutil.rmtree(each)
            shutil.copytree(self.place / "kept" / each.name, each, symlinks=True)

    def disturbed(self, hear: Hear) -> Ended:
        """A run that something happens to."""
        return self.sync(first=lambda: watch(self.place, hear))

    def state(self) -> Tree:
        """Both sides, and what is remembered of them, without the ids that a run draws."""
        state = {path.name: path for path in self.workspace.state.glob("synced-*")}
        paths = {f"folder/{path.name}": path for path in self.folder.iterdir()} | state
        tree = self.workspace.tree() | {name: path.read_bytes() for name, path in paths.items()}
        return {
            path: content for path, content in anonymous(tree, self.known).items() if "synced-" not in path
        }

    def is_settled(self) -> bool:
        """Whether another run changes nothing, not even what is remembered."""
        parts = [
            path for part in (self.folder, self.workspace.state) for path in part.rglob("*") if path.is_file()
        ]
        before = {path: path.read_bytes() for path in parts}, self.workspace.tree()
        ended = self.sync()
        assert (ended.code, ended.out) == (0, ""), ended
        return ({path: path.read_bytes() for path in parts}, self.workspace.tree()) == before


def a_calendar(workspace: Workspace, *words: str) -> PhoneScene:
    """Seven activities: changed here, there, on both sides, on none, new, gone, and somebody else's now."""
    scene = PhoneScene(workspace, "calendar", "sync", *words)
    phone = CalendarFolder(workspace, scene.folder)
    deal = workspace.create("Deal", "--contact", "Jean NEUF <jean@example.org>")
    names = ("both", "moved", "dropped", "yearly", "lent", "same", "deleted")
    for name in names:
        more = ("--every", "1y") if name == "yearly" else ()
        plan(workspace, deal, name, *more)
    assert scene.sync().code == 0
    ids = {each["summary"]: each["id"] for each in activities(workspace)}
    workspace("activity", "edit", ids["both"], "--summary", "Rappeler", "--note", "Demander le plan")
    phone.tick_off(ids["both"])
    phone.say(ids["both"], "Sonner deux fois")
    phone.set(ids["moved"], "DUE", "DUE;VALUE=DATE:20261224")
    workspace("activity", "cancel", ids["dropped"])
    phone.tick_off(ids["yearly"], "20261124T070000Z")
    workspace("activity", "reassign", ids["lent"], "--to", "paul")
    phone.say(ids["lent"], "Il est sourd")
    phone.file(ids["deleted"]).unlink()
    plan(workspace, deal, "new")
    return scene


def a_first_calendar(workspace: Workspace) -> PhoneScene:
    """Items of a run whose memory is lost: one is ticked off, one is new."""
    scene = a_calendar(workspace)
    for each in workspace.state.glob("synced-*"):
        each.unlink()
    return scene


def a_cancelling_calendar(workspace: Workspace) -> PhoneScene:
    """The same, and what is deleted there is cancelled."""
    return a_calendar(workspace, "--deleted", "cancel")


def plan(workspace: Workspace, deal: str, name: str, *more: str) -> None:
    """Plan a call of marie's."""
    words = ["--type", "call", "--assignee", "marie", "--due", "2026-12-01", "--summary", name, *more]
    workspace("activity", "add", deal, *words)


def activities(workspace: Workspace) -> list[dict[str, Any]]:
    return list(json.loads(workspace("activity", "list", "state:any", "-o", "json").out))


def an_address_book(workspace: Workspace) -> PhoneScene:
    """Contacts changed here, there, on both sides, deleted, and three cards of people who are not known."""
    scene = PhoneScene(workspace, "contact", "sync", "--new")
    people = {name: make_contact(workspace, name) for name in ("Jean NEUF", "Eva LUND", "Ida LE GOFF")}
    assert scene.sync().code == 0
    workspace("contact", "set", people["Jean NEUF"], "job=Maçon", "tags+=vip")
    add_lines(scene, people["Jean NEUF"], "TEL:+33 6 12 34 56 78", "TITLE:Patron")
    add_lines(scene, people["Eva LUND"], "ORG:Lund SARL", "BDAY:1970-01-01")
    workspace("contact", "delete", people["Ida LE GOFF"], "--yes")
    make_contact(workspace, "Ute KERN")
    for name, text in STRANGERS.items():
        (scene.folder / f"{name}.vcf").write_text(text, "utf-8", newline="")
    return scene


def make_contact(workspace: Workspace, name: str) -> str:
    return workspace("contact", "create", name, "-o", "ids").ids[0]


def add_lines(scene: PhoneScene, id: str, *lines: str) -> None:
    """Add lines to the card of a contact."""
    path = scene.folder / f"{id}.vcf"
    path.write_bytes(path.read_bytes().replace(b"END:VCARD", "\r\n".join([*lines, "END:VCARD"]).encode()))
