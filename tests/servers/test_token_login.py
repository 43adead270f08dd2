"""Logging in with an access token of OAuth 2, as Gmail and Microsoft 365 want it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.mail_server import CERTIFICATE, MailServer, a_mail_server
from tests.harness.sending import WAITING, configure, folder, listed

USER = "contact@atre-granules.example"
TOKEN = "ya29.a0AfH6SMBx-0_~+/short=="
LONG = "eyJ0eXAiOiJKV1Qi." + "Ab9_-" * 120  # as those of Microsoft 365: too long for one command


@contextmanager
def an_office(crm: Crm, *, without: tuple[str, ...] = (), token: str = TOKEN) -> Iterator[MailServer]:
    """The workspace with a command that prints a token, and a server that takes it."""
    with a_mail_server("starttls", login=True, without=without, token=token) as server:
        kept = place_of(crm)
        kept.write_text(f"{token}\n")
        configure(crm, server.port, f"user: {USER}", f"token_command: cat {kept}")
        crm.environment["SSL_CERT_FILE"] = str(CERTIFICATE)
        yield server


def place_of(crm: Crm) -> Path:
    return crm.root.parent / "token"


@pytest.mark.parametrize("token", [TOKEN, LONG])
@pytest.mark.parametrize("without", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_a_command_prints_logs_in(crm: Crm, without: str, token: str) -> None:
    with an_office(crm, without=(without,), token=token) as server:
        assert f"mail {WAITING} sent" in crm("outbox", "send").out
        assert len(server.behaviour.taken) == 1
        assert len(server.behaviour.logins) == 1
    assert not [name for name, content in crm.records().items() if token.encode() in content]


REFUSALS = {
    "OAUTHBEARER": "535 5.7.8 Username and Password not accepted (status 401, scope https://mail.google.com/)",
    "XOAUTH2": "(status invalid_token, error_description The token has expired)",
}


@pytest.mark.parametrize("without", REFUSALS)
def test_an_expired_token_is_explained_in_the_words_of_the_server(crm: Crm, without: str) -> None:
    with an_office(crm, without=(without,)) as server:
        place_of(crm).write_text("0ld-one\n")
        ended = crm("outbox", "send", code=75)
        assert REFUSALS[without] in ended.err
        assert "mail.token_command" in ended.err
        assert "0ld-one" not in ended.err
        answered = {"OAUTHBEARER": "", "XOAUTH2": "AQ=="}[without]
        assert server.behaviour.logins[-1][1] == answered
        assert (server.behaviour.taken, folder(crm), listed(crm)["attempts"]) == ([], ["outbox"], 1)
        place_of(crm).write_text(TOKEN)
        assert f"mail {WAITING} sent" in crm("outbox", "send", CRM_NOW="2026-11-24T12:00").out


def test_a_connection_that_is_opened_again_asks_for_a_new_token(crm: Crm) -> None:
    with an_office(crm) as server:
        crm("due", "--mail")
        server.behaviour.answers = {"MAIL": "421 4.7.0 session is too old"}
        server.behaviour.token = "the-first"
        place_of(crm).write_text("the-first\n")
        turn = crm.root.parent / "turn"
        turn.write_text(f"#!/bin/sh\nhead -1 {place_of(crm)}; sed -i 1d {place_of(crm)}\n")
        turn.chmod(0o755)
        path = crm.data / "crm.yaml"
        path.write_text(path.read_text("utf-8").replace(f"cat {place_of(crm)}", str(turn)), "utf-8")
        crm("trust", "--yes")
        place_of(crm).write_text("the-first\nthe-second\n")
        crm.run("outbox", "send")
        used = [said for _, said in server.behaviour.logins]
        assert "auth=Bearer the-first" in used[0]
        assert "auth=Bearer the-second" in used[1]


PRINTED = {
    "nothing": ("", "printed nothing"),
    "an error instead": ("error: no account\n", "not an access token"),
    "JSON": ('{"access_token": "x"}\n', "not an access token"),
    "a header": ("x\x01auth=Bearer y\n", "not an access token"),
    "a NUL": ("x\0y\n", "NUL"),
    "a megabyte": ("x" * 1_000_000, "more than 10000 bytes"),
}


@pytest.mark.parametrize("what", PRINTED)
def test_what_is_no_token_is_not_sent_to_the_server(crm: Crm, what: str) -> None:
    printed, reason = PRINTED[what]
    with an_office(crm) as server:
        place_of(crm).write_text(printed)
        ended = crm("outbox", "send", code=1)
        assert (
            f"mail.token_command failed: {'it ' if 'printed' in reason or 'bytes' in reason else ''}"
            in ended.err
        )
        assert reason in ended.err
        assert len(ended.err) < 200
        assert server.behaviour.logins == []
        assert folder(crm) == ["outbox"]


def test_a_server_that_takes_no_token_is_named_with_what_it_takes(crm: Crm) -> None:
    with an_office(crm, without=("XOAUTH2", "OAUTHBEARER")) as server:
        ended = crm("outbox", "send", code=75)
        assert "takes no access token, it offers LOGIN PLAIN" in ended.err
        assert server.behaviour.taken == []


def test_a_token_command_runs_only_if_it_is_trusted(crm: Crm) -> None:
    with an_office(crm) as server:
        path = crm.data / "crm.yaml"
        ran = crm.root.parent / "ran"
        text = path.read_text("utf-8").replace(f"cat {place_of(crm)}", f"touch {ran}")
        path.write_text(text, "utf-8")
        assert "not trusted" in crm.refused("outbox", "send", code=5)
        assert "mail.token_command" in crm("trust", "--list").out
        assert not ran.exists()
        assert server.behaviour.logins == []


def test_a_token_is_never_sent_in_clear(crm: Crm) -> None:
    with an_office(crm):
        path = crm.data / "crm.yaml"
        text = path.read_text("utf-8").replace("host: 127.0.0.1", "host: smtp.example.org\n  security: none")
        path.write_text(text, "utf-8")
        crm("trust", "--yes")
        assert "in clear" in crm.refused("outbox", "send", code=5)
        assert "in clear" in crm("check", code=5).out


SETTINGS = {
    "password_command: cat x": "password_command is given too",
    "token_command: ''": "is not a command",
}


def test_check_names_settings_that_do_not_fit(crm: Crm) -> None:
    with an_office(crm):
        path = crm.data / "crm.yaml"
        text = path.read_text("utf-8")
        for line, reason in SETTINGS.items():
            key = line.partition(":")[0]
            kept = [each for each in text.split("\n") if not each.startswith(f"  {key}:")]
            path.write_text("\n".join(kept).replace("\n  user: ", f"\n  {line}\n  user: ", 1), "utf-8")
            assert reason in crm("config", "check", code=5).out
        path.write_text(text.replace(f"  user: {USER}\n", ""), "utf-8")
        assert "needs user" in crm("config", "check", code=5).out
