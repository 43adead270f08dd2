"""Every file that crm reads may be anything: each kind of file, in each state that a file can be in.

Whatever lies there, a command ends soon, says in a line what is wrong, and never with a traceback.
"""

import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.harness.crm import Crm
from tests.harness.processes import Ended

NOBODY = 65534
RICHARD, WAITING = "xgcej9p8", "b91wy0ga"
ROOM = 1_500_000_000  # bytes of address space; a file of 1 GB does not fit beside the program twice
SOON = 15  # seconds
CODES = {0, 1, 2, 3, 4, 5, 6, 7, 75}
MAIL = (
    b"From: Jean <jean@example.org>\r\nTo: devis@atre-granules.example\r\nSubject: Devis\r\n\r\nBonjour\r\n"
)
USUAL = ("list", f"note {RICHARD} -m x")
MAY_BE_ANYTHING = {"mail sent", "mail received", "mail kept aside"}  # what stands in them is as it came


class Kind(NamedTuple):
    """A kind of file: where one lies, and the commands that read it, besides those that everybody gives."""

    place: str
    commands: tuple[str, ...]
    is_named: bool = True  # does `crm check` have to name it, where it cannot be used?


KINDS = {
    "configuration": Kind("pipeline_data/crm.yaml", ("due", "ingest", "config check", *USUAL)),
    "opportunity": Kind(f"pipeline_data/opportunities/2026/*--{RICHARD}.yaml", (f"show {RICHARD}", "tick", *USUAL)),
    "contact": Kind("pipeline_data/contacts/*--f8dz9xw4.yaml", (f"show {RICHARD}", "contact list", "contact show f8dz9xw4", *USUAL)),
    "questionnaire": Kind("questionnaires/pag.yaml", ("questionnaire list", "questionnaire render pag")),
    "e-mail template": Kind(
        "templates/email/accuse-reception.j2",
        ("email list", f"email preview {RICHARD} --template accuse-reception", "email preview enk3gr0s --template relance-devis"),
    ),
    "report template": Kind("templates/report/due.txt.j2", ("due --by assignee", "due --mail")),
    "template of the digest": Kind("templates/report/digest.txt.j2", ("digest", "digest --mail")),
    "page template": Kind("templates/report/personal-data.md.j2", ("contact export f8dz9xw4 out",)),
    "questionnaire template": Kind("templates/questionnaire/*.j2", ("questionnaire render pag",)),
    "scenarios": Kind("pipeline_data/scenarios/*.yaml", ("rules test",)),
    "mail waiting": Kind("pipeline_data/outbox/planted.eml", ("outbox list", "outbox show planted")),
    "mail sent": Kind("pipeline_data/sent/planted.eml", ("outbox list", "contact erase f8dz9xw4 --dry-run")),
    "mail received": Kind("pipeline_data/mail/2026/11/planted.eml", ("contact erase f8dz9xw4 --dry-run", "contact export f8dz9xw4 out")),
    "mail kept aside": Kind("pipeline_data/quarantine/planted.eml", ("contact erase f8dz9xw4 --dry-run", "ingest")),
    "journal": Kind("pipeline_data/.crm/journal/pending", ("undo --list", *USUAL), is_named=False),
    "undo record": Kind("pipeline_data/.crm/done/00000001", ("undo", "undo --list"), is_named=False),
    "memory of a report": Kind("pipeline_data/.crm/reported/morning/told", ("due --mail --since-last morning",), is_named=False),
    "epoch": Kind("pipeline_data/.crm/epoch", ("due",), is_named=False),
    "index": Kind("pipeline_data/.crm/derived-*/index.sqlite3", ("due",), is_named=False),
    "seal of the index": Kind("pipeline_data/.crm/derived-*/index.seen", ("due",), is_named=False),
    "memory of the configuration": Kind("pipeline_data/.crm/derived-*/config", ("due",), is_named=False),
    "hook": Kind("pipeline_data/hooks/pre-change", ("trust --list", "trust --yes", *USUAL), is_named=False),
}  # fmt: skip


def empty(path: Path) -> None:
    path.write_bytes(b"")


def with_markers(path: Path) -> None:
    old = path.read_bytes() if path.exists() else MAIL
    path.write_bytes(b"<<<<<<< HEAD\n" + old + b"=======\n" + old + b">>>>>>> theirs\n")


def binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 8)


def a_directory(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def a_fifo(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def unreadable(path: Path) -> None:
    path.write_bytes(path.read_bytes() if path.exists() else MAIL)
    path.chmod(0)


def of_one_gigabyte(path: Path) -> None:
    with_markers(path)
    os.truncate(path, 1_000_000_000)


STATES = [empty, with_markers, binary, a_directory, a_fifo, unreadable, of_one_gigabyte]


def as_nobody(crm: Crm, words: list[str], stdin: bytes) -> Ended:
    """Run a command as a user who may not read everything, with room for no file of 1 GB."""

    def become_nobody() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

    return crm.run(*words, stdin=stdin, first=become_nobody)


@pytest.fixture
def theirs(sample: Path) -> Iterator[Crm]:
    """A workspace of somebody who is not root, with an index and something to undo."""
    with tempfile.TemporaryDirectory(prefix="crm-") as directory:
        place = Path(directory).resolve()
        place.chmod(0o755)
        crm = Crm(place / "stoves")
        shutil.copytree(sample, crm.root)
        if os.getuid() == 0:
            for folder, _, names in os.walk(place):
                for path in (folder, *(os.path.join(folder, name) for name in names)):
                    os.chown(path, NOBODY, NOBODY)
        as_nobody(crm, ["list"], b"")
        assert as_nobody(crm, ["note", "enk3gr0s", "-m", "avant"], b"").code == 0
        yield crm


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_file_may_be_anything(theirs: Crm, kind: Kind, state: Callable[[Path], None]) -> None:
    crm = theirs
    is_as_it_came = state in (with_markers, binary) and kind in [KINDS[name] for name in MAY_BE_ANYTHING]
    found = sorted(crm.root.glob(kind.place))
    place = found[0] if found else crm.root / kind.place
    place.parent.mkdir(parents=True, exist_ok=True)
    state(place)
    for path in (place, place.parent):
        if os.getuid() == 0:
            os.chown(path, NOBODY, NOBODY)
    for command in (*kind.commands, "check"):
        began = time.monotonic()
        ended = as_nobody(crm, command.split(), MAIL if command == "ingest" else b"")
        assert "Traceback" not in ended.err, (command, ended.err)
        assert ended.code in CODES, (command, ended)
        assert time.monotonic() - began < SOON, command
        if kind.is_named and command == "check" and state is not empty and not is_as_it_came:
            assert place.name in ended.out + ended.err, ended
