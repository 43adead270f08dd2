"""The mail programs that hand messages over to `crm ingest`: each is started with the lines of docs/ingest.md.

A program that is not installed is a visible skip; `make mail-programs` installs them where it may.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.nobody import IS_ROOT, open_folder, program_for_nobody
from tests.harness.places import ROOT
from tests.harness.pop3 import serve_mailbox

PROGRAM = Path(sys.executable).parent / "crm"
MAIL = (
    b"From: Anne PRIGENT <anne@example.org>\nTo: devis@atre-granules.example\nSubject: Un insert\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0100\nMessage-ID: <1@example.org>\n\nBonjour,\n\nun insert, merci.\n"
)
AS_POSTED = 75
PATIENCE = 30.0


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [each for each in programs if shutil.which(each) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} not installed: make mail-programs")


def lines_for(program: str, crm: Crm) -> str:
    """The lines that docs/ingest.md shows for a program, for this workspace."""
    text = (ROOT / "docs" / "ingest.md").read_text("utf-8")
    block = text.partition(f"<!-- {program} -->")[2].partition("```")[2].partition("```")[0]
    lines = block.partition("\n")[2]
    assert lines, program
    return lines.replace("/usr/local/bin/crm", str(PROGRAM)).replace("/srv/crm", str(crm.root))


def run(words: list[str], crm: Crm, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(crm.root.parent), "LANG": "C.UTF-8"}
    return subprocess.run(words, input=stdin, env=environment, capture_output=True, timeout=60, check=False)


def titles(crm: Crm) -> list[str]:
    return [json.loads(line)["title"] for line in crm("list", "is:lead", "-o", "jsonl").out.splitlines()]


@pytest.fixture
def broken(bare: Crm) -> Iterator[Callable[[], None]]:
    """Break the configuration; what is yielded mends it."""
    config = bare.data / "crm.yaml"
    right = config.read_text()
    config.write_text("stages: [")
    yield lambda: config.write_text(right) and None
    config.write_text(right)


@pytest.fixture
def for_nobody() -> Iterator[Path]:
    """A folder that all users may look into."""
    with open_folder() as folder:
        yield folder


def procmail(crm: Crm) -> int:
    rules = crm.root.parent / "procmailrc"
    rules.write_text(lines_for("procmail", crm))
    rules.chmod(0o600)
    return run(["procmail", "-m", str(rules)], crm, MAIL).returncode


def maildrop(crm: Crm) -> int:
    rules = crm.root.parent / "mailfilter"
    rules.write_text(lines_for("maildrop", crm))
    rules.chmod(0o600)
    return run(["maildrop", str(rules)], crm, MAIL).returncode


@pytest.mark.parametrize(
    "deliver",
    [
        pytest.param(procmail, marks=needs("procmail")),
        pytest.param(maildrop, marks=needs("maildrop")),
    ],
)
def test_a_filter_delivers_and_defers(
    bare: Crm, broken: Callable[[], None], deliver: Callable[[Crm], int]
) -> None:
    assert deliver(bare) == AS_POSTED
    broken()
    assert titles(bare) == []
    assert deliver(bare) == 0
    assert titles(bare) == ["Un insert"]


@needs("getmail")
def test_getmail_hands_over_and_keeps_what_must_wait(bare: Crm, broken: Callable[[], None]) -> None:
    with serve_mailbox([MAIL]) as server:
        folder = bare.root.parent / "getmail"
        folder.mkdir()
        lines = lines_for("getmail", bare)
        lines = lines.replace("server = pop.example.org", f"server = 127.0.0.1\nport = {server.port}")
        lines = lines.replace("SimplePOP3SSLRetriever", "SimplePOP3Retriever")
        if os.getuid() == 0:
            lines = lines.replace("[options]", "allow_root_commands = true\n\n[options]")
        (folder / "getmailrc").write_text(lines)
        fetch = ["getmail", f"--getmaildir={folder}", "--rcfile=getmailrc"]
        run(fetch, bare)
        assert len(server.messages) == 1
        broken()
        ended = run(fetch, bare)
        assert ended.returncode == 0, ended
        assert server.messages == {}
    assert titles(bare) == ["Un insert"]


@needs("getmail")
def test_a_maildir_that_getmail_fills_is_filed(bare: Crm, for_nobody: Path) -> None:
    maildir = for_nobody / "Maildir"
    for part in ("", "new", "cur", "tmp"):
        (maildir / part).mkdir()
        shutil.chown(maildir / part, "nobody" if IS_ROOT else None, -1 if IS_ROOT else os.getgid())
    with serve_mailbox([MAIL]) as server:
        folder = bare.root.parent / "getmail"
        folder.mkdir()
        (folder / "getmailrc").write_text(
            f"[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = {server.port}\n"
            "username = anne\npassword = secret\n\n"
            f"[destination]\ntype = Maildir\npath = {maildir}/\n"
            + ("user = nobody\n" if IS_ROOT else "")
            + "\n[options]\ndelete = true\n"
        )
        ended = run(["getmail", f"--getmaildir={folder}", "--rcfile=getmailrc"], bare)
        assert ended.returncode == 0, ended
    assert bare("ingest", str(maildir)).out.startswith("1 message: 1 created")
    assert titles(bare) == ["Un insert"]


@needs("fetchmail")
def test_fetchmail_hands_over_and_keeps_what_must_wait(bare: Crm, broken: Callable[[], None]) -> None:
    with serve_mailbox([MAIL]) as server:
        rules = bare.root.parent / "fetchmailrc"
        lines = lines_for("fetchmail", bare).replace(
            "poll pop.example.org", f"poll 127.0.0.1 port {server.port}"
        )
        rules.write_text(lines.replace(" ssl", ' sslproto ""'))
        rules.chmod(0o600)
        fetch = ["fetchmail", "--nosyslog", "-f", str(rules), "--pidfile", str(rules.with_suffix(".pid"))]
        run(fetch, bare)
        assert len(server.messages) == 1
        broken()
        ended = run(fetch, bare)
        assert ended.returncode == 0, ended
        assert server.messages == {}
    assert titles(bare) == ["Un insert"]


MASTER = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
local unix - n n - - local
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A Postfix of its own: no network, its own queue."""

    def __init__(self, folder: Path, crm: Crm) -> None:
        self.folder = folder
        self.crm = crm
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix", "postfix")
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": folder / "queue",
            "data_directory": folder / "data",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "myhostname": "mx.test.example",
            "mydestination": "test.example",
            "inet_interfaces": "loopback-only",
            "alias_maps": f"texthash:{folder}/etc/aliases",
            "transport_maps": "inline:{ {pipe@test.example=crm:} }",
            "local_recipient_maps": "",
            "maillog_file": folder / "log",
            "maillog_file_prefixes": folder,
            "minimal_backoff_time": "1s",
            "queue_run_delay": "1s",
        }
        program = program_for_nobody(folder)
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (folder / "etc" / "main.cf").write_text(lines)
        pipe = (
            lines_for("Postfix, master.cf", crm)
            .replace("user=crm", "user=nobody")
            .replace(str(PROGRAM), str(program))
        )
        (folder / "etc" / "master.cf").write_text(MASTER + pipe)
        forward = lines_for("Postfix, .forward", crm).strip().replace(str(PROGRAM), str(program))
        (folder / "etc" / "aliases").write_text(f"forward {forward}\n")

    def control(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        program, *rest = words
        return run(
            [program, "-c" if program != "sendmail" else "-C", str(self.folder / "etc"), *rest], self.crm
        )

    def send(self, to: str) -> None:
        words = ["sendmail", "-C", str(self.folder / "etc"), "-f", "anne@example.org", to]
        ended = run(words, self.crm, MAIL)
        assert ended.returncode == 0, ended

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def wait_for(self, text: str) -> None:
        pause = threading.Event()
        for _ in range(int(PATIENCE / 0.1)):
            if text in self.log():
                return
            pause.wait(0.1)
        raise AssertionError(self.log())


@pytest.fixture
def postfix(bare: Crm, for_nobody: Path) -> Iterator[Postfix]:
    """A running Postfix whose mails go to the workspace, as nobody."""
    folder = for_nobody
    root = folder / "workspace"
    shutil.copytree(bare.root, root)
    for path in (root, *root.rglob("*")):
        shutil.chown(path, "nobody")
    crm = Crm(root)
    made = Postfix(folder, crm)
    ended = made.control("postfix", "start")
    assert ended.returncode == 0, ended
    try:
        yield made
    finally:
        made.control("postfix", "stop")


@needs("postfix", "sendmail")
@pytest.mark.skipif(os.getuid() != 0, reason="only root starts a Postfix")
@pytest.mark.parametrize("way", ["pipe", "forward"])
def test_postfix_delivers_and_defers(postfix: Postfix, way: str) -> None:
    config = postfix.crm.data / "crm.yaml"
    right = config.read_text()
    config.write_text("stages: [")
    postfix.send(f"{way}@test.example")
    postfix.wait_for("status=deferred")
    config.write_text(right)
    postfix.control("postqueue", "-f")
    postfix.wait_for("status=sent")
    assert titles(postfix.crm) == ["Un insert"]
    assert "status=bounced" not in postfix.log()
