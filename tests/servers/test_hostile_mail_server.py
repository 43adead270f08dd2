"""A mail server that never comes to an end, in time or in size, costs a bounded time and memory."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.mail_server import CERTIFICATE, PASSWORD
from tests.harness.raw_mail_server import RawServer, Talk, Talker, a_raw_server
from tests.harness.sending import DEAL, WAITING, configure, folder, listed, state

FOREVER = 10_000
OK = b"250 OK\r\n"


@contextmanager
def an_office(crm: Crm, talk: Talk, *lines: str) -> Iterator[RawServer]:
    with a_raw_server(talk) as server:
        configure(crm, server.port, "timeout: 1", *(lines or ("security: none",)))
        yield server


def stall_bytes(talker: Talker, before: bytes = b"") -> None:
    """Say something without end, each byte well within the time-out."""
    talker.drip(before + b"2" * FOREVER, 0.1)


def drip_banner(talker: Talker) -> None:
    stall_bytes(talker, b"220 ")


def drip_ehlo(talker: Talker) -> None:
    talker.say(b"220 ready\r\n")
    talker.hear()
    stall_bytes(talker, b"250-")


def drip_recipient(talker: Talker) -> None:
    talker.greet()
    talker.hear()
    talker.say(OK)
    talker.hear()
    stall_bytes(talker, b"250 ")


def drip_answer_to_data(talker: Talker) -> None:
    talker.greet()
    for _ in range(2):
        talker.hear()
        talker.say(OK)
    talker.hear()
    stall_bytes(talker, b"354 ")


TOO_SLOW = (drip_banner, drip_ehlo, drip_recipient, drip_answer_to_data)


@pytest.mark.parametrize("talk", TOO_SLOW)
def test_an_answer_that_drips_is_no_answer_and_the_mail_waits(crm: Crm, talk: Talk) -> None:
    with an_office(crm, talk):
        began = time.monotonic()
        ended = crm.run("outbox", "send")
        assert time.monotonic() - began < 8
        assert ended.code in (7, 75)
        is_kept = talk in (drip_recipient, drip_answer_to_data)  # the reason then stands in the record
        assert ("n’a pas répondu en 1 s" if is_kept else "did not answer within 1 s") in ended.err
        assert (folder(crm), listed(crm)["attempts"]) == (["outbox"], 1)


def test_an_answer_that_drips_after_the_mail_leaves_it_uncertain(crm: Crm) -> None:
    def talk(talker: Talker) -> None:
        talker.greet()
        for answer in (OK, OK, b"354 go on\r\n"):
            talker.hear()
            talker.say(answer)
        while talker.hear() != b".":
            pass
        stall_bytes(talker, b"250 ")

    with an_office(crm, talk):
        began = time.monotonic()
        ended = crm("outbox", "send", code=7)
        assert time.monotonic() - began < 16
        assert "a mis plus de 10 s" in ended.err
        assert (folder(crm), state(crm)["state"]) == (["sending"], "uncertain")


def test_a_server_that_answers_each_command_just_in_time_has_ten_times_as_long_for_one_mail(crm: Crm) -> None:
    def talk(talker: Talker) -> None:
        talker.greet()
        while talker.hear() and not talker.over.wait(0.7):
            talker.say(OK)

    path = crm.data / "outbox" / f"{WAITING}.eml"
    many = b"".join(b"Cc: a%d@example.org\r\n" % n for n in range(50))
    path.write_bytes(path.read_bytes().replace(b"Subject:", many + b"Subject:", 1))
    with an_office(crm, talk):
        began = time.monotonic()
        ended = crm("outbox", "send", code=7)
        assert time.monotonic() - began < 15
        assert "a mis plus de 10 s" in ended.err
        assert folder(crm) == ["outbox"]


def test_a_server_that_does_not_read_the_mail_ends_it(crm: Crm) -> None:
    def talk(talker: Talker) -> None:
        talker.greet()
        for answer in (OK, OK, b"354 go on\r\n"):
            talker.hear()
            talker.say(answer)
        talker.over.wait(60)

    (crm.data / "outbox" / "hand.eml").write_bytes(
        b"To: a@b.fr\nSubject: x\n\n" + b"0123456789abcdef\n" * 1_000_000
    )
    with an_office(crm, talk):
        assert "n’a pas répondu en 1 s" in crm("outbox", "send", "hand", code=7).err
        assert folder(crm, "hand") == ["outbox"]


def say_long_banner(talker: Talker) -> None:
    talker.say(b"220 " + b"x" * 10_000_000)
    talker.over.wait(60)


def say_lines_without_end(talker: Talker) -> None:
    talker.say(b"220 ready\r\n")
    talker.hear()
    while not talker.over.is_set():
        talker.say(b"250-SIZE\r\n" * 1000)


@pytest.mark.parametrize("talk", [say_long_banner, say_lines_without_end])
def test_an_answer_of_any_size_is_refused_in_little_memory(crm: Crm, talk: Talk) -> None:
    with an_office(crm, talk):
        ended = crm("outbox", "send", code=75, first=lambda: limit_memory(200))
        assert "an answer larger than 64 KB" in ended.err
        assert len(ended.err) < 500
        assert folder(crm) == ["outbox"]


def limit_memory(megabytes: int) -> None:
    """Limit what this process may take besides what it has, which depends on the tests before."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + (megabytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


NONSENSE = {
    "zeros": b"220 \0\0\0\0\r\n",
    "zeros alone": b"\0" * 100 + b"\r\n",
    "no code": b"hello\r\n",
    "escapes": b"554 \x1b[2J\x1b]0;x\x07 \xff\xfe go away\r\n",
    "letters of other scripts": "२२० ready\r\n".encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("what", NONSENSE)
def test_a_banner_of_nonsense_is_one_clean_line(crm: Crm, what: str) -> None:
    def talk(talker: Talker) -> None:
        talker.say(NONSENSE[what])
        if what == "zeros":
            talker.hear()
            talker.say(b"500 \0 no\r\n")
            talker.hear()
            talker.say(b"500 \0 no\r\n")

    with an_office(crm, talk):
        ended = crm.run("outbox", "send")
        assert ended.code in (7, 75)
        assert ended.err.count("\n") == 1
        assert ended.err.strip().isprintable()
        assert folder(crm) == ["outbox"]


def test_words_smuggled_in_before_the_encryption_are_not_heard(crm: Crm) -> None:
    def talk(talker: Talker) -> None:
        talker.greet(b"STARTTLS")
        talker.hear()
        talker.say(b"220 go\r\n250-AUTH PLAIN\r\n250 OK\r\n")
        talker.hear()

    with an_office(crm, talk, "security: starttls", "user: moi") as server:
        ended = crm("outbox", "send", code=75, CRM_SMTP_PASSWORD=PASSWORD, SSL_CERT_FILE=str(CERTIFICATE))
        assert "before the encryption began" in ended.err
        assert not any(b"AUTH" in line for lines in server.heard for line in lines)


def test_encryption_that_is_refused_is_not_done_without(crm: Crm) -> None:
    def talk(talker: Talker) -> None:
        talker.greet(b"STARTTLS", b"AUTH PLAIN")
        talker.hear()
        talker.say(b"454 TLS not available\r\n")
        while talker.hear():
            talker.say(OK)

    with an_office(crm, talk, "security: starttls", "user: moi") as server:
        assert "454 TLS not available" in crm("outbox", "send", code=75, CRM_SMTP_PASSWORD=PASSWORD).err
        assert not any(b"AUTH" in line or b"MAIL" in line for lines in server.heard for line in lines)


def test_a_certificate_for_another_name_gets_neither_mail_nor_password(crm: Crm) -> None:
    def talk(talker: Talker) -> None:
        talker.greet(b"STARTTLS", b"AUTH PLAIN")
        talker.hear()
        talker.say(b"220 go\r\n")
        talker.begin_encryption()
        while talker.hear():
            talker.say(OK)

    with an_office(crm, talk, "security: starttls", "user: moi") as server:
        path = crm.data / "crm.yaml"
        path.write_text(path.read_text("utf-8").replace("host: 127.0.0.1", "host: 127.0.0.2"), "utf-8")
        crm("trust", "--yes")
        with a_raw_server(talk, "127.0.0.2", server.port) as other:
            ended = crm("outbox", "send", code=75, CRM_SMTP_PASSWORD=PASSWORD, SSL_CERT_FILE=str(CERTIFICATE))
            assert "certificate" in ended.err
            assert not any(b"AUTH" in line or b"MAIL" in line for lines in other.heard for line in lines)


def test_a_mail_is_sent_by_the_next_run_when_the_server_has_come_to_its_senses(crm: Crm) -> None:
    slow = [True]

    def talk(talker: Talker) -> None:
        if slow:
            stall_bytes(talker, b"220 ")
            return
        talker.greet()
        for answer in (OK, OK, b"354 go on\r\n"):
            talker.hear()
            talker.say(answer)
        while talker.hear() != b".":
            pass
        talker.say(OK)
        talker.hear()

    with an_office(crm, talk):
        crm("outbox", "send", code=75)
        slow.clear()
        assert f"mail {WAITING} sent" in crm("outbox", "send", CRM_NOW="2026-11-24T12:00").out
        assert state(crm, WAITING, DEAL)["state"] == "sent"
