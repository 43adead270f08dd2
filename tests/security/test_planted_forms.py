"""A spool of web forms that came with a workspace: what lies in it is worth no more than a stranger's mail."""

import json
import os
import socket
import stat
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from crmcli.operations.messages import web_forms
from crmcli.operations.request import Request
from crmcli.store.form_spool import LARGEST, list_spooled, read_spooled
from tests.harness.crm import Crm

RICHARD = "xgcej9p8"
SECRET = "hunter2, the password"
MAIL = (
    b"From: Bruno <bruno@example.org>\nTo: devis@atre-granules.example\nSubject: Un insert\n"
    b"Message-ID: <1@example.org>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour\n"
)


def planted(number: int = 1, text: str = "", headers: dict[str, str] | None = None) -> EmailMessage:
    """The message of a form, as a stranger writes it who knows how crm does."""
    made = EmailMessage()
    made["From"] = f"Anne <anne{number}@example.org>"
    made["To"] = "formulaire@atre-granules.example"
    made["Subject"] = f"Projet {number}"
    made["Date"] = "Mon, 23 Nov 2026 10:00:00 +0100"
    made["Message-ID"] = f"<{number}@forms.crm.invalid>"
    made["X-Crm-Form"] = "contact"
    for name, value in (headers or {}).items():
        made[name] = value
    made.set_content(text or f"name: Anne\nemail: anne{number}@example.org\nmessage: Un poêle\n")
    return made


def spool_of(crm: Crm) -> Path:
    place = crm.data / ".crm" / "forms"
    place.mkdir(exist_ok=True)
    return place


def leads(crm: Crm) -> list[dict[str, Any]]:
    """The leads of today, in full."""
    ids = crm("list", "is:lead", "created:today", "-o", "ids").ids
    return [json.loads(crm("show", id, "-o", "json").out) for id in ids]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{folder}/{path.name}")  # a longer path is refused
    os.close(folder)


def link(path: Path) -> None:
    secret = path.parents[4] / "secret"
    secret.write_text(f"From: x@example.org\nTo: formulaire@atre-granules.example\nSubject: x\n\n{SECRET}\n")
    path.symlink_to(secret)


def giant(path: Path) -> None:
    path.write_bytes(bytes(planted()))
    os.truncate(path, 1 << 30)


def rather_large(path: Path) -> None:
    path.write_bytes(bytes(planted()) + b"x" * LARGEST)


NOT_FORMS: dict[str, Callable[[Path], object]] = {
    "pipe": pipe,
    "socket": listening,
    "link": link,
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "directory": lambda path: path.mkdir(),
    "1 GB": giant,
    "over a megabyte": rather_large,
}


@pytest.mark.parametrize("what", NOT_FORMS)
def test_what_is_no_form_is_left_alone_and_named_and_the_others_are_filed(crm: Crm, what: str) -> None:
    spool = spool_of(crm)
    NOT_FORMS[what](spool / "0.eml")
    (spool / "1.eml").write_bytes(bytes(planted()))
    begun = time.monotonic()
    assert crm("ingest", stdin=MAIL).err == ""
    assert time.monotonic() - begun < 5
    assert sorted(each["title"] for each in leads(crm)) == ["Projet 1", "Un insert"]
    assert list_spooled(crm.root) == ["0.eml"]
    said = crm("check").err
    assert "pipeline_data/.crm/forms/0.eml: not a form that crm stored; delete it" in said
    assert "wait" not in said
    files = [each.read_bytes() for each in crm.data.rglob("*.eml") if each.is_file() and each.parent != spool]
    assert not [content for content in files if SECRET.encode() in content]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 900, os.urandom(5000), b"\n" * 5000, b"<<<<<<< ours\n"], ids=range(5)
)
def test_any_bytes_are_kept_and_leave_the_spool(crm: Crm, content: bytes) -> None:
    (spool_of(crm) / "0.eml").write_bytes(content)
    crm("tick")
    assert list_spooled(crm.root) == []
    kept = [each.read_bytes() for each in (crm.data / "quarantine").glob("*.eml")]
    kept += [each.read_bytes() for each in (crm.data / "mail").rglob("*.eml")]
    assert content in kept


@pytest.mark.parametrize(
    "name", [b"-rf.eml", b"\x1b[31mred.eml", b"two\nlines.eml", b"\xff\xfe.eml", b"a" * 250 + b".eml", b".eml", b"$(id).eml"]
)  # fmt: skip
def test_a_form_may_have_any_name_and_nothing_of_it_is_shown(crm: Crm, name: bytes) -> None:
    place = os.fsencode(spool_of(crm)) + b"/" + name
    Path(os.fsdecode(place)).write_bytes(bytes(planted()))
    ended = crm("tick")
    assert "\x1b" not in ended.out + ended.err
    assert [each["title"] for each in leads(crm)] == ["Projet 1"]
    os.symlink("nowhere", place)
    ended = crm("check")
    assert "delete it" in ended.err
    assert "\x1b" not in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_fields_that_no_form_may_set_are_text(crm: Crm) -> None:
    text = (
        "name: Anne\nemail: anne1@example.org\nstage: won\nprobability: 100\nowner: paul\nkind: opportunity\n"
        "expected_revenue: 9999\nid: xgcej9p8\ncontact: f8dz9xw4\nfields.brand: Rika\nmessage: Un poêle\n"
    )
    (spool_of(crm) / "0.eml").write_bytes(bytes(planted(text=text)))
    crm("tick")
    [lead] = leads(crm)
    assert (lead["stage"], lead["probability"], lead["owner"], lead["kind"]) == ("new", 10, "marie", "lead")
    assert (lead.get("expected_revenue"), lead.get("lost")) == (None, None)
    assert lead["id"] != RICHARD
    assert "expected_revenue: 9999" in lead["description"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Crm-Record": RICHARD},
        {"X-Crm-Form-Reason": "\x1b[31m" + "x" * 100_000},
        {"X-Crm-Outbox": "e3aew9rq"},
        {"To": "devis+xgcej9p8@atre-granules.example"},
        {"In-Reply-To": "<1@example.org>", "References": "<1@example.org> " * 2000},
    ],
    ids=["record", "reason", "outbox", "address", "thread"],
)
def test_a_header_that_crm_writes_gives_a_stranger_nothing(crm: Crm, headers: dict[str, str]) -> None:
    before = json.loads(crm("show", RICHARD, "-o", "json").out)
    message = planted()
    for name in headers:
        del message[name]
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
    raw = lines.encode() + bytes(message)
    (spool_of(crm) / "0.eml").write_bytes(raw)
    ended = crm("tick")
    after = json.loads(crm("show", RICHARD, "-o", "json").out)
    for key in ("stage", "owner", "expected_revenue", "fields", "project", "contact", "lost"):
        assert after.get(key) == before.get(key)
    assert list_spooled(crm.root) == []
    told = [
        ended.out,
        ended.err,
        crm("inbox", "list").out,
        *(each.read_text() for each in (crm.data / "quarantine").glob("*.txt")),
    ]
    assert all(len(each) < 4000 and "\x1b" not in each for each in told)


def test_files_in_a_planted_form_are_listed_and_lie_nowhere(crm: Crm) -> None:
    message = planted()
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="../../.bashrc")
    (spool_of(crm) / "0.eml").write_bytes(bytes(message))
    before = {path for path in crm.root.parent.rglob("*") if path.name == ".bashrc"}
    crm("tick")
    assert len(leads(crm)) == 1
    assert {path for path in crm.root.parent.rglob("*") if path.name == ".bashrc"} == before


def test_thousands_of_forms_are_filed_some_at_a_time(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_forms, "MOST", 3)
    for number in range(20):
        (spool_of(crm) / f"{number}.eml").write_bytes(bytes(planted(number)))
    for name, value in crm.environment.items():
        monkeypatch.setenv(name, value)
    web_forms.file_leftovers(Request(str(crm.root)))
    assert len(list_spooled(crm.root)) == 17
    assert len(web_forms.file_spooled(Request(str(crm.root)))) == 17
    assert len(leads(crm)) == 20


def test_no_more_than_a_part_of_the_spool_is_in_memory(crm: Crm) -> None:
    for number in range(40):
        (spool_of(crm) / f"{number:02}.eml").write_bytes(b"x" * LARGEST)
    parts = list(web_forms.list_parts(read_spooled(crm.root)))
    assert [len(part) for part in parts] == [16, 16, 8]
    assert sum(len(content) for _, content in parts[0]) == web_forms.MOST_BYTES


def test_a_spool_that_is_a_link_is_not_followed(crm: Crm, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "0.eml").write_bytes(bytes(planted()))
    (crm.data / ".crm" / "forms").symlink_to(elsewhere)
    assert "wait" not in crm("check").err
    crm("tick")
    assert (
        crm(
            "ingest", "--format", "form", code=75, stdin=b"name=a&email=a%40example.org&message=x&consent=1"
        ).out
        == ""
    )
    assert [path.name for path in elsewhere.iterdir()] == ["0.eml"]
    assert leads(crm) == []


def test_a_form_that_waits_is_private(crm: Crm) -> None:
    crm("ingest", "--format", "form", stdin=b"name=a&email=a%40example.org&message=x&consent=1")
    assert stat.S_IMODE((crm.data / ".crm" / "forms").stat().st_mode) == 0o700
