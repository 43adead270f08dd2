"""Programs with the interface of sendmail: what their exit codes mean is what becomes of the mail."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.mail_server import MailServer, a_mail_server
from tests.harness.sending import WAITING, folder, listed, state, use_program

TO = "pierre.richard@example.org"
needs_msmtp = pytest.mark.skipif(
    shutil.which("msmtp") is None, reason="msmtp not installed: make mail-programs"
)


def write_script(crm: Crm, *lines: str) -> Path:
    program = crm.root.parent / "deliver"
    program.write_text("#!/bin/sh\n" + "".join(f"{line}\n" for line in lines))
    program.chmod(0o755)
    return program


CODES = {
    0: "sent",
    1: "outbox",
    64: "outbox",
    65: "failed",
    67: "failed",
    68: "failed",
    69: "outbox",
    71: "outbox",
    74: "sending",
    75: "outbox",
    76: "sending",
}


@pytest.mark.parametrize("code", CODES)
def test_each_exit_code_of_a_program_has_one_outcome(crm: Crm, code: int) -> None:
    use_program(crm, str(write_script(crm, "echo why >&2", f"exit {code}")))
    ended = crm("outbox", "send", code=7 if code else 0)
    assert folder(crm) == [CODES[code]]
    assert code == 0 or f"ended {code}: why" in ended.err


@pytest.mark.parametrize("code", [77, 78])
def test_wrong_settings_of_a_program_mark_no_mail(crm: Crm, code: int) -> None:
    use_program(crm, str(write_script(crm, "echo password >&2", f"exit {code}")))
    crm("due", "--mail")
    waiting = crm("outbox", "list", "-o", "ids").ids
    assert f"ended {code}: password" in crm("outbox", "send", code=75).err
    assert crm("outbox", "list", "-o", "ids").ids == waiting
    assert "failed" not in state(crm)


def test_a_program_that_hangs_or_is_killed_leaves_the_mail_uncertain(crm: Crm) -> None:
    use_program(crm, str(write_script(crm, "cat > /dev/null", "kill -KILL $$")))
    crm("outbox", "send", code=7)
    assert (folder(crm), state(crm)["state"]) == (["sending"], "uncertain")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with a_mail_server() as running:
        yield running


@pytest.fixture
def office(crm: Crm, server: MailServer) -> Crm:
    """The workspace with msmtp as its program, which talks to a server on this machine."""
    use_program(crm, f"msmtp --host=127.0.0.1 --port={server.port} --tls=off --auth=off --timeout=2")
    return crm


@needs_msmtp
def test_msmtp_sends_what_was_shown(office: Crm, server: MailServer) -> None:
    office("outbox", "send")
    [mail] = server.behaviour.taken
    assert (mail.sender, mail.recipients, folder(office)) == (
        "contact@atre-granules.example",
        [TO],
        ["sent"],
    )
    assert (office.data / "sent" / f"{WAITING}.eml").read_bytes().partition(b"\r\n\r\n")[2].strip() == (
        mail.content.partition(b"\r\n\r\n")[2].strip()
    )


NOT_NOW = {
    "recipient": {TO: "450 4.2.0 greylisted"},
    "data": {"DATA": "452 4.3.1 disk is full"},
    "sender": {"MAIL": "451 4.7.1 later"},
}
NEVER = {"recipient": {TO: "550 5.1.1 no such user"}, "data": {"DATA": "554 5.7.1 spam"}}


@needs_msmtp
@pytest.mark.parametrize("where", NOT_NOW)
def test_what_msmtp_could_not_send_now_waits(office: Crm, server: MailServer, where: str) -> None:
    server.behaviour.answers = NOT_NOW[where]
    ended = office.run("outbox", "send")
    [answer] = NOT_NOW[where].values()
    assert answer in ended.err
    assert (folder(office), listed(office)["attempts"]) == (["outbox"], 1)


@needs_msmtp
@pytest.mark.parametrize("where", NEVER)
def test_what_msmtp_says_is_refused_for_good_has_failed(office: Crm, server: MailServer, where: str) -> None:
    server.behaviour.answers = NEVER[where]
    [answer] = NEVER[where].values()
    assert answer in office("outbox", "send", code=7).err
    assert (folder(office), state(office)["state"]) == (["failed"], "failed")


@needs_msmtp
def test_a_sender_that_msmtp_may_not_use_marks_no_mail(office: Crm, server: MailServer) -> None:
    server.behaviour.answers = {"MAIL": "553 5.7.1 not your address"}
    assert "not your address" in office("outbox", "send", code=75).err
    assert folder(office) == ["outbox"]


@needs_msmtp
@pytest.mark.parametrize("how", ["breaks_at", "stalls_at"])
def test_a_mail_that_was_taken_before_msmtp_lost_the_server_is_not_sent_again(
    office: Crm, server: MailServer, how: str
) -> None:
    setattr(server.behaviour, how, "END")
    office("outbox", "send", code=7)
    assert len(server.behaviour.taken) == 1
    assert (folder(office), state(office)["state"]) == (["sending"], "uncertain")
    setattr(server.behaviour, how, "")
    office("outbox", "send", CRM_NOW="2026-12-24T09:00")
    assert len(server.behaviour.taken) == 1


@needs_msmtp
def test_no_server_for_msmtp_keeps_the_mail(crm: Crm) -> None:
    use_program(crm, "msmtp --host=127.0.0.1 --port=1 --tls=off --auth=off")
    assert "Connection refused" in crm("outbox", "send", code=7).err
    assert folder(crm) == ["outbox"]


OPTION_LIKE = ["-oQ/tmp@example.org", "-C/etc/passwd@example.org", "--version@example.org", "-t@example.org"]


@needs_msmtp
@pytest.mark.parametrize("address", OPTION_LIKE)
def test_an_address_like_an_option_is_an_address(office: Crm, server: MailServer, address: str) -> None:
    (office.data / "outbox" / "hand.eml").write_bytes(f"To: <{address}>\nSubject: x\n\nx\n".encode())
    office("outbox", "send", "hand")
    assert [mail.recipients for mail in server.behaviour.taken] == [[address]]


STRANGE = ['"a b"@example.org', '"a\\"b"@example.org', "a@b@c.example", "@example.org"]


@pytest.mark.parametrize("address", STRANGE)
def test_an_address_that_is_none_runs_no_program(crm: Crm, address: str) -> None:
    ran = crm.root.parent / "ran"
    use_program(crm, str(write_script(crm, f"touch {ran}")))
    (crm.data / "outbox" / "hand.eml").write_bytes(f"To: {address}\nSubject: x\n\nx\n".encode())
    crm("outbox", "send", "hand", code=7)
    assert not ran.exists()
    assert folder(crm, "hand") == ["failed"]
