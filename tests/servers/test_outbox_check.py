"""`crm outbox check` tells whether mail can leave, without a mail."""

import json

import pytest

from tests.harness.crm import Crm
from tests.harness.mail_server import CERTIFICATE, PASSWORD, MailServer, a_mail_server
from tests.harness.raw_mail_server import Talker, a_raw_server
from tests.harness.sending import configure, folder, use_program

USER = "contact@atre-granules.example"


def is_untouched(crm: Crm, server: MailServer) -> bool:
    return server.behaviour.taken == [] and folder(crm) == ["outbox"]


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_server_that_works_is_told_with_what_it_offers(crm: Crm, security: str) -> None:
    with a_mail_server(security, login=security == "starttls") as server:
        more = [f"user: {USER}"] if security == "starttls" else []
        configure(crm, server.port, f"security: {security}", *more)
        crm.environment |= {"SSL_CERT_FILE": str(CERTIFICATE), "CRM_SMTP_PASSWORD": PASSWORD}
        before = crm.records()
        said = crm("outbox", "check")
        assert said.out.startswith(f"works: 127.0.0.1:{server.port} (")
        assert ("TLSv1" in said.out) is (security != "none")
        assert f"takes mails from {USER}" in said.out
        assert "8BITMIME" in said.out
        [told] = json.loads(crm("outbox", "check", "-o", "json").out)
        assert (told["schema"], told["sender"], told["login"]) == (
            "crm.way-out/1",
            USER,
            USER if more else "",
        )
        assert told["largest"] > 1_000_000
        assert crm("outbox", "check", "--quiet").out == ""
        assert is_untouched(crm, server)
        assert crm.records() == before


def test_a_login_that_is_refused_is_one_line(crm: Crm) -> None:
    with a_mail_server("starttls", login=True) as server:
        configure(crm, server.port, f"user: {USER}")
        more = {"SSL_CERT_FILE": str(CERTIFICATE), "CRM_SMTP_PASSWORD": "wrong"}
        said = crm.refused("outbox", "check", code=75, **more)
        assert "535" in said
        assert said.count("\n") == 1
        assert "CRM_SMTP_PASSWORD" in crm.refused("outbox", "check", code=5)
        assert is_untouched(crm, server)


def test_a_sender_that_is_refused_is_one_line(crm: Crm) -> None:
    with a_mail_server() as server:
        configure(crm, server.port, "security: none")
        server.behaviour.answers = {"MAIL": "553 5.7.1 not your address"}
        said = crm.refused("outbox", "check", code=75)
        assert f"takes nothing from {USER}: 553 5.7.1 not your address" in said


def test_a_server_that_is_not_there_or_has_another_certificate_is_one_line(crm: Crm) -> None:
    with a_mail_server("tls") as server:
        configure(crm, server.port, "security: tls")
        assert "certificate" in crm.refused("outbox", "check", code=75)
    assert "Connection refused" in crm.refused("outbox", "check", code=75)
    assert folder(crm) == ["outbox"]


def test_settings_that_are_wrong_or_not_trusted_reach_no_server(crm: Crm) -> None:
    assert "mail.transport is none" in crm.refused("outbox", "check", code=5)
    with a_mail_server() as server:
        configure(crm, server.port, "security: none", "timeout: 0")
        assert "0 is not a number of seconds" in crm.refused("outbox", "check", code=5)
        path = crm.data / "crm.yaml"
        path.write_text(path.read_text("utf-8").replace("  timeout: 0\n", ""), "utf-8")
        crm("outbox", "check")
        path.write_text(path.read_text("utf-8").replace("host: 127.0.0.1", "host: localhost"), "utf-8")
        assert "not trusted" in crm.refused("outbox", "check", code=5)


def test_a_server_cannot_write_to_the_terminal_through_what_it_offers(crm: Crm) -> None:
    def talk(talker: Talker) -> None:
        talker.greet(b"\x1b[2JEVIL \x1b]0;x\x07", b"SIZE " + b"9" * 5000, b"SIZE -1", "SIZE ٣".encode())
        while talker.hear():
            talker.say(b"250 OK\r\n")

    with a_raw_server(talk) as server:
        configure(crm, server.port, "security: none")
        for words in (("outbox", "check"), ("outbox", "check", "-o", "json")):
            ended = crm(*words)
            assert "\x1b" not in ended.out + ended.err


def test_a_program_is_looked_for_and_not_run(crm: Crm) -> None:
    ran = crm.root.parent / "ran"
    program = crm.root.parent / "deliver"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    use_program(crm, f"{program} --fast")
    assert f"found: {program}" in crm("outbox", "check").out
    assert not ran.exists()
    program.chmod(0o644)
    crm("trust", "--yes")
    assert "is not an executable file" in crm.refused("outbox", "check", code=75)


def test_cron_check_tests_the_server_where_cron_would_not_find_the_password(crm: Crm) -> None:
    with a_mail_server() as server:
        configure(crm, server.port, "security: none")
        assert crm("cron", "check").out.count("works: ") == 3
        path = crm.data / "crm.yaml"
        text = path.read_text("utf-8").replace("  security: none\n", f"  security: none\n  user: {USER}\n")
        path.write_text(text, "utf-8")
        crm("trust", "--yes")
        found = crm("cron", "check", code=5, CRM_SMTP_PASSWORD=PASSWORD).out
        assert "send: exit 5: crm: no password: $CRM_SMTP_PASSWORD is not set" in found
        assert is_untouched(crm, server)
