"""What mail programs read, crm reads: mail that is malformed in the ways in which real mail is."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.mail.incoming.classify import classify_mail
from crmcli.mail.incoming.parse import NoMailError, Received, parse_bytes
from tests.harness.builders import a_config

HEAD = b"From: Anne <a@b.fr>\nSubject: Devis\nDate: Mon, 23 Nov 2026 18:04:11 +0100\n"
PLAIN = b"Content-Type: text/plain; charset=utf-8\n"
WHOLE = HEAD + PLAIN + "\nBonjour à tous\n".encode()
MIXED = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b1"\n'
STARTS = {
    "a blank first line": b"\r\n" + WHOLE,
    "several blank lines": b"\n\n \n" + WHOLE,
    "a byte order mark": b"\xef\xbb\xbf" + WHOLE,
    "a line of a mailbox file": b"From anne@b.fr Mon Nov 23 18:04:11 2026\n" + WHOLE,
    "a quoted line of a mailbox file": b">From anne@b.fr Mon Nov 23 18:04:11 2026\n" + WHOLE,
    "a line that is no header": WHOLE.replace(b"Subject", b"this is no header\nSubject"),
    "a line that is no header, with a colon in it": WHOLE.replace(
        b"Subject", b"see http://x.fr: here\nSubject"
    ),
    "a folded line that is no header": WHOLE.replace(b"Subject", b"nonsense\n and more of it\nSubject"),
    "an old Mac's line ends": WHOLE.replace(b"\n", b"\r"),
}


def read(content: bytes) -> Received:
    return parse_bytes(content)


@pytest.mark.parametrize("name", STARTS)
def test_a_mail_is_read_whatever_stands_before_and_among_its_headers(name: str) -> None:
    mail = read(STARTS[name])
    assert mail.sender is not None
    assert (mail.sender.email, mail.subject, mail.text) == ("a@b.fr", "Devis", "Bonjour à tous")


def test_text_that_follows_the_headers_without_a_blank_line_is_text() -> None:
    mail = read(b"From: a@b.fr\nSubject: Devis\nBonjour, une question\nmerci : oui\n")
    assert (mail.subject, mail.text) == ("Devis", "Bonjour, une question\nmerci : oui")


def part(text: str, kind: str = "text/plain; charset=utf-8", headers: str = "") -> bytes:
    return f"Content-Type: {kind}\n{headers}\n{text}\n".encode()


BODIES = {
    "a folded boundary": MIXED.replace(b'; boundary="b1"', b';\n boundary="b1"')
    + b"\n--b1\n"
    + part("Bonjour")
    + b"--b1--\n",
    "a boundary folded inside its quotes": MIXED.replace(b'"b1"', b'"b\n 1"')
    + b"\n--b 1\n"
    + part("Bonjour")
    + b"--b 1--",
    "a boundary that never comes": MIXED + b"\n--other\n" + part("Bonjour") + b"--other--\n",
    "no boundary at all": MIXED + b"\nBonjour\n",
    "no end": MIXED + b"\n--b1\n" + part("Bonjour"),
    "an encoding with a semicolon": PLAIN + b"Content-Transfer-Encoding: quoted-printable;\n\n=42onjour\n",
    "an encoding with a comment": PLAIN
    + b"Content-Transfer-Encoding: (x) Quoted-Printable (y)\n\n=42onjour\n".replace(b"(x) ", b""),
    "base64 without padding": PLAIN
    + b"Content-Transfer-Encoding: base64\n\n"
    + base64.b64encode(b"Bonjour").rstrip(b"="),
    "a stub beside HTML": MIXED.replace(b"mixed", b"alternative")
    + b"\n--b1\n"
    + part("Votre logiciel ne sait pas lire ce message.")
    + b"--b1\n"
    + part("<p>Bonjour</p>" + " " * 10 + "<p>" + "mot " * 60 + "</p>", "text/html")
    + b"--b1--",
    "an empty text beside HTML": MIXED
    + b"\n--b1\n"
    + part(" ")
    + b"--b1\n"
    + part("<p>Bonjour", "text/html")
    + b"--b1--",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_read_however_its_parts_are_marked(name: str) -> None:
    assert read(HEAD + BODIES[name]).text.startswith("Bonjour")


SUBJECTS = {
    "blanks in an encoded word": (b"=?utf-8?Q?Po=C3=AAle =C3=A0 bois?=", "Poêle à bois"),
    "raw bytes in an encoded word": ("=?utf-8?Q?Poêle à bois?=".encode(), "Poêle à bois"),
    "raw bytes of Windows": ("Poêle à bois".encode("cp1252"), "Poêle à bois"),
    "UTF-8 that says Latin-1": (b"=?iso-8859-1?Q?Po=C3=AAle?=", "Poêle"),
    "an unknown charset": (b"=?x-none?Q?Poele?=", "Poele"),
    "a language": (b"=?utf-8*fr?Q?Po=C3=AAle?=", "Poêle"),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_is_read_however_it_is_encoded(name: str) -> None:
    raw, wanted = SUBJECTS[name]
    assert read(b"From: a@b.fr\nSubject: " + raw + b"\n\nx").subject == wanted


@pytest.mark.parametrize(
    ("raw", "name", "email"),
    [
        ("Anne Le Goff anne@b.fr", "Anne Le Goff", "anne@b.fr"),
        ("<anne@b.fr>", "", "anne@b.fr"),
        ("anne@b.fr (Anne Le Goff)", "Anne Le Goff", "anne@b.fr"),
        ('"Le Goff, Anne" <anne@b.fr>', "Le Goff, Anne", "anne@b.fr"),
        ("Le Goff Anne <anne@b.fr>", "Le Goff Anne", "anne@b.fr"),
    ],
)
def test_a_sender_is_read_however_it_is_written(raw: str, name: str, email: str) -> None:
    assert read(f"From: {raw}\nSubject: x\n\nx".encode()).sender == (name, email)


CHARSETS = {
    "UTF-8 that says ASCII": ("us-ascii", "Poêle à 20 °C".encode()),
    "UTF-8 that says Latin-1": ("iso-8859-1", "Poêle à 20 °C".encode()),
    "Windows that says UTF-8": ("utf-8", "Poêle à 20 °C".encode("cp1252")),
    "one wrong byte": ("utf-8", "Poêle à 20 °C".encode().replace("°".encode(), b"\xb0")),
    "a charset with a language": ("utf-8", "Poêle à 20 °C".encode()),
}


@pytest.mark.parametrize("name", CHARSETS)
def test_a_text_is_read_whatever_its_charset_says(name: str) -> None:
    charset, raw = CHARSETS[name]
    head = f"Content-Type: text/plain; charset={charset}\n\n".encode()
    if name == "a charset with a language":
        head = b"Content-Type: text/plain; charset*=us-ascii'fr'utf-8\n\n"
    assert read(HEAD + head + raw).text == "Poêle à 20 °C"


NAMES = {
    "RFC 2231 with a language": "filename*=utf-8'fr'po%C3%AAle.pdf",
    "RFC 2231 in pieces": "filename*0*=utf-8'fr'po%C3%AA; filename*1*=le.pdf",
    "an encoded word": 'filename="=?utf-8?Q?po=C3=AAle.pdf?="',
    "raw bytes": 'filename="poêle.pdf"',
}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_an_attachment_is_read_however_it_is_encoded(name: str) -> None:
    attached = part("x", "application/pdf", f"Content-Disposition: attachment; {NAMES[name]}\n")
    mail = read(HEAD + MIXED + b"\n--b1\n" + part("Bonjour") + b"--b1\n" + attached + b"--b1--\n")
    assert [each.name for each in mail.attachments] == ["poêle.pdf"]


UNREADABLE = {
    "winmail.dat": ("application/ms-tnef", "winmail.dat"),
    "encrypted with S/MIME": (
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "encrypted message",
    ),
    "signed with S/MIME": (
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "signed message",
    ),
    "encrypted with OpenPGP": ("application/pgp-encrypted", "OpenPGP"),
    "an invitation": ("text/calendar; method=REQUEST", "calendar request: Visite"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_part_that_is_no_text_is_named(name: str) -> None:
    kind, said = UNREADABLE[name]
    body = part("BEGIN:VEVENT\nSUMMARY:Visite\nEND:VEVENT", kind)
    assert said in read(HEAD + MIXED + b"\n--b1\n" + body + b"--b1--\n").text
    assert said in read(HEAD + body).text


PAGES = {
    "cells": (
        "<table><tr><td>Nom</td><td>Jeanne</td></tr><tr><td>Ville</td><td>Brest</td></tr></table>",
        "Nom | Jeanne\nVille | Brest",
    ),
    "cells without row ends": ("<table><tr><td>a<td>b<tr><td>c<td>d</table>", "a | b\nc | d"),
    "long cells": ("<table><tr><td>Message</td><td>a<br>b</td></tr></table>", "Message\na\nb"),
    "a table in a table": (
        "<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>",
        "a | b",
    ),
    "blocks": ("<div>a</div><div>b</div><p>c</p>", "a\nb\n\nc"),
    "a list": ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
    "links": (
        '<a href="https://x.fr/devis">Devis</a> <a href="mailto:a@b.fr">a@b.fr</a>',
        "Devis (https://x.fr/devis) a@b.fr",
    ),
    "a quotation": ('a<blockquote type="cite">b<br>c</blockquote>d', "a\n> b\n> c\nd"),
    "an indented block": ("a<blockquote>b</blockquote>", "a\n\nb"),
    "kept lines": ("<pre>a\nb</pre>", "a\nb"),
    "Outlook's lines": (
        "<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>",
        "a\n\nb",
    ),
    "a huge entity": ("a&#99999999999999999999;b", "a\ufffdb"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_as_text(name: str) -> None:
    html, text = PAGES[name]
    assert read(HEAD + b"Content-Type: text/html; charset=utf-8\n\n" + html.encode()).text == text


CONFIG = a_config("stages: [{id: new}]")
PIECES = st.sampled_from(
    [
        b"From: a@b.fr\n", b"Subject: x\n", b"\n", b"\r\n", b"Content-Type: ", b"multipart/mixed; boundary=b\n",
        b"text/html\n", b"message/rfc822\n", b"multipart/report; report-type=delivery-status\n", b"--b\n", b"--b--\n",
        b"Content-Transfer-Encoding: base64\n", b"<table><tr><td>", b"</td>", b"=?utf-8?q?", b"?=", b"> ", b"Nom : ",
        b"De : a\n", b"Envoy\xc3\xa9 : b\n", b"Objet : c\n", b"filename*0*=", b"charset*=", b";", b"&#", b"\x00", b"\xff",
        b"text/calendar\n", b"Return-Path: <>\n", b"message/delivery-status\n", b"Reply-To: ",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=20), max_size=40).map(b"".join))
def test_any_bytes_are_a_mail_or_none(content: bytes) -> None:
    for source in (content, HEAD + content, HEAD + MIXED + b"\n--b1\n" + content):
        try:
            mail = parse_bytes(source)
        except NoMailError:
            continue
        classify_mail(mail, CONFIG)
        assert len(mail.text) <= 3 * len(source) + 1000
        mail.text.encode("utf-8")
