"""The outbox of a workspace may hold anything; what is not a mail is named, and never read, shown or sent."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.crm import Crm

GOOD = "e3aew9rq"  # the mail that waits in the sample


def conflict(path: Path) -> None:
    path.write_text("<<<<<<< ours\nTo: a@b.fr\n=======\nTo: c@d.fr\n>>>>>>> theirs\nSubject: x\n\nx\n")


def conflict_below(path: Path) -> None:
    path.write_text("To: a@b.fr\nSubject: x\n\n<<<<<<< ours\nx\n=======\ny\n>>>>>>> theirs\n")


def link(path: Path) -> None:
    secret = path.parents[3] / "secret"
    secret.write_text("To: a@b.fr\nSubject: the password\n\nhunter2\n")
    path.symlink_to(secret)


def giant(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"To: a@b.fr\n\n")
        file.truncate(1 << 30)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "blank": (lambda path: path.write_bytes(b"\r\n\r\n"), "is empty"),
    "conflict": (conflict, "has git conflict markers"),
    "conflict below": (conflict_below, "has git conflict markers"),
    "binary": (lambda path: path.write_bytes(os.urandom(4096)), "is not an e-mail"),
    "no recipient": (lambda path: path.write_bytes(b"Subject: x\n\nTo: a@b.fr\n"), "is not an e-mail"),
    "directory": (lambda path: path.mkdir(), "cannot be read"),
    "pipe": (lambda path: os.mkfifo(path), "is not a regular file"),
    "link": (link, "is a symbolic link"),
    "dangling link": (lambda path: path.symlink_to("nowhere.eml"), "is a symbolic link"),
    "link to itself": (lambda path: path.symlink_to(path), "is a symbolic link"),
    "1 GB": (giant, "is larger than 64 MiB"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_mail_is_named_and_the_others_are_listed(crm: Crm, what: str) -> None:
    make, reason = BAD[what]
    make(crm.data / "outbox" / "bad.eml")
    began = time.monotonic()
    listed = crm("outbox", "list", "-o", "ids")
    assert listed.ids == [GOOD]
    assert listed.err.startswith("crm: pipeline_data/outbox/bad.eml: ")
    assert reason in listed.err
    assert listed.err.count("\n") == 1
    refused = crm.refused("outbox", "show", "bad", code=5)
    assert refused == listed.err
    [found] = json.loads(crm("check", "-o", "json", code=5).out)
    assert found["path"] == "pipeline_data/outbox/bad.eml"
    assert reason in found["what"]
    assert time.monotonic() - began < 30


def test_a_file_that_may_not_be_read_is_named(crm: Crm) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = crm.data / "outbox" / "bad.eml"
    path.touch(0o000)
    assert "cannot be read: Permission denied" in crm("outbox", "list").err


def test_an_outbox_that_is_a_link_is_not_looked_into(crm: Crm) -> None:
    elsewhere = crm.root.parent / "elsewhere"
    (crm.data / "outbox").rename(elsewhere)
    (crm.data / "outbox").symlink_to(elsewhere)
    assert "lies behind one" in crm("outbox", "list").err
    assert crm("outbox", "list", "-o", "ids").out == ""
    assert "lies behind one" in crm.refused("outbox", "show", GOOD, code=5)


@pytest.mark.parametrize("id", ["../crm", "../opportunities/x", "/etc/passwd", "..", ""])
def test_an_id_never_leads_out_of_the_outbox(crm: Crm, id: str) -> None:
    assert "waits in the outbox" in crm.refused("outbox", "show", id, code=3)


@pytest.mark.parametrize("name", [b"\xff.eml", b"a\nb.eml", b"a\x1b[2Jb.eml"])
def test_a_file_whose_name_cannot_be_told_is_no_mail(crm: Crm, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(crm.data / "outbox") + b"/" + name)).write_bytes(b"To: a@b.fr\n\nx\n")
    listed = crm("outbox", "list", "-o", "ids")
    assert (listed.ids, listed.err.count("\n")) == ([GOOD], 1)
    [found] = json.loads(crm("check", "-o", "json", code=5).out)
    assert "has a name" in found["what"]


def test_a_record_takes_no_file_with_it_that_is_no_mail(crm: Crm) -> None:
    path = crm.file("xgcej9p8")
    entry = "  - id: aaaaaaaa\n    direction: out\n    file: ../crm.yaml\n"
    path.write_text(path.read_text().replace("messages:\n", f"messages:\n{entry}", 1))
    deleted = crm("delete", "xgcej9p8", "--yes")
    assert f"outbox/{GOOD}.eml" in deleted.out
    assert (crm.data / "crm.yaml").exists()


@pytest.mark.parametrize(
    "date", ["Date: never", "Date: Mon, 99 Foo 20000 99:99:99 +9999", "Date: =?utf-8?q?x?="]
)
def test_a_mail_that_somebody_made_by_hand_is_listed(crm: Crm, date: str) -> None:
    mail = f"{date}\nTo: undisclosed-recipients:;, é <a@b.fr>\nSubject: =?x-none?q?=E9?=\nSubject: two\n\nx\n"
    (crm.data / "outbox" / "hand.eml").write_text(mail, "utf-8")
    rows = json.loads(crm("outbox", "list", "-o", "json").out)
    assert [row["id"] for row in rows] == ["hand", GOOD]
    assert crm("outbox", "show", "hand").out == mail


@pytest.mark.parametrize("place", ["outbox/leak.eml", "mail/2026/11/leak.eml"])
def test_what_a_link_leads_to_is_not_handed_over_with_a_persons_mails(crm: Crm, place: str) -> None:
    (crm.data / place).parent.mkdir(parents=True, exist_ok=True)
    link(crm.data / place) if place.startswith("outbox") else (crm.data / place).symlink_to("/etc/hostname")
    deal = crm.file("xgcej9p8")
    name = place.removeprefix("outbox/")
    entry = f"  - id: aaaaaaaa\n    direction: out\n    file: {name}\n"
    deal.write_text(deal.read_text().replace("messages:\n", f"messages:\n{entry}", 1))
    contact = json.loads(crm("show", "xgcej9p8", "-o", "json").out)["contact"]
    crm("contact", "export", contact, str(crm.root.parent / "folder"))
    given = {path.name for path in (crm.root.parent / "folder").rglob("*") if path.is_file()}
    assert f"{GOOD}.eml" in given
    assert "leak.eml" not in given
