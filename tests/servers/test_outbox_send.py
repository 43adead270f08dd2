"""Mail leaves once, exactly as shown, and whatever the mail server does is told truly."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.mail_server import CERTIFICATE, PASSWORD, MailServer, a_mail_server
from tests.harness.sending import DEAL, WAITING, configure, folder, listed, state


def be_impatient(crm: Crm) -> None:
    """Let a test that stalls the server wait no longer than it must."""
    path = crm.data / "crm.yaml"
    path.write_text(
        path.read_text("utf-8").replace("\n  transport: smtp", "\n  transport: smtp\n  timeout: 2"), "utf-8"
    )


def test_a_queued_mail_is_sent_as_shown_and_stands_in_the_messages(office: Crm, server: MailServer) -> None:
    assert state(office)["state"] == "queued"
    assert "queued" in office("show", DEAL).out
    shown = office("outbox", "show", WAITING).out
    said = office("outbox", "send")
    assert f"mail {WAITING} sent" in said.out
    [mail] = server.behaviour.taken
    assert (mail.sender, mail.recipients) == ("contact@atre-granules.example", ["pierre.richard@example.org"])
    sent = message_from_bytes(mail.content, policy=policy.default)
    before = message_from_bytes(shown.encode(), policy=policy.default)
    assert sent.get_content() == before.get_content()
    assert {name: value for name, value in sent.items() if name not in ("Date", "X-Peer")} == {
        name: value for name, value in before.items() if name != "Date"
    }
    assert sent["Date"].datetime.isoformat() == "2026-11-24T08:00:00+00:00"
    assert (folder(office), state(office)["state"], state(office)["sent"]) == (
        ["sent"],
        "sent",
        "2026-11-24T08:00:00Z",
    )
    assert "sent 24 nov. 2026" in office("show", DEAL).out
    assert office("outbox", "send").out == ""
    assert len(server.behaviour.taken) == 1
    assert office("check").out == ""


def test_the_customers_reply_comes_home(office: Crm) -> None:
    office("outbox", "send")
    reply = f"From: pierre.richard@example.org\nSubject: Re\nIn-Reply-To: {state(office)['message_id']}\n\nOui !\n"
    [result] = json.loads(office("ingest", "-o", "json", stdin=reply.encode()).out)
    assert (result["outcome"], result["id"]) == ("reply", DEAL)


def test_a_due_report_is_sent_too(office: Crm, server: MailServer) -> None:
    office("outbox", "hold", WAITING)
    office("due", "--mail")
    sent = json.loads(office("outbox", "send", "-o", "json").out)
    assert {row["state"] for row in sent} == {"sent"}
    assert {mail.recipients[0] for mail in server.behaviour.taken} == {
        row["to"].split("<")[-1].strip(">") for row in sent
    }
    assert len(server.behaviour.taken) == len(sent) > 1
    assert folder(office) == ["held"]


TEMPORARY = {
    "recipient": {"pierre.richard@example.org": "451 4.3.0 greylisted"},
    "sender": {"MAIL": "421 4.3.2 closing down"},
    "after the data": {"DATA": "452 4.3.1 disk is full"},
}


@pytest.mark.parametrize("where", TEMPORARY)
def test_what_the_server_does_not_take_now_is_kept_with_the_reason_and_tried_later(
    office: Crm, server: MailServer, where: str
) -> None:
    server.behaviour.answers = TEMPORARY[where]
    before = (office.data / "outbox" / f"{WAITING}.eml").read_bytes()
    ended = office("outbox", "send", code=7)
    [answer] = TEMPORARY[where].values()
    assert answer in ended.err
    row = listed(office)
    assert (row["state"], row["attempts"], row["next"]) == ("queued", 1, "2026-11-24T08:05:00Z")
    assert answer in str(row["reason"])
    assert (office.data / "outbox" / f"{WAITING}.eml").read_bytes() == before
    assert state(office)["state"] == "queued"
    server.behaviour.answers = {}
    assert office("outbox", "send").out == ""
    assert server.behaviour.taken == []
    assert "sent" in office("outbox", "send", CRM_NOW="2026-11-24T09:06").out
    assert len(server.behaviour.taken) == 1
    assert not list((office.data / "outbox").iterdir())


def test_waits_grow_and_end_after_five_days(office: Crm, server: MailServer) -> None:
    server.behaviour.answers = {"pierre.richard@example.org": "451 busy"}
    office("outbox", "send", code=7)
    office("outbox", "send", code=7, CRM_NOW="2026-11-24T09:10")
    assert listed(office)["next"] == "2026-11-24T08:25:00Z"
    ended = office("outbox", "send", code=7, CRM_NOW="2026-11-29T10:00")
    assert "not sent" in ended.err
    assert folder(office) == ["failed"]


FOR_GOOD = {
    "recipient": {"pierre.richard@example.org": "550 5.1.1 no such user"},
    "data": {"DATA": "554 5.7.1 spam"},
}


@pytest.mark.parametrize("where", FOR_GOOD)
def test_what_the_server_refuses_for_good_is_marked_and_the_owner_has_something_to_do(
    office: Crm, server: MailServer, where: str
) -> None:
    server.behaviour.answers = FOR_GOOD[where]
    [answer] = FOR_GOOD[where].values()
    assert answer in office("outbox", "send", code=7).err
    assert (folder(office), state(office)["state"]) == (["failed"], "failed")
    assert answer in str(state(office)["reason"])
    assert answer in office("show", DEAL).out
    planned = json.loads(office("show", DEAL, "-o", "json").out)["activities"]
    [about] = [each for each in planned if each["summary"] and "non distribué" in each["summary"]]
    assert (about["state"], about["assignee"], about["due"]) == ("today", "marie", "2026-11-24")
    assert office("outbox", "send", CRM_NOW="2026-12-24T09:00").out == ""
    server.behaviour.answers = {}
    office("outbox", "retry", WAITING)
    office("outbox", "send")
    assert (folder(office), state(office)["state"]) == (["sent"], "sent")
    assert "reason" not in state(office)


def test_a_mail_goes_to_all_of_its_recipients_or_to_none(office: Crm, server: MailServer) -> None:
    path = office.data / "outbox" / f"{WAITING}.eml"
    path.write_bytes(
        path.read_bytes().replace(b"Subject:", b"Cc: a@example.org\r\nBcc: b@example.org\r\nSubject:", 1)
    )
    server.behaviour.answers = {"b@example.org": "550 unknown"}
    office("outbox", "send", code=7)
    assert server.behaviour.taken == []
    server.behaviour.answers = {}
    office("outbox", "retry", WAITING)
    office("outbox", "send")
    [mail] = server.behaviour.taken
    assert mail.recipients == ["pierre.richard@example.org", "a@example.org", "b@example.org"]
    assert b"bcc" not in mail.content.lower()


@pytest.mark.parametrize("place", ["RCPT", "DATA"])
def test_a_connection_that_breaks_before_the_mail_is_whole_keeps_it(
    office: Crm, server: MailServer, place: str
) -> None:
    server.behaviour.breaks_at = place
    office("outbox", "send", code=7)
    if place == "DATA":  # the server had the whole mail, and did not answer: nobody knows
        assert folder(office) == ["sending"]
        return
    assert (folder(office), listed(office)["attempts"]) == (["outbox"], 1)
    assert "s’est coupée avant la fin du message" in str(listed(office)["reason"])


@pytest.mark.parametrize("how", ["breaks_at", "stalls_at"])
def test_without_an_answer_after_the_mail_it_is_uncertain_and_never_sent_again_unasked(
    office: Crm, server: MailServer, how: str
) -> None:
    setattr(server.behaviour, how, "END")
    be_impatient(office)
    assert "perhaps sent" in office("outbox", "send", code=7).err
    assert len(server.behaviour.taken) == 1
    assert (folder(office), listed(office)["state"], state(office)["state"]) == (
        ["sending"],
        "uncertain",
        "uncertain",
    )
    assert "perhaps sent" in office("show", DEAL).out
    setattr(server.behaviour, how, "")
    assert office("outbox", "send", CRM_NOW="2026-12-24T09:00").out == ""
    assert len(server.behaviour.taken) == 1
    planned = json.loads(office("show", DEAL, "-o", "json").out)["activities"]
    assert len([each for each in planned if each["summary"] and "peut-être" in each["summary"]]) == 1
    assert "would get it twice" in office.refused("outbox", "retry", WAITING, code=5)
    office("outbox", "retry", WAITING, "--yes")
    office("outbox", "send")
    assert (len(server.behaviour.taken), folder(office)) == (2, ["sent"])


def test_an_uncertain_mail_that_arrived_is_recorded_as_sent(office: Crm, server: MailServer) -> None:
    server.behaviour.breaks_at = "END"
    office("outbox", "send", code=7)
    office("outbox", "drop", WAITING, "--sent")
    assert (folder(office), state(office)["state"]) == (["sent"], "sent")


def test_a_server_that_stalls_costs_no_more_than_the_time_out(office: Crm, server: MailServer) -> None:
    server.behaviour.stalls_at = "RCPT"
    be_impatient(office)
    assert "n’a pas répondu en 2 s" in office("outbox", "send", code=7).err
    assert folder(office) == ["outbox"]


def test_while_a_server_stalls_the_workspace_can_be_written(office: Crm, server: MailServer) -> None:
    noted: list[int] = []
    server.behaviour.on_data = lambda: noted.append(
        office.run("note", DEAL, "-m", "pendant", CRM_LOCK_TIMEOUT="1").code
    )
    office("outbox", "send")
    assert noted == [0]


def test_a_server_that_is_not_there_leaves_all_mails_with_the_reason(crm: Crm) -> None:
    with a_mail_server() as gone:
        port = gone.port
    configure(crm, port, "security: none")
    crm("due", "--mail")
    waiting = crm("outbox", "list", "-o", "ids").ids
    ended = crm("outbox", "send", code=75)
    assert "Connection refused" in ended.err
    rows = json.loads(crm("outbox", "list", "-o", "json").out)
    assert [(row["id"], row["attempts"]) for row in rows] == [(id, 1) for id in waiting]
    assert all("Connection refused" in row["reason"] for row in rows)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_connection_is_encrypted_and_the_login_comes_from_the_environment(crm: Crm, security: str) -> None:
    with a_mail_server(security, login=security == "starttls") as server:
        more = ["user: contact@atre-granules.example"] if security == "starttls" else []
        configure(crm, server.port, f"security: {security}", *more)
        refused = crm("outbox", "send", code=75, CRM_SMTP_PASSWORD=PASSWORD)
        assert "certificate" in refused.err
        said = crm("outbox", "send", WAITING, CRM_SMTP_PASSWORD=PASSWORD, SSL_CERT_FILE=str(CERTIFICATE))
        assert f"mail {WAITING} sent" in said.out
        assert len(server.behaviour.taken) == 1
        assert server.behaviour.logins == ([("PLAIN", "contact@atre-granules.example")] if more else [])


def test_a_server_without_starttls_gets_nothing(crm: Crm, server: MailServer) -> None:
    configure(crm, server.port, "security: starttls")
    assert "STARTTLS" in crm("outbox", "send", code=75).err
    assert server.behaviour.sessions == 0


def test_the_password_comes_from_a_command_and_stands_nowhere(crm: Crm) -> None:
    with a_mail_server("starttls", login=True) as server:
        secret = crm.root.parent / "secret"
        secret.write_text(f"{PASSWORD}\nsecond line\n")
        configure(crm, server.port, "user: moi", f"password_command: cat {secret}")
        crm("outbox", "send", SSL_CERT_FILE=str(CERTIFICATE))
        assert len(server.behaviour.taken) == 1
        assert not [name for name, content in crm.records().items() if PASSWORD.encode() in content]
        secret.write_text("wrong\n")
        crm("due", "--mail")
        ended = crm("outbox", "send", code=75, SSL_CERT_FILE=str(CERTIFICATE))
        assert "535" in ended.err
        assert "wrong" not in ended.err
        secret.unlink()
        later = {"SSL_CERT_FILE": str(CERTIFICATE), "CRM_NOW": "2026-11-24T12:00"}
        assert "password_command failed" in crm("outbox", "send", code=1, **later).err


def test_a_password_is_never_sent_in_clear(crm: Crm) -> None:
    configure(crm, 2525, "security: none", "user: moi")
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text("utf-8").replace("host: 127.0.0.1", "host: smtp.example.org"), "utf-8")
    crm("trust", "--yes")
    assert "in clear" in crm.refused("outbox", "send", code=5, CRM_SMTP_PASSWORD=PASSWORD)


def test_nothing_leaves_before_the_settings_are_trusted(office: Crm, server: MailServer) -> None:
    path = office.data / "crm.yaml"
    path.write_text(path.read_text("utf-8").replace("host: 127.0.0.1", "host: localhost"), "utf-8")
    assert "not trusted" in office.refused("outbox", "send", code=5)
    assert "smtp://localhost" in office("trust", "--list").out
    assert server.behaviour.sessions == 0
    office("trust", "--revoke")
    assert "not trusted" in office.refused("outbox", "send", code=5)


def test_only_one_machine_sends(office: Crm) -> None:
    path = office.data / "crm.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("\n  transport: smtp", "\n  transport: smtp\n  sender: bureau-ailleurs"), "utf-8"
    )
    assert "only bureau-ailleurs sends mail" in office.refused("outbox", "send", code=5)
    path.write_text(text, "utf-8")
    office.run_line("git init -q . && git remote add origin https://example.org/x.git")
    assert "mail.sender" in office.refused("outbox", "send", code=5)
    own = office.run_line("hostname").stdout.strip()
    path.write_text(text.replace("\n  transport: smtp", f"\n  transport: smtp\n  sender: {own}"), "utf-8")
    assert "sent" in office("outbox", "send").out


def test_without_a_transport_nothing_is_sent_and_cron_says_so(crm: Crm) -> None:
    assert "mail.transport is none" in crm.refused("outbox", "send", code=5)
    assert "\n# mail.transport is none" in crm("cron", "print").out


def test_cron_holds_the_sending_line(office: Crm) -> None:
    assert any(line.endswith("outbox send --quiet") for line in office("cron", "print").out.splitlines())


def test_a_mail_whose_id_stands_in_sent_is_dropped(office: Crm, server: MailServer) -> None:
    (office.data / "sent" / f"{WAITING}.eml").write_bytes(
        (office.data / "outbox" / f"{WAITING}.eml").read_bytes()
    )
    office("outbox", "send")
    assert server.behaviour.taken == []
    assert (folder(office), state(office)["state"]) == (["sent"], "sent")


def test_a_mail_whose_record_cannot_be_read_waits(office: Crm, server: MailServer) -> None:
    path = office.file(DEAL)
    text = path.read_text("utf-8")
    path.write_text(f"{text}title: again\n", "utf-8")
    assert f"mail {WAITING} stays" in office("outbox", "send", code=7).err
    assert (server.behaviour.taken, folder(office)) == ([], ["outbox"])


def test_mails_are_held_back_dropped_and_queued_again(office: Crm, server: MailServer) -> None:
    office("outbox", "hold", WAITING)
    assert (folder(office), state(office)["state"], listed(office)["state"]) == (["held"], "held", "held")
    office("outbox", "send")
    office("outbox", "retry", WAITING)
    assert (folder(office), state(office)["state"]) == (["outbox"], "queued")
    office("outbox", "drop", WAITING)
    assert (folder(office), state(office)["state"]) == (["withdrawn"], "withdrawn")
    office("undo")
    assert (folder(office), state(office)["state"]) == (["outbox"], "queued")
    office("outbox", "send")
    for verb in ("retry", "drop", "hold"):
        assert "is sent" in office.refused("outbox", verb, WAITING, code=5)
    assert len(server.behaviour.taken) == 1


def test_undo_does_not_pretend_that_a_mail_did_not_leave(office: Crm) -> None:
    made = office("email", "queue", "sdsw7zdf", "-t", "relance", "-o", "json")
    assert made.code == 0
    office("outbox", "send")
    assert "was sent" in office.refused("undo", code=5)


def test_a_held_mail_is_withdrawn_with_its_deal(office: Crm) -> None:
    id = office("create", "Essai", "--contact", "Anne <anne@example.org>", "-o", "ids").ids[0]
    office("move", id, "--to", "contacted")
    [mail] = [
        row["id"] for row in json.loads(office("outbox", "list", "-o", "json").out) if row["record"] == id
    ]
    office("outbox", "hold", mail)
    office("lose", id, "--reason", "price")
    assert (folder(office, mail), state(office, mail, id)["state"]) == (["withdrawn"], "withdrawn")


def test_a_program_like_sendmail_gets_the_mail_and_its_recipients(crm: Crm) -> None:
    folder_of_program = crm.root.parent / "bin"
    folder_of_program.mkdir()
    program = folder_of_program / "sendmail"
    program.write_text('#!/bin/sh\necho "$@" > "$0.args"\ncat > "$0.mail"\nexit $(cat "$0.code")\n')
    program.chmod(0o755)
    (folder_of_program / "sendmail.code").write_text("75")
    path = crm.data / "crm.yaml"
    path.write_text(
        path.read_text("utf-8").replace(
            "in_git: false", f"transport: sendmail\n  program: {program}\n  in_git: false"
        ),
        "utf-8",
    )
    crm.environment["CRM_STATE_DIR"] = str(crm.root.parent / "state")
    crm("trust", "--yes")
    assert "ended 75" in crm("outbox", "send", code=7).err
    (folder_of_program / "sendmail.code").write_text("0")
    crm("outbox", "send", WAITING)
    assert (
        folder_of_program / "sendmail.args"
    ).read_text() == "-i -f contact@atre-granules.example -- pierre.richard@example.org\n"
    assert b"\r" not in (folder_of_program / "sendmail.mail").read_bytes()
    assert folder(crm) == ["sent"]


def test_erasing_a_person_takes_what_failed_and_why(office: Crm, server: MailServer) -> None:
    server.behaviour.answers = {"pierre.richard@example.org": "451 <pierre.richard@example.org> is busy"}
    office("outbox", "send", code=7)
    office("contact", "erase", "f8dz9xw4", "--yes")
    assert not [
        path for path in office.data.rglob("*") if path.is_file() and b"pierre.richard" in path.read_bytes()
    ]


HOSTILE = {
    "a second command": b"To: <a@b.fr>\r\nSubject: x\r\n\r\nhi\r\n.\r\nMAIL FROM:<e@evil.example>\r\n",
    "bare line feeds": b"To: a@b.fr\nSubject: x\n\nhi\n.\nMAIL FROM:<e@evil.example>\nRCPT TO:<v@evil.example>\n",
    "bare carriage returns": b"To: a@b.fr\r\nSubject: x\r\n\r\nhi\r.\rMAIL FROM:<e@evil.example>\r\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_no_line_of_a_mail_becomes_a_command(office: Crm, server: MailServer, what: str) -> None:
    (office.data / "outbox" / "hand.eml").write_bytes(HOSTILE[what])
    office("outbox", "send", "hand")
    [mail] = server.behaviour.taken
    assert (mail.sender, mail.recipients) == ("contact@atre-granules.example", ["a@b.fr"])
    assert b"MAIL FROM:<e@evil.example>" in mail.content


REFUSED = {
    "a line that is no header": (b"To: a@b.fr\ngarbage\nBcc: c@d.fr\n\nx\n", "is not a header"),
    "a NUL": (b"To: a@b.fr\n\nx\0y\n", "NUL"),
    "an address with a space": (b'To: "a b"@c.fr\n\nx\n', "is not an e-mail address"),
    "raw bytes in the head": ("To: a@b.fr\nSubject: é\n\nx\n".encode(), "not ASCII"),
    "many recipients": (
        b"To: " + b",".join(b"a%d@b.fr" % n for n in range(101)) + b"\n\nx\n",
        "more than 100",
    ),
    "a line longer than servers take": (b"To: a@b.fr\n\n" + b"x" * 999 + b"\n", "longer than 998"),
    "a giant head": (b"To: a@b.fr\nX: " + b"x" * 70_000 + b"\n\nx\n", "larger than 64 KB"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_sent_as_it_is_has_failed(office: Crm, server: MailServer, what: str) -> None:
    content, reason = REFUSED[what]
    (office.data / "outbox" / "hand.eml").write_bytes(content)
    assert reason in office("outbox", "send", "hand", code=7).err
    assert (server.behaviour.taken, folder(office, "hand")) == ([], ["failed"])


def test_a_mail_made_by_hand_gets_what_it_lacks(office: Crm, server: MailServer) -> None:
    path = Path(office.data / "outbox" / "hand.eml")
    path.write_bytes(b"To: a@b.fr\nSubject: x\n\nBonjour\n")
    office("outbox", "send", "hand")
    [mail] = server.behaviour.taken
    assert b"Message-ID: <hand@atre-granules.example>" in mail.content
    assert b"Date: Tue, 24 Nov 2026 08:00:00 +0000" in mail.content


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("port: 99999", "99999 is not a port"),
        ("timeout: 0", "0 is not a number of seconds"),
        ("host: a b", "is not the name of a mail server"),
        ("password_variable: 'x y'", "is not the name of a variable"),
        ("user: moi", "in clear"),
    ],
)
def test_check_names_what_is_wrong_with_the_settings(office: Crm, line: str, reason: str) -> None:
    path = office.data / "crm.yaml"
    key = line.partition(":")[0]
    text = "\n".join(
        each for each in path.read_text("utf-8").split("\n") if not each.startswith(f"  {key}: ")
    )
    text = text.replace("\n  transport: smtp", f"\n  transport: smtp\n  {line}", 1)
    path.write_text(
        text if key != "user" else text.replace("host: 127.0.0.1", "host: smtp.example.org"), "utf-8"
    )
    assert reason in office("check", code=5).out
    assert "Traceback" not in office.run("outbox", "send", CRM_SMTP_PASSWORD="x").err


def test_a_mail_that_leaves_although_its_record_is_broken_meanwhile_is_not_uncertain(
    office: Crm, server: MailServer
) -> None:
    path = office.file(DEAL)
    text = path.read_text("utf-8")
    server.behaviour.on_data = lambda: path.write_text(f"{text}title: again\n", "utf-8") and None
    ended = office("outbox", "send", code=7)
    assert "which its record does not say" in ended.err
    assert folder(office) == ["sent"]
    path.write_text(text, "utf-8")
    assert state(office)["state"] == "sent"


def test_a_deleted_record_takes_the_note_of_failed_attempts_along(office: Crm, server: MailServer) -> None:
    server.behaviour.answers = {"pierre.richard@example.org": "451 busy"}
    office("outbox", "send", code=7)
    office("delete", DEAL, "--yes")
    assert not list((office.data / "outbox").iterdir())
    office("undo")
    assert listed(office)["attempts"] == 1


PRINTED = {
    "nothing": ("true", "printed nothing"),
    "an empty line": ("echo", "printed nothing"),
    "a megabyte": ("head -c 1000000 /dev/zero", "more than 10000 bytes"),
    "a NUL": ("head -c 1 /dev/zero", "a NUL"),
    "an error": ("sh -c 'echo no key >&2; exit 3'", "no key"),
    "no program": ("./nowhere", "No such file"),
}


@pytest.mark.parametrize("what", PRINTED)
def test_a_password_command_that_prints_no_password_is_one_line(crm: Crm, what: str) -> None:
    command, reason = PRINTED[what]
    with a_mail_server("starttls", login=True) as server:
        configure(crm, server.port, "user: moi", f"password_command: {command}")
        said = crm.refused("outbox", "send", code=1, SSL_CERT_FILE=str(CERTIFICATE))
        assert "mail.password_command failed" in said
        assert reason in said
        assert said.count("\n") == 1
        assert (server.behaviour.logins, folder(crm)) == ([], ["outbox"])


def test_a_password_command_that_hangs_is_ended(crm: Crm) -> None:
    with a_mail_server("starttls", login=True) as server:
        configure(crm, server.port, "user: moi", "password_command: sleep 600", "timeout: 1")
        said = crm.refused("outbox", "send", code=1, SSL_CERT_FILE=str(CERTIFICATE))
        assert "mail.password_command failed" in said
        assert "10" in said
        assert (server.behaviour.logins, folder(crm)) == ([], ["outbox"])
