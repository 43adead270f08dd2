"""Subjects, names, addresses and answers from others, in mails that people write and rules queue."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.harness.crm import Crm
from tests.harness.sending import DEAL

EVIL = "evil@evil.example"
INJECTED = {
    "a line break": f"Devis\nBcc: {EVIL}",
    "a carriage return": f"Devis\r\nBcc: {EVIL}",
    "a bare carriage return": f"Devis\rBcc: {EVIL}",
    "an encoded line break": f"=?utf-8?q?Devis=0D=0ABcc=3A_{EVIL}?=",
    "a next line": f"Devis\x85Bcc: {EVIL}",
    "a line separator": f"Devis\u2028Bcc: {EVIL}",
    "a vertical tab": f"Devis\x0bBcc: {EVIL}",
    "an end of the data": f"Devis\r\n.\r\nMAIL FROM:<{EVIL}>",
}


def queued(crm: Crm) -> EmailMessage:
    """The mail that was queued last, as a mail program reads it."""
    file = json.loads(crm("show", DEAL, "-o", "json").out)["messages"][-1]["file"]
    content = (crm.data / "outbox" / file).read_bytes()
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def headers_of(mail: EmailMessage) -> set[str]:
    return {name.lower() for name in mail}


USUAL = {
    *("from", "to", "subject", "date", "message-id", "x-crm-record", "mime-version", "content-type"),
    *("content-transfer-encoding", "in-reply-to", "references", "reply-to"),
}


@pytest.mark.parametrize("what", INJECTED)
def test_a_subject_that_a_person_gives_adds_no_header(crm: Crm, what: str) -> None:
    crm("email", "write", DEAL, "--subject", INJECTED[what], "-m", "Bonjour")
    mail = queued(crm)
    assert headers_of(mail) <= USUAL
    assert [each.addr_spec for each in mail["To"].addresses] == ["pierre.richard@example.org"]
    assert EVIL not in str(mail["To"])


@pytest.mark.parametrize("what", INJECTED)
@pytest.mark.parametrize("option", ["--to", "--cc"])
def test_an_address_that_a_person_gives_adds_no_header_and_no_command(
    crm: Crm, option: str, what: str
) -> None:
    address = INJECTED[what].replace("Devis", "anne@example.org", 1)
    ended = crm.run("email", "write", DEAL, option, address, "--subject", "x", "-m", "x")
    assert ended.code in (0, 5)
    if ended.code == 0:
        mail = queued(crm)
        assert headers_of(mail) <= {*USUAL, "cc"}
        assert all("evil" not in each.addr_spec for each in mail["To"].addresses)
        assert all("evil" not in each.addr_spec for each in (mail["Cc"].addresses if mail["Cc"] else ()))


@pytest.mark.parametrize("what", INJECTED)
def test_a_reply_to_of_a_stranger_adds_no_recipient(crm: Crm, what: str) -> None:
    name = INJECTED[what].replace("Devis", "Anne", 1)
    mail = f'From: pierre.richard@example.org\nReply-To: "{name}" <pierre.richard@example.org>\n'
    mail += f"To: contact@atre-granules.example\nSubject: Re: [{DEAL}]\n\nOui\n"
    crm("ingest", stdin=mail.encode())
    last = json.loads(crm("show", DEAL, "-o", "json").out)["messages"][-1]
    ended = crm.run("reply", last["id"], "-m", "Merci")
    assert ended.code in (0, 5)
    if ended.code == 0:
        answer = queued(crm)
        assert headers_of(answer) <= USUAL
        assert {each.addr_spec for each in answer["To"].addresses} <= {"pierre.richard@example.org"}


@pytest.mark.parametrize("what", INJECTED)
def test_a_value_in_the_head_of_a_template_adds_no_header(crm: Crm, what: str) -> None:
    (crm.root / "templates" / "email" / "essai.j2").write_text(
        "Subject: {{ opportunity.description }}\nReply-To: {{ opportunity.description }} <a@b.fr>\n\nx\n",
        "utf-8",
    )
    crm("set", DEAL, f"description={INJECTED[what]}")
    ended = crm.run("email", "queue", DEAL, "-t", "essai")
    assert ended.code in (0, 5)
    if ended.code == 0:
        mail = queued(crm)
        assert headers_of(mail) <= USUAL
        assert [each.addr_spec for each in mail["Reply-To"].addresses] == ["a@b.fr"]
