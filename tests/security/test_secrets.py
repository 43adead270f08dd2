"""No password, token or key is printed or stored: over all commands, and where a server repeats what it was told."""

import base64
import shlex
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmcli.cli.command_table import COMMANDS
from crmcli.operations.messages.web_forms import page_secret
from crmcli.operations.request import Request
from tests.examples.test_help_examples import ENDLESS, examples_of
from tests.harness.crm import Crm
from tests.harness.git_workspace import GitWorkspace, a_person
from tests.harness.raw_mail_server import Talker, a_raw_server
from tests.harness.sending import configure

PASSWORD, VARIABLE, REMOTE = "Zz-P4ssw0rd-zZ", "Zz-V4riable-zZ", "Zz-R3mote-zZ"
TOKEN = "Zz.t0ken-zZ_0123456789"
USER = "contact@atre-granules.example"
SHELL = set("|<>&;$`")


def spellings(secret: str) -> set[bytes]:
    """A secret as it is, and as SMTP and git would write it down."""
    texts = {secret, f"\0{USER}\0{secret}", f"marie:{secret}"}
    encoded = {base64.b64encode(text.encode()) for text in texts}
    return {secret.encode(), secret.encode().hex().encode(), *encoded}


def a_command_that_prints(place: Path, secret: str) -> Path:
    """A program outside of the workspace that prints a secret."""
    (place / "secret").write_text(f"{secret}\n")
    program = place / "tell"
    program.write_text(f"#!/bin/sh\ncat {place}/secret\n")
    program.chmod(0o755)
    return program


def plain_examples(crm: Crm) -> Iterator[list[str]]:
    """The examples of all help texts that need no shell."""
    for name in COMMANDS:
        for line in examples_of(crm, name) if name not in ENDLESS else ():
            if line.startswith("crm ") and not SHELL & set(line):
                yield shlex.split(line)[1:]


@pytest.fixture
def office(crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitWorkspace]:
    """The sample, with commits, a remote that has a password, and a mail server that has one."""
    keeper = tmp_path / "keeper"
    keeper.mkdir()
    office = GitWorkspace(crm.root, a_person(tmp_path / "home"))
    office.environment |= {"CRM_SMTP_PASSWORD": VARIABLE, "EDITOR": "true", "LANG": "C.UTF-8"}
    with a_raw_server(repeat_login) as server:
        program = a_command_that_prints(keeper, PASSWORD)
        configure(
            office,
            server.port,
            "security: none",
            f"user: {USER}",
            f"password_command: {program}",
            "timeout: 2",
            f"sender: {socket.gethostname()}",
        )
        office("init", "--git")
        office("trust", "--yes")
        office.git("remote", "add", "origin", f"http://marie:{REMOTE}@127.0.0.1:9/office.git")
        for name in ("HOME", "CRM_STATE_DIR"):
            monkeypatch.setenv(name, office.environment[name])
        yield office


def repeat_login(talker: Talker) -> None:
    """A server that refuses a login and repeats it, as servers that are being debugged do."""
    talker.greet(b"AUTH PLAIN LOGIN XOAUTH2", b"8BITMIME")
    said = talker.hear()
    plain = base64.b64decode(said.rpartition(b" ")[2]).replace(b"\0", b" ").replace(b"\1", b" ")
    talker.say(b"535-5.7.8 refused: %b\r\n535 5.7.8 that is %b\r\n" % (said, plain))
    talker.hear()


def everything_kept(office: GitWorkspace, tmp_path: Path) -> dict[str, bytes]:
    """All files of the workspace, of the user and of git, and the objects of git."""
    places = (office.root, office.state, office.home)
    found = [path for place in places for path in place.rglob("*") if path.is_file()]
    kept = {str(path.relative_to(tmp_path)): path.read_bytes() for path in found}
    del kept["stoves/.git/config"]  # where the user has written the address of the remote
    objects = office.git(
        "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"
    ).splitlines()
    names = [line.split()[1] for line in objects if not line.startswith("tree")]
    return kept | {
        "git": office.git("cat-file", "--batch", given="".join(f"{name}\n" for name in names)).encode()
    }


def test_no_command_prints_or_stores_a_secret(office: GitWorkspace, tmp_path: Path) -> None:
    key = page_secret(Request(str(office.root)))
    secrets = {each for secret in (PASSWORD, VARIABLE, REMOTE) for each in spellings(secret)}
    secrets |= {key.hex().encode(), base64.b64encode(key)}
    names = set()
    for words in plain_examples(office):
        ended = office.run(*words)
        assert not [each for each in secrets if each in (ended.out + ended.err).encode()], (words, ended)
        names.add(" ".join(words[:2]))
    office("trust", "--yes")
    deal = office.create("Insert", "--contact", "Luc <luc@example.org>")
    office("email", "queue", deal, "--template", "relance")
    assert "refused: AUTH PLAIN ***" in office.run("outbox", "send").err
    for words in (
        ["sync"],
        ["outbox", "send"],
        ["outbox", "check"],
        ["outbox", "list"],
        ["log"],
        ["doctor"],
        ["config", "show"],
    ):
        ended = office.run(*words)
        assert not [each for each in secrets if each in (ended.out + ended.err).encode()], ended
    assert len(names) > 60, "the examples were run"
    kept = everything_kept(office, tmp_path)
    for name, content in kept.items():
        if key in content:
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert not [each for each in secrets if each in content], name


LOGINS = {
    "a password of a command": ("password_command: {program}", PASSWORD),
    "a password of the environment": ("password_variable: SMTP_SECRET", VARIABLE),
    "a token": ("token_command: {program}", TOKEN),
}


@pytest.mark.parametrize(("line", "secret"), LOGINS.values(), ids=LOGINS)
def test_what_a_server_repeats_of_a_login_is_neither_shown_nor_stored(
    crm: Crm, tmp_path: Path, line: str, secret: str
) -> None:
    keeper = tmp_path / "keeper"
    keeper.mkdir()
    program = a_command_that_prints(keeper, secret)
    crm.environment["SMTP_SECRET"] = secret
    with a_raw_server(repeat_login) as server:
        configure(crm, server.port, "security: none", f"user: {USER}", line.format(program=program))
        ended = crm.run("outbox", "send")
        assert ended.code == 75
        assert "535 5.7.8 refused" in ended.err
        assert "***" in ended.err
        listed = crm("outbox", "list", "-o", "json").out
    assert b"AUTH" in server.heard[0][1], "the secret was sent"
    for content in (ended.out.encode(), ended.err.encode(), listed.encode(), *crm.records().values()):
        assert not [each for each in spellings(secret) if each in content]


def test_the_password_of_a_remote_is_not_shown(office: GitWorkspace) -> None:
    branch = office.git("symbolic-ref", "--short", "HEAD").strip()
    office.git("config", f"branch.{branch}.remote", f"http://marie:{REMOTE}@127.0.0.1:9/office.git")
    office.git("config", f"branch.{branch}.merge", f"refs/heads/{branch}")
    ended = office.run("sync")
    assert ended.code == 75
    assert "http://127.0.0.1:9/office.git cannot be reached" in ended.err
    assert REMOTE not in ended.out + ended.err


def test_the_key_of_web_forms_is_the_users_alone(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", crm.environment["HOME"])
    monkeypatch.delenv("CRM_STATE_DIR", raising=False)
    key = page_secret(Request(str(crm.root)))
    assert page_secret(Request(str(crm.root))) == key
    holding = [path for path in crm.root.parent.rglob("*") if path.is_file() and key in path.read_bytes()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in holding] == [0o600]
