"""`crm form`, `crm serve` and `crm ingest --format form`: as a shell and a CGI script call them."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from crmcli.store.form_spool import list_spooled
from crmcli.store.transactions import lock
from tests.harness.crm import Crm

FIELDS = {"name": "Anne", "email": "anne@example.org", "message": "Un poêle", "consent": "on"}
BODY = urlencode(FIELDS).encode()
MULTIPART = "".join(
    f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in FIELDS.items()
)


def filed(crm: Crm, body: bytes, *words: str, **environment: str) -> dict[str, Any]:
    [result] = json.loads(
        crm("ingest", "--format", "form", "-o", "json", *words, stdin=body, **environment).out
    )
    return dict(result)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", BODY),
        ("application/x-www-form-urlencoded; charset=utf-8", BODY),
        ("application/json", json.dumps({**FIELDS, "consent": True}).encode()),
        ("multipart/form-data; boundary=b", f"{MULTIPART}--b--\r\n".encode()),
        ("", BODY),
    ],
)
def test_a_body_of_each_kind_becomes_the_same_lead(crm: Crm, kind: str, body: bytes) -> None:
    page = "https://www.atre-granules.example/devis?utm_campaign=salon"
    told = filed(crm, body + b"ignored", CONTENT_TYPE=kind, CONTENT_LENGTH=str(len(body)), HTTP_REFERER=page)
    assert told["outcome"] == "new"
    deal = json.loads(crm("show", told["id"], "-o", "json").out)
    assert (deal["contact_name"], deal["marketing"]["campaign"]) == ("Anne", "salon-habitat-2026")
    assert deal["description"].startswith("Un poêle")
    assert (
        filed(crm, body, CONTENT_TYPE=kind, HTTP_REFERER=page, CRM_NOW="2026-11-24T10:00")["outcome"]
        == "known"
    )


def test_wrong_fields_are_named_and_nothing_is_lost(crm: Crm) -> None:
    body = urlencode({"nom": "Anne", "courriel": "anne@", "couleur": "blanc"}).encode()
    lines = crm("ingest", "--format", "form", "--verbose", stdin=body).err.splitlines()
    assert [line.split(" –")[0] for line in lines[:2]] == ["crm: E-mail", "crm: Votre message"]
    assert "kept aside" in lines[3]
    [kept] = [json.loads(line) for line in crm("inbox", "list", "-o", "jsonl").out.splitlines()]
    whole = crm("inbox", "show", kept["id"]).out
    assert all(text in whole for text in ("Anne", "anne@", "couleur: blanc"))


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        urlencode({"nom": "Anne", "courriel": "anne@"}).encode(),
        urlencode({**FIELDS, "website": "x"}).encode(),
        b"{",
    ],
    ids=["whole", "faulty", "trapped", "unreadable"],
)
def test_a_program_hears_nothing_on_stderr_of_what_is_stored(crm: Crm, body: bytes) -> None:
    """It would stand in the error log of the web server, where somebody looks for errors."""
    assert crm("ingest", "--format", "form", stdin=body, CONTENT_TYPE="").err == ""


def test_a_script_reads_what_to_tell_the_visitor(crm: Crm) -> None:
    def told(body: bytes, **environment: str) -> list[str]:
        template = '{{ faults | join("\n") }}'
        words = ("ingest", "--format", "form", "--template", template)
        return crm(*words, stdin=body, **environment).out.splitlines()

    wrong = urlencode({**FIELDS, "email": "anne@", "consent": ""}).encode()
    assert [line.split(" – ")[0] for line in told(wrong)] == [
        "E-mail",
        "J’accepte d’être recontacté au sujet de ma demande",
    ]
    assert "".join(told(BODY)) == ""
    assert "".join(told(urlencode({"email": "anne@", "website": "x"}).encode())) == "", (
        "a program learns nothing"
    )
    assert told(b"{", CONTENT_TYPE="application/json")[0].startswith("Votre message n’a pas pu être lu")
    assert told(b"name=" + b"a" * 300_000)[0].startswith("Votre message est trop volumineux")


@pytest.mark.parametrize("length", [str(len(BODY) + 1), "999999999999999", "9" * 40])
def test_half_a_form_is_none(crm: Crm, length: str) -> None:
    said = crm.refused("ingest", "--format", "form", code=75, stdin=BODY, CONTENT_LENGTH=length)
    assert f"ends after {len(BODY)} of" in said
    assert list_spooled(crm.root) == []
    assert crm("inbox", "list", "-o", "ids").ids == []


def hand_over(crm: Crm, body: bytes, *words: str) -> "subprocess.Popen[str]":
    """A command whose standard input is a socket, as that of Apache's CGI scripts is, with all of it sent."""
    ours, theirs = socket.socketpair()
    process = crm.start("ingest", *words, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
    theirs.close()
    ours.sendall(body)
    ours.shutdown(socket.SHUT_WR)
    process.wait(60)
    assert ours.recv(100) == b"", "neither reset nor anything said"
    ours.close()
    return process


@pytest.mark.parametrize("words", [["--format", "form"], ["--format", "form", "--nonsense"], []])
def test_what_cannot_be_stored_is_read_all_the_same(crm: Crm, words: list[str]) -> None:
    """Apache loses the answer to the visitor where some of the form is unread."""
    (crm.data / "crm.yaml").write_text("stages: [")
    assert hand_over(crm, BODY * 400 if words else MAIL * 400, *words).returncode == 75


@pytest.mark.parametrize("length", ["", "x", "-5", "²", "٣"])
def test_a_length_that_is_no_number_is_not_believed(crm: Crm, length: str) -> None:
    assert filed(crm, BODY, CONTENT_LENGTH=length)["outcome"] == "new"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_request_that_sends_no_form_makes_none(crm: Crm, method: str) -> None:
    said = crm.refused("ingest", "--format", "form", code=75, REQUEST_METHOD=method)
    assert f"sent with POST, not {method}" in said
    assert crm("inbox", "list", "-o", "ids").ids == []


def leave_waiting(crm: Crm, *emails: str) -> None:
    """Let forms wait in the spool."""
    with lock.hold_lock(crm.data, patience=0):
        for email in emails:
            body = urlencode({**FIELDS, "email": email}).encode()
            assert filed(crm, body, CRM_LOCK_TIMEOUT="0")["outcome"] == "waiting"


MAIL = (
    b"From: Bruno <bruno@example.org>\nTo: devis@atre-granules.example\nSubject: Un insert\n"
    b"Message-ID: <1@example.org>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour\n"
)


@pytest.mark.parametrize("way", ["stdin", "file", "Maildir"])
def test_any_ingest_files_the_forms_that_wait(crm: Crm, tmp_path: Path, way: str) -> None:
    leave_waiting(crm, "anne@example.org", "claire@example.org")
    place = tmp_path / "box"
    for part in ("new", "cur", "tmp"):
        (place / part).mkdir(parents=True)
    (place / "new" / "1.eml").write_bytes(MAIL)
    sources = {"stdin": [], "file": [str(place / "new" / "1.eml")], "Maildir": [str(place)]}[way]
    ended = crm("ingest", "-o", "json", *sources, stdin=MAIL)
    assert [each["title"] for each in json.loads(ended.out)] == ["Un insert"]
    assert ended.err == ""
    assert list_spooled(crm.root) == []
    assert len(crm("list", "is:lead", "created:today", "-o", "ids").ids) == 3


def test_a_form_in_trouble_changes_nothing_for_the_mail(crm: Crm) -> None:
    leave_waiting(crm, "anne@example.org")
    spool = crm.data / ".crm" / "forms"
    (spool / "x.eml").mkdir()
    (spool / "y.eml").symlink_to("/etc/passwd")
    (spool / "z.eml").write_bytes(b"\xff\x00" * 200)
    spool.chmod(0o500)
    ended = crm("ingest", "-o", "json", stdin=MAIL)
    spool.chmod(0o700)
    assert [each["title"] for each in json.loads(ended.out)] == ["Un insert"]
    assert ended.err == ""


def test_a_dry_run_of_a_mail_leaves_the_forms(crm: Crm) -> None:
    leave_waiting(crm, "anne@example.org")
    assert "would do" in crm("ingest", "--dry-run", stdin=MAIL).out
    assert len(list_spooled(crm.root)) == 1


def test_fields_that_are_not_declared_are_left_out(crm: Crm) -> None:
    told = filed(crm, urlencode({**FIELDS, "probability": "100", "stage": "won", "X-Crm": "x"}).encode())
    deal = json.loads(crm("show", told["id"], "-o", "json").out)
    assert (deal["stage"], deal["probability"]) == ("new", 10)
    assert "X-Crm" not in json.dumps(deal)


def test_a_trapped_program_is_kept_aside(crm: Crm) -> None:
    assert filed(crm, urlencode({**FIELDS, "website": "x"}).encode())["outcome"] == "aside"


@pytest.mark.parametrize("body", [b"", b"\xff" * 5000, b"{", b"a" * 300_000])
def test_a_body_that_cannot_be_read_is_kept(crm: Crm, body: bytes) -> None:
    told = filed(crm, body, CONTENT_TYPE="application/json")
    assert told["outcome"] == "quarantined"
    kept = [path.read_bytes() for path in (crm.data / "quarantine").glob("*.eml")]
    assert kept == [body]


def test_a_locked_store_keeps_the_form_for_the_next_tick(crm: Crm) -> None:
    with lock.hold_lock(crm.data, patience=0):
        ended = crm("ingest", "--format", "form", stdin=BODY, CRM_LOCK_TIMEOUT="0")
        assert ended.out.startswith("stored, to be filed later")
        assert ended.err == ""
    assert len(list_spooled(crm.root)) == 1
    assert "web form: new lead" in crm("tick").out
    assert list_spooled(crm.root) == []


def test_a_form_that_waits_is_erased_with_its_person(crm: Crm) -> None:
    told = filed(crm, BODY)
    who = json.loads(crm("show", told["id"], "-o", "json").out)["contact"]
    with lock.hold_lock(crm.data, patience=0):
        body = urlencode({**FIELDS, "message": "Encore moi"}).encode()
        crm("ingest", "--format", "form", stdin=body, CRM_LOCK_TIMEOUT="0")
    crm("contact", "erase", who, "--yes")
    files = [
        path.read_bytes() for path in crm.root.rglob("*") if path.is_file() and "derived-" not in str(path)
    ]
    assert not [content for content in files if b"anne@example.org" in content]


def test_a_wrong_call_is_tried_again_by_the_web_server(crm: Crm) -> None:
    for words in (["--form", "nonsense"], ["--format", "fax"], ["--nonsense"]):
        crm.refused("ingest", "--format", "form", *words, code=75, stdin=BODY)
    crm.refused("ingest", "--form", "contact", code=75, stdin=BODY)


def test_dry_run_files_and_stores_nothing(crm: Crm) -> None:
    before = crm.records()
    assert "new lead" in crm("ingest", "--format", "form", "--dry-run", stdin=BODY).out
    assert crm.records() == before
    assert list_spooled(crm.root) == []


def test_forms_are_listed_with_their_fields(crm: Crm) -> None:
    [form] = json.loads(crm("form", "list", "-o", "json").out)
    assert (form["id"], form["required"]) == ("contact", ["name", "email", "message", "consent"])


def test_the_snippet_holds_all_fields_and_the_trap(crm: Crm) -> None:
    html = crm("form", "html", "contact", "--address", "https://f.example/contact").out
    assert 'action="https://f.example/contact"' in html
    for name in ("name", "email", "phone", "appliance", "message", "consent", "website"):
        assert f'name="{name}"' in html


def edit(crm: Crm, old: str, new: str) -> None:
    path = crm.data / "crm.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    honeypot: website", "    honeypot: phone", "'phone' is a field that people fill in"),
        ("route: formulaire@atre", "route: formulair@atre", "no route takes formulair@atre"),
        ("route: formulaire@atre-granules.example", "route: nobody", "'nobody' is not an address"),
        (
            "origins: [https://www.atre-granules.example]",
            "origins: [www.x.fr]",
            "'www.x.fr' is not an origin",
        ),
        ("{name: appliance}", "{name: colour}", "colour needs a label"),
        ("{name: appliance}", "{name: appliance, choices: [PAG, Avion]}", "'Avion' is not a choice"),
        ("{name: appliance}", "{name: email}", "'email' is used twice"),
        ("{name: appliance}", "{name: a, label: A, type: choice}", "a has no choices"),
        ("{name: appliance}", "{name: a, label: A, type: colour}", "colour"),
        ("    privacy: Vos", "    privacie: Vos", "privacie"),
        ("  - id: contact\n    title: Votre", "  - id: Contact us\n    title: Votre", "cannot be in a link"),
    ],
)
def test_a_mistake_in_a_declaration_is_found_at_its_line(crm: Crm, old: str, new: str, told: str) -> None:
    edit(crm, old, new)
    ended = crm.run("config", "check")
    assert ended.code == 5
    said = f"{ended.out}{ended.err}"
    assert told in said
    lines = (crm.data / "crm.yaml").read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines, 1) if line == "forms:")
    place = said.split("crm.yaml:")[1].split(":")
    assert start < int(place[0]) < start + 22


@contextmanager
def serving(crm: Crm, *words: str) -> Iterator[tuple[str, int]]:
    """The address of a server that runs during the block."""
    server = crm.start("serve", *words, "--port", "0", stderr=subprocess.PIPE)
    try:
        assert server.stderr is not None
        line = server.stderr.readline()
        host, _, port = line.split("//")[1].split("/")[0].rpartition(":")
        yield host, int(port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


def test_the_server_listens_at_loopback_only_and_ends_when_told(crm: Crm) -> None:
    with serving(crm, "--form", "contact") as (host, port):
        assert host == "127.0.0.1"
        connection = http.client.HTTPConnection(host, port, timeout=20)
        connection.request("GET", "/contact")
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("server")) == (200, None)
        assert b"Votre projet" in answer.read()
        connection.request("GET", "/")
        assert connection.getresponse().status == 404
        connection.close()


def test_what_waits_is_filed_when_the_server_starts(crm: Crm) -> None:
    with lock.hold_lock(crm.data, patience=0):
        crm("ingest", "--format", "form", stdin=BODY, CRM_LOCK_TIMEOUT="0")
    with serving(crm) as (host, port):
        connection = http.client.HTTPConnection(host, port, timeout=20)
        connection.request("GET", "/contact")
        assert connection.getresponse().status == 200
        connection.close()
    assert list_spooled(crm.root) == []
    assert len(crm("list", "is:lead", "created:today", "-o", "ids").ids) == 1


def test_an_address_that_is_taken_is_told_in_one_line(crm: Crm) -> None:
    with serving(crm) as (_, port):
        assert f"127.0.0.1:{port}: cannot listen" in crm.refused("serve", "--port", str(port), code=2)


def test_without_the_extra_one_line_says_how_to_install_it(crm: Crm, tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ModuleNotFoundError('x', name='uvicorn')\n")
    path = os.pathsep.join([str(tmp_path), crm.environment["PYTHONPATH"]])
    ended = subprocess.run(
        [sys.executable, "-m", "crmcli", "serve"],
        env={**crm.environment, "PYTHONPATH": path},
        cwd=crm.root,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "crm: serving needs the package uvicorn (pip install 'crm-plain[web]')\n"
