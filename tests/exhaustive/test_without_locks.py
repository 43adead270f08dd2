"""A file system without locks, as some network file systems are: every command that writes says so and stops."""

import errno
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmcli.cli.command_table import COMMANDS
from tests.examples.test_help_examples import examples_of
from tests.harness import figures
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.git_workspace import a_firm, a_git_workspace
from tests.harness.locks import can_refuse_locks, refusing_locks
from tests.harness.sending import configure

pytestmark = pytest.mark.skipif(not can_refuse_locks(), reason="the kernel has no filters of system calls")

DEAL, RICHARD, MARTIN, WAITING = "xgcej9p8", "f8dz9xw4", "z5f8q6tn", "e3aew9rq"
LETTER = "pipeline_data/examples/lettre-information.eml"
OTHER = {  # where the first example of the help needs a shell, an editor, or changes nothing
    "edit": f"edit {DEAL}",
    "undo": "undo",
    "redo": "redo",
    "due": "due --mail --since-last matin",
    "digest": "digest --mail",
    "calendar sync": "calendar sync agenda",
    "contact sync": "contact sync carnet",
    "import json": "import json deals.json",
    "reward pay": "reward pay t22qk2k4",
    "contact delete": "contact delete 'Thomas FAURE' --yes",
    "contact edit": f"contact edit {RICHARD}",
    "contact merge": f"contact merge {RICHARD} {MARTIN} --yes",
    "ingest": f"ingest {LETTER}",
    "inbox accept": "inbox accept all",
    "inbox link": f"inbox link all --to {DEAL}",
    "inbox retry": "inbox retry all",
    "inbox drop": "inbox drop all",
    "attach": f"attach {DEAL} questionnaires/pab.yaml",
    "outbox send": "outbox send",
    "outbox retry": "outbox retry all",
    "outbox drop": f"outbox drop {WAITING}",
    "outbox hold": f"outbox hold {WAITING}",
    "check": "check --fix pipeline_data/opportunities/sans-id.yaml",
}
ELSEWHERE = {  # what changes nothing that is there, so that no lock is needed
    "init": "makes a new workspace",
    "trust": "is remembered outside of the workspace",
    "completion": "is written into the user's home",
    "contact export": "writes into a new folder",
    "attachment save": "writes into a new folder",
    "questionnaire fill": "asks at a terminal, and writes as `questionnaire answer` does",
    "sync": "needs git",
    "resolve": "needs git",
}
WRITING = [name for name, listed in COMMANDS.items() if listed.writes and name not in ELSEWHERE]
READING = ("list -o jsonl", "show xgcej9p8", "due", "report pipeline", "contact list", "check", "outbox list")


def everything(crm: Crm) -> dict[str, bytes]:
    """Every file of the workspace, but what is derived from the others."""
    files = (path for path in crm.root.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if "/derived-" not in str(path)}


def prepare(crm: Crm) -> None:
    """Give every command something to do."""
    configure(crm, port=9)
    crm.environment |= {"EDITOR": "sed -i s/Rika/Contura/;s/Moulins/Tilleuls/", "CRM_LOCK_TIMEOUT": "60"}
    crm("ingest", LETTER)
    crm("email", "queue", "p4rr1d0x", "-t", "relance-devis")
    held = [id for id in crm("outbox", "list", "-o", "ids").ids if id != WAITING]
    crm("outbox", "hold", *held)
    (crm.data / "opportunities" / "sans-id.yaml").write_text("title: Sans id\n")
    (crm.root / "deals.json").write_text('[{"title": "Insert Jøtul", "contact": "Jean PETIT"}]')
    change_on_the_phone(crm, "agenda", ("calendar", "sync"), "STATUS:NEEDS-ACTION", "STATUS:COMPLETED")
    change_on_the_phone(crm, "carnet", ("contact", "sync"), "FN:", "FN:Dr ")
    for text in ("un", "deux"):
        crm("note", DEAL, "-m", text)
    crm("undo")


def change_on_the_phone(crm: Crm, folder: str, sync: tuple[str, str], old: str, new: str) -> None:
    """Synchronise a folder, and change an item in it as a phone does."""
    (crm.root / folder).mkdir()
    crm(*sync, folder)
    item = next(each for each in sorted((crm.root / folder).iterdir()) if old in each.read_text("utf-8"))
    item.write_text(item.read_text("utf-8").replace(old, new, 1), "utf-8")


@pytest.fixture(scope="module")
def prepared(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """A workspace in which every command has something to do, and none may do it."""
    crm = copy_workspace(sample, tmp_path_factory.mktemp("prepared") / "stoves")
    prepare(crm)
    before = everything(crm)
    yield crm
    assert everything(crm) == before


def line_of(crm: Crm, name: str) -> list[str]:
    """The words of a command that changes something."""
    examples = [each.removeprefix("crm ") for each in examples_of(crm, name) if "--dry-run" not in each]
    return shlex.split(OTHER.get(name) or examples[0])


@pytest.mark.parametrize("name", WRITING)
def test_a_command_that_writes_says_so_and_stops(prepared: Crm, name: str) -> None:
    before = everything(prepared)
    figures.count("commands without locks")
    ended = prepared.run(*line_of(prepared, name), first=refusing_locks(errno.ENOLCK))
    assert (ended.code, ended.out) == (75 if name == "ingest" else 1, ""), ended
    *more, told = ended.err.splitlines()
    assert "this file system has no locks (No locks available) (keep the workspace on a local disk)" in told
    assert more == [] or (name.endswith("edit") and "your changes are kept in" in more[0])
    assert everything(prepared) == before


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL])
def test_whatever_such_a_file_system_answers_is_told(prepared: Crm, error: int) -> None:
    before = everything(prepared)
    told = prepared.refused("note", DEAL, "-m", "x", code=1, first=refusing_locks(error))
    assert told.startswith(f"crm: {prepared.data}: this file system has no locks (")
    assert everything(prepared) == before


@pytest.mark.parametrize("line", READING)
def test_a_command_that_reads_answers_as_ever(prepared: Crm, line: str) -> None:
    wanted = prepared.run(*line.split())
    assert prepared.run(*line.split(), first=refusing_locks(errno.ENOLCK)) == wanted


def test_a_mail_program_is_asked_to_try_again(prepared: Crm) -> None:
    mail = (prepared.root / LETTER).read_bytes()
    ended = prepared.run("ingest", stdin=mail, first=refusing_locks(errno.ENOLCK))
    assert (ended.code, ended.out) == (75, "")
    assert "this file system has no locks" in ended.err


@pytest.mark.parametrize("words", [("sync",), ("resolve", "all", "--take", "ours")])
def test_what_needs_git_says_so_and_stops(tmp_path: Path, words: tuple[str, ...]) -> None:
    firm = a_firm(a_git_workspace(tmp_path), tmp_path)
    firm.marie("set", firm.deal, "expected_revenue=1000")
    firm.marie("sync")
    if words[0] == "resolve":
        firm.paul("set", firm.deal, "expected_revenue=2000")
        assert firm.paul.run("sync").code == 6
    before, commit = firm.paul.tree(), firm.paul.git("rev-parse", "HEAD")
    ended = firm.paul.run(*words, first=refusing_locks(errno.ENOLCK))
    assert ended.code == 1, ended
    assert "this file system has no locks" in ended.err
    assert (firm.paul.tree(), firm.paul.git("rev-parse", "HEAD")) == (before, commit)
