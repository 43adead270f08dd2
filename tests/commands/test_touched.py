"""What counts as news of a deal: what people do, not what we send, what bounces, or what tick does."""

import json

import pytest

from tests.harness.crm import Crm

LATER = ("--now", "2026-11-26T09:00Z")


@pytest.fixture
def deal(crm: Crm) -> str:
    """The id of a deal that was last touched on 24 November."""
    email = "marc@example.org"
    person = crm("contact", "create", "Marc LE BRAS", "--email", email, "-o", "ids").out.strip()
    id = crm("create", "Poêle", "--contact", person, "-o", "ids").out.strip()
    crm("activity", "add", id, "--type", "call", "--summary", "Appel")
    return id


def touched(crm: Crm, id: str) -> str:
    (found,) = json.loads(crm("list", f"id:{id}", "is:any", "-o", "json").out)
    return str(found["touched"])[:10]


def call_on(crm: Crm, id: str) -> str:
    return crm("activity", "list", f"id:{id}", "summary:Appel", "-o", "ids").out.strip()


@pytest.mark.parametrize(
    "command",
    [
        ("activity", "add", "{id}", "--type", "call"),
        ("activity", "snooze", "{call}", "--by", "2d"),
        ("activity", "edit", "{call}", "--summary", "Rappel"),
        ("activity", "reassign", "{call}", "--to", "paul"),
        ("plan", "start", "{id}", "--plan", "pose", "--late", "today"),
        ("done", "{call}"),
        ("set", "{id}", "description=Conduit neuf"),
        ("questionnaire", "answer", "{id}", "surface=120"),
        ("note", "{id}", "-m", "Bonjour"),
    ],
)
def test_what_a_person_does_is_news(crm: Crm, deal: str, command: tuple[str, ...]) -> None:
    crm("set", deal, "appliance=PAG")
    assert touched(crm, deal) == "2026-11-24"
    call = call_on(crm, deal)
    crm(*(word.format(id=deal, call=call) for word in command), *LATER)
    assert touched(crm, deal) == "2026-11-26"
    assert json.loads(crm("list", f"id:{deal}", "touched:2026-11-26", "-o", "json").out)


def test_what_we_send_what_bounces_and_what_tick_does_is_none(crm: Crm, deal: str) -> None:
    crm("email", "queue", deal, "--template", "relance-devis", *LATER)
    queued = [each.read_text() for each in (crm.data / "outbox").glob("*.eml")]
    (out,) = (each for each in queued if f"X-Crm-Record: {deal}" in each)
    message = next(line for line in out.splitlines() if line.startswith("Message-ID: "))
    bounce = (
        "From: MAILER-DAEMON@example.org\nTo: marie@atre-granules.example\nSubject: Undelivered\n"
        "Date: Thu, 26 Nov 2026 08:30:00 +0000\nMessage-ID: <b@x>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nfailed\n--B\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; marc@example.org\nAction: failed\nStatus: 5.1.1\n\n"
        f"--B\nContent-Type: message/rfc822\n\n{message}\nSubject: x\n\nx\n--B--\n"
    )
    assert "bounce" in crm("ingest", *LATER, "-o", "json", stdin=bounce.encode()).out
    crm("tick", f"id:{deal}", *LATER)
    assert touched(crm, deal) == "2026-11-24"


def test_a_reply_is_news(crm: Crm, deal: str) -> None:
    reply = f"From: marc@example.org\nTo: x@example.org\nSubject: Devis [{deal}]\nMessage-ID: <r@x>\n\nD'accord.\n"
    crm("ingest", *LATER, stdin=reply.encode())
    assert touched(crm, deal) == "2026-11-26"
