"""A mail server without 8BITMIME and SMTPUTF8: what crm writes goes through unchanged, the rest is refused."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import NamedTuple

import pytest

from tests.harness.crm import Crm
from tests.harness.raw_mail_server import RawServer, Talker, a_raw_server
from tests.harness.sending import DEAL, WAITING, configure, folder

OK = b"250 OK\r\n"


class Plain(NamedTuple):
    """A running server, and the data of the mails that it took."""

    server: RawServer
    mails: list[bytes]

    def commands(self) -> bytes:
        return b"\n".join(line for lines in self.server.heard for line in lines)


@pytest.fixture
def plain(crm: Crm) -> Iterator[Plain]:
    mails: list[bytes] = []

    def talk(talker: Talker) -> None:
        talker.greet(b"SIZE 1000000")
        while line := talker.hear():
            if line != b"DATA":
                talker.say(OK)
                continue
            talker.say(b"354 go on\r\n")
            data: list[bytes] = []
            while (line := talker.hear()) != b".":
                data.append(line.removeprefix(b"."))
            mails.append(b"".join(b"%b\r\n" % each for each in data))
            talker.say(OK)

    with a_raw_server(talk) as server:
        configure(crm, server.port, "security: none")
        crm("outbox", "drop", WAITING)
        yield Plain(server, mails)


def read_bodies(content: bytes) -> list[bytes]:
    """The decoded content of each part of a mail."""
    parts = message_from_bytes(content, policy=policy.default).walk()
    return [part.get_payload(decode=True) for part in parts if not part.is_multipart()]


TEXTS = {
    "short": "Été à Noël",
    "a long line": "é" * 3000,
    "a long line of ASCII": "x" * 3000,
    "dots": ".\n..\nfin",
    "other letters": "Привет, как дела?",
    "a sign of nothing": "a\u00a0b",
}


def test_what_crm_writes_goes_through_as_it_is_shown(crm: Crm, plain: Plain) -> None:
    for subject, text in TEXTS.items():
        crm("email", "write", DEAL, "--subject", subject, "-m", text)
    shown = [crm("outbox", "show", id).out.encode() for id in crm("outbox", "list", "-o", "ids").ids]
    crm("outbox", "send")
    assert len(plain.mails) == len(shown) == len(TEXTS)
    assert all(mail.isascii() for mail in plain.mails)
    assert max(len(line) for mail in plain.mails for line in mail.split(b"\r\n")) <= 998
    assert b"8BITMIME" not in plain.commands()
    assert sorted(read_bodies(mail) for mail in plain.mails) == sorted(map(read_bodies, shown))
    texts = {read_bodies(mail)[0].replace(b"\r\n", b"\n").decode() for mail in plain.mails}
    assert texts == {f"{text}\n" for text in TEXTS.values()}


def test_markdown_and_attached_mails_go_through_too(crm: Crm, plain: Plain) -> None:
    (crm.root / "templates" / "email" / "pose.md.j2").write_text(
        "Subject: Été\nAttach: ancien.eml\n\n**Bonjour** {{ contact.name }}, à bientôt\n", "utf-8"
    )
    files = crm.root / "templates" / "attachments"
    files.mkdir(exist_ok=True)
    old = b"From: a@b.fr\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + "é".encode() + b"x" * 2000 + b"\n"
    (files / "ancien.eml").write_bytes(old)
    crm("email", "queue", DEAL, "-t", "pose")
    crm("outbox", "send")
    [mail] = plain.mails
    assert mail.isascii()
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    assert old in read_bodies(mail)


def test_a_domain_of_other_letters_is_sent_in_ascii(crm: Crm, plain: Plain) -> None:
    crm("email", "write", DEAL, "--to", "nolwenn@bücher.example", "--subject", "x", "-m", "x")
    crm("outbox", "send")
    assert b"rcpt TO:<nolwenn@xn--bcher-kva.example>" in plain.commands()


def test_letters_before_the_at_are_refused_when_the_mail_is_queued(crm: Crm, plain: Plain) -> None:
    words = ("email", "write", DEAL, "--to", "josé@example.org", "--subject", "x", "-m", "x")
    assert "only ASCII letters before the @" in crm.refused(*words, code=5)
    assert plain.mails == []


def test_a_mail_made_by_hand_that_needs_more_has_failed_with_the_reason(crm: Crm, plain: Plain) -> None:
    head = (
        b"To: a@b.fr\nSubject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    )
    (crm.data / "outbox" / "hand.eml").write_bytes(head + "\nÉté\n".encode())
    ended = crm("outbox", "send", "hand", code=7)
    assert "does not offer 8BITMIME" in ended.err
    assert "quoted-printable" in ended.err
    assert (plain.mails, folder(crm, "hand")) == ([], ["failed"])
