"""A hostile mail is filed, or kept aside, within seconds, however it is made."""

import os
import tracemalloc
from collections.abc import Callable

import pytest

from crmcli.domain.model.config import Config
from crmcli.mail.incoming.classify import classify_mail
from crmcli.mail.incoming.html_text import read_html
from crmcli.mail.incoming.parse import NoMailError, Received, parse_bytes
from tests.harness.crm import Crm

SOON = 6.0
MULTIPART = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n'
FORM = b"Content-Type: text/plain\n"


def mail(headers: bytes = FORM, text: bytes = b"x", sender: bytes = b"Eve <eve@example.org>") -> bytes:
    return (
        b"From: " + sender + b"\nTo: info@example.org\nSubject: Devis\nMessage-ID: <1@example.org>\n"
        b"Date: Tue, 24 Nov 2026 09:00:00 +0100\n" + headers + b"\n" + text
    )


MAILS: dict[str, bytes] = {
    "parameter of semicolons": mail(b'Content-Type: text/plain; x="' + b";" * 2_000_000 + b"\n"),
    "many parameters": mail(b"Content-Type: text/plain" + b"; a=b" * 300_000 + b"\n"),
    "numbered parameters": mail(
        b"Content-Type: text/plain" + b"".join(b"; charset*%d=a" % number for number in range(60_000)) + b"\n"
    ),
    "parameters of parts": mail(
        MULTIPART, (b'--b\nContent-Type: text/plain; x="' + b";" * 60_000 + b"\n\nx\n") * 50
    ),
    "disposition": mail(FORM + b'Content-Disposition: attachment; filename="' + b";" * 2_000_000 + b"\n"),
    "long boundary": mail(b'Content-Type: multipart/mixed; boundary="' + b"b" * 1_000_000 + b'"\n'),
    "many parts": mail(MULTIPART, b"--b\n\n" * 800_000),
    "parts with types": mail(MULTIPART, b"--b\nContent-Type: text/html\n\nx\n" * 100_000),
    "forwarded mails": mail(MULTIPART, b"--b\nContent-Type: message/rfc822\n\nSubject: x\n\n" * 80_000),
    "parts in parts": mail(
        b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b0"\n',
        b"".join(
            b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (depth, depth + 1)
            for depth in range(300)
        )
        + b"x\n" * 1_000_000,
    ),
    "senders": b"From: a@b.fr\n" * 300_000 + b"Subject: x\n\nx",
    "recipients": mail(b"To: a@b.fr, c@d.fr\n" * 200_000),
    "long lists of recipients": mail((b"To: " + b"a@b.fr, " * 8_000 + b"\n") * 60),
    "references": mail((b"References: " + b"<a@b>" * 12_000 + b"\n") * 60),
    "many references": mail(
        b"References: " + b" ".join(b"<%d@b>" % number for number in range(6_000)) + b"\n"
    ),
    "parentheses": mail(sender=b"(" * 60_000),
    "quotes": mail(sender=b'"' * 60_000),
    "groups": mail(sender=b"a:" * 30_000),
    "encoded words": mail(b"Subject: " + b"=?utf-8?q?a?= " * 70_000 + b"\n"),
    "prefixes": mail(b"Subject: " + b"re:" * 300_000 + b"\n"),
    "accents": mail(b"Content-Type: text/plain; charset=utf-8\n", "a\u0315\u0300".encode() * 500_000),
    "sentences in a character": mail(
        b"Content-Type: text/plain; charset=utf-8\n", "\ufdfa".encode() * 1_000_000
    ),
    "quoted-printable": mail(FORM + b"Content-Transfer-Encoding: quoted-printable\n", b"=41" * 1_500_000),
    "lines of a form": mail(text=b"nom: a\nemail: b@c.fr\ntel: 1\n" + b"x: y\n" * 1_000_000),
    "utf-7": mail(b"Content-Type: text/plain; charset=utf-7\n", b"+AGE-" * 1_000_000),
    "punycode": mail(b"Content-Type: text/plain; charset=punycode\n", b"a-b" * 1_000_000),
    "no space": mail(text=b"x" * 5_000_000),
    "blank lines": mail(text=b"\n" * 5_000_000),
}
PAGES: dict[str, str] = {
    "a tag without end": "<" + "a" * 4_000_000,
    "blanks in a tag": "<a" + " " * 4_000_000,
    "angles": "<" * 4_000_000,
    "many attributes": "<p " + " ".join(f"a{number}=b" for number in range(300_000)) + ">x",
    "many attributes in quotes": "<p " + " ".join(f"a{number}='>\"<'" for number in range(200_000)) + ">x",
    "attributes without values": "<p " + " ".join(f"a{number}" for number in range(300_000)) + ">x",
    "an open quote": '<p a="' + "<p>" * 1_000_000,
    "quotes without end": "<p a='" * 600_000,
    "paragraphs": "<p>x</p>" * 500_000,
    "elements in each other": "<div>" * 800_000,
    "tables in each other": "<table><tr><td>" * 250_000,
    "lines": "<br>" * 1_000_000,
    "comments": "<!--" * 1_000_000,
    "short comments": "<!-->" * 800_000,
    "scripts": "<script>x</script>" * 220_000,
    "open scripts": "<script>" * 500_000,
    "entities": "&amp;" * 800_000,
    "misnested": "<b><p></b>" * 400_000,
    "closed and not open": "</p>" * 1_000_000,
}


def in_time(action: Callable[[], object], seconds: float = SOON) -> None:
    """Run this within so many seconds of processor time, its children's included."""
    began = sum(os.times()[:4])
    action()
    assert sum(os.times()[:4]) - began < seconds


@pytest.mark.parametrize("name", MAILS)
def test_a_hostile_mail_is_understood_soon(name: str) -> None:
    def attempt() -> object:
        try:
            return parse_bytes(MAILS[name])
        except NoMailError as error:
            return error

    in_time(attempt)


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_is_read_soon(name: str) -> None:
    in_time(lambda: read_html(PAGES[name]))


@pytest.mark.parametrize(
    "name", ["parameter of semicolons", "many parts", "many references", "parentheses", "accents", "senders"]
)
def test_a_hostile_mail_is_never_lost(crm: Crm, name: str) -> None:
    before = set(crm.records())
    in_time(lambda: crm("ingest", stdin=MAILS[name]), 20)
    new = {path for path in set(crm.records()) - before if path.endswith(".eml")}
    assert [crm.records()[path] for path in new] == [MAILS[name]]


@pytest.mark.parametrize("command", [("message", "show"), ("attachment", "list")])
@pytest.mark.parametrize("name", ["many parts", "parts in parts", "long boundary"])
def test_a_hostile_mail_that_is_stored_is_shown_soon(bare: Crm, command: tuple[str, str], name: str) -> None:
    bare("ingest", stdin=MAILS[name])
    [id] = bare("list", "-o", "ids").out.split()
    in_time(lambda: bare(*command, id), 20)


def test_the_newest_references_count(crm: Crm) -> None:
    mail = parse_bytes(MAILS["many references"])
    assert mail.answers[:2] == ("<5999@b>", "<5998@b>")
    assert len(mail.answers) == 100


def test_a_large_mail_with_attachments_is_read() -> None:
    attached = (
        b"--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" + b"QUFB" * 19 + b"\n"
    )
    parts = b"--b\nContent-Type: text/plain\n\nBonjour\n" + (attached + b"QUFB\n" * 100_000) * 5 + b"--b--\n"
    assert parse_bytes(mail(MULTIPART, parts)).text == "Bonjour"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p class='a > b' title=\"<i>\">Bonjour <b>Anne</b></p>", "Bonjour Anne"),
        ("a < b &amp; c > d <br/>e", "a < b & c > d\ne"),
        ("<style>p {a: b}</style><script>if (a<b) '</p>'</script>x", "x"),
        ("<!-- <p>no</p> -->yes<!doctype html><?php no ?>", "yes"),
        ("<o:p>Outlook</o:p><v:shape id=x>!</v:shape>", "Outlook!"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
        ("<a href=x>lien</a><img src='data:image/png;base64,AAAA' alt=no>", "lien"),
        ("x<p", "x"),
    ],
)
def test_a_page_is_read_as_people_see_it(html: str, text: str) -> None:
    assert "\n".join(line.strip() for line in read_html(html).splitlines() if line.strip()) == text


MEGABYTE = 1024 * 1024
LINES = {
    "text": b"Bonjour tout le monde\n",
    "short lines": b"x\n",
    "a form of blanks": b"a" + b" " * 20_000 + b"b\n",
    "labels": b"Nom : a : b Tel : x\n",
    "quotations": b"> a\nb\n",
    "announcements": b"Le 1 a @\n",
    "headers of quoted mails": b"De : a\n\n",
    "signatures": b"-- \n",
    "one line": b"a: ",
}
LARGE_PAGES = {
    "rows": b"<tr><td>a</td><td>b",
    "quotations": b"<blockquote type=cite>a",
    "tags": b"<" + b"a" * 80_000,
}


def large(piece: bytes, kind: bytes = b"text/plain", size: int = 24 * MEGABYTE) -> bytes:
    return mail(b"Content-Type: " + kind + b"\n", piece * (size // len(piece)))


@pytest.mark.parametrize("name", LINES)
def test_a_large_text_is_understood_soon(name: str) -> None:
    in_time(lambda: classify_mail(parse_bytes(large(LINES[name])), Config()), 5)


@pytest.mark.parametrize("name", LARGE_PAGES)
def test_a_large_page_is_understood_soon(name: str) -> None:
    in_time(lambda: classify_mail(parse_bytes(large(LARGE_PAGES[name], b"text/html")), Config()), 5)


def test_of_a_giant_mail_the_headers_and_the_beginning_are_read() -> None:
    content = large(b"Bonjour\n", size=64 * MEGABYTE)
    found: list[Received] = []
    in_time(lambda: found.append(parse_bytes(content)), 5)
    assert found[0].subject == "Devis"
    assert found[0].text.startswith("Bonjour\n")
    assert found[0].text.endswith("[only the beginning of this large message was read]")


def test_reading_a_large_mail_takes_little_memory_besides_its_bytes() -> None:
    content = large(LINES["short lines"])
    tracemalloc.start()
    parse_bytes(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * MEGABYTE


def test_the_text_after_a_large_photo_is_read_and_the_photo_has_its_size() -> None:
    photo = (
        b"--b\nContent-Type: image/jpeg; name=toit.jpg\nContent-Transfer-Encoding: base64\n\n"
        + b"QUFB\n" * 2_000_000
    )
    text = b"--b\nContent-Type: text/plain\n\nVoici le toit\n--b--\n"
    found = parse_bytes(mail(MULTIPART, photo + text))
    assert found.text == "Voici le toit"
    assert found.attachments[0].name == "toit.jpg"
    assert abs(found.attachments[0].size - 6_000_000) < 60_000
