"""The index costs time, never a right answer: whatever happens to it, or to the files behind its back."""

import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from crmcli.store.index import fingerprint
from crmcli.store.local_state.derived import DerivedFiles
from crmcli.store.transactions.files import Directory
from tests.harness.crm import Crm

RICHARD = "xgcej9p8"
ASKED = (
    ["list", "is:any", "-o", "jsonl"],
    ["activity", "list", "state:any", "-o", "jsonl"],
    ["contact", "list", "-o", "jsonl"],
)


def answers(crm: Crm) -> list[str]:
    return [crm(*each).out for each in ASKED]


def truth(crm: Crm) -> list[str]:
    """What a workspace with the same files and without an index answers."""
    copy = crm.root.parent / "without-index"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(crm.root, copy, ignore=shutil.ignore_patterns("index.*", ".git"))
    other = Crm(copy)
    return [text.replace("without-index", crm.root.name) for text in answers(other)]


def private(crm: Crm) -> Path:
    return crm.derived


def believed(crm: Crm) -> DerivedFiles:
    """The same as a command finds it that runs now."""
    os.environ["CRM_STATE_DIR"] = str(crm.root.parent / ".local" / "state" / "crm")
    return DerivedFiles(crm.root, print)


def overwrite(path: Path, start: int, content: bytes) -> None:
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(content)


def other_version(crm: Crm) -> None:
    path = private(crm) / "index.seen"
    path.write_bytes(path.read_bytes().replace(b"crm-index ", b"crm-index 9", 1))


def no_directory(crm: Crm) -> None:
    shutil.rmtree(crm.data / ".crm")
    (crm.data / ".crm").write_text("not a directory")


DAMAGE: dict[str, Callable[[Crm], object]] = {
    "deleted": lambda crm: (private(crm) / "index.sqlite3").unlink(),
    "seal deleted": lambda crm: (private(crm) / "index.seen").unlink(),
    "both deleted": lambda crm: [path.unlink() for path in private(crm).glob("index.*")],
    "truncated": lambda crm: os.truncate(private(crm) / "index.sqlite3", 20_000),
    "emptied": lambda crm: os.truncate(private(crm) / "index.sqlite3", 0),
    "seal truncated": lambda crm: os.truncate(private(crm) / "index.seen", 100),
    "scribbled over": lambda crm: overwrite(private(crm) / "index.sqlite3", 5000, os.urandom(30_000)),
    "head scribbled over": lambda crm: overwrite(private(crm) / "index.sqlite3", 0, b"\0" * 100),
    "one letter changed": lambda crm: overwrite(
        private(crm) / "index.sqlite3", (private(crm) / "index.sqlite3").read_bytes().index("Poêle".encode()), b"B"
    ),
    "seal scribbled over": lambda crm: overwrite(private(crm) / "index.seen", 60, os.urandom(50)),
    "another version": other_version,
    "a directory instead": lambda crm: (
        (private(crm) / "index.sqlite3").unlink(),
        (private(crm) / "index.sqlite3").mkdir(),
    ),
    "no directory for it": no_directory,
    "another database": lambda crm: (
        (private(crm) / "index.sqlite3").unlink(),
        sqlite3.connect(private(crm) / "index.sqlite3").execute("CREATE TABLE record (x)").connection.close(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_answers_right(crm: Crm, damage: Callable[[Crm], object]) -> None:
    before = answers(crm)
    damage(crm)
    assert answers(crm) == before


def edited(crm: Crm) -> None:
    """An edit in place that changes neither size nor, as far as `touch` can see to it, the time."""
    path = crm.file(RICHARD)
    stat = path.stat()
    path.write_text(path.read_text().replace("PAG Rika", "PAG Rikb", 1))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def copied_over(crm: Crm) -> None:
    path = crm.file(RICHARD)
    other = crm.root / "draft"
    other.write_text(path.read_text().replace("PAG Rika", "PAG Rikc", 1))
    shutil.copystat(path, other)
    subprocess.run(["cp", "-p", other, path], check=True)
    other.unlink()


def renamed_over(crm: Crm) -> None:
    path = crm.file(RICHARD)
    other = path.with_suffix(".draft")
    other.write_text(path.read_text().replace("PAG Rika", "PAG Rikd", 1))
    shutil.copystat(path, other)
    other.rename(path)


def moved(crm: Crm) -> None:
    path = crm.file(RICHARD)
    (path.parent / "deeper").mkdir()
    place = path.parent / "deeper" / "renamed.yaml"
    path.rename(place)
    place.write_text(place.read_text().replace("PAG Rika", "PAG Rike", 1))


def broken(crm: Crm) -> None:
    crm.file(RICHARD).write_text("title: [")


def made_by_hand(crm: Crm) -> None:
    (crm.data / "opportunities" / "note.yaml").write_text("title: À la main\n")


CHANGES: dict[str, Callable[[Crm], object]] = {
    "edited in place": edited,
    "copied over with its times": copied_over,
    "renamed over": renamed_over,
    "moved": moved,
    "deleted": lambda crm: crm.file(RICHARD).unlink(),
    "broken": broken,
    "made by hand": made_by_hand,
    "a contact renamed": lambda crm: crm.file("f8dz9xw4").write_text("id: f8dz9xw4\nname: Pierrot\n"),
    "all of them": lambda crm: [shutil.rmtree(crm.data / name) for name in ("opportunities", "contacts")],
    "from the future": lambda crm: [
        subprocess.run(["touch", "-d", "2040-01-01", crm.file(RICHARD)], check=True),
        answers(crm),
        crm.file(RICHARD).write_text("id: xgcej9p8\ntitle: Plus tard\n"),
        subprocess.run(["touch", "-d", "2040-01-01", crm.file(RICHARD)], check=True),
    ],
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_by_hand_is_seen_at_once(crm: Crm, change: Callable[[Crm], object]) -> None:
    before = answers(crm)
    change(crm)
    after = answers(crm)
    assert after == truth(crm)
    assert after != before


def test_what_git_checks_out_is_seen_at_once(crm: Crm) -> None:
    def git(*args: str) -> None:
        identity = ["-c", "user.name=m", "-c", "user.email=m@example.org"]
        subprocess.run(["git", *identity, *args], cwd=crm.root, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "before")
    before = answers(crm)
    crm("set", RICHARD, "title=Autre titre")
    git("commit", "-q", "-am", "after")
    after = answers(crm)
    git("checkout", "-q", "HEAD~")
    assert answers(crm) == before
    git("checkout", "-q", "main")
    assert answers(crm) == after != before


@contextmanager
def index_kept_by_another(crm: Crm) -> Iterator[None]:
    descriptor = os.open(private(crm), os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


@contextmanager
def database_kept_by_another(crm: Crm) -> Iterator[None]:
    database = sqlite3.connect(private(crm) / "index.sqlite3", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    yield
    database.close()


@pytest.mark.parametrize("keeping", [index_kept_by_another, database_kept_by_another])
def test_an_index_that_another_keeps_is_answered_for_from_memory(
    crm: Crm, keeping: Callable[[Crm], "contextmanager[None]"]
) -> None:
    answers(crm)
    with keeping(crm):  # type: ignore[attr-defined]
        crm("set", RICHARD, "title=Pendant ce temps")
        found = answers(crm)
    assert "Pendant ce temps" in found[0]
    assert found == truth(crm)


def test_a_read_only_workspace_is_answered_for_from_memory(crm: Crm) -> None:
    answers(crm)
    edited(crm)
    wanted = truth(crm)
    command = 'mount --bind . . && mount -o remount,ro,bind . && cd . && exec "$@"'
    for args, text in zip(ASKED, wanted, strict=True):
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", command, "sh", sys.executable, "-m", "crmcli", *args],
            cwd=crm.root,
            env=crm.environment,
            capture_output=True,
            text=True,
        )
        if "unshare" in done.stderr or "mount" in done.stderr:
            pytest.skip(f"no mounts here: {done.stderr.strip()}")
        assert (done.returncode, done.stdout, done.stderr) == (0, text, "")


def test_a_record_just_written_is_read_again_until_the_clock_has_moved_on(crm: Crm) -> None:
    """Two edits of the same size within one tick of the clock cannot be told apart by any stat."""
    path = crm.file(RICHARD)
    for letter in "abcdefghij":
        content = path.read_text()
        start = content.index("PAG Rik")
        path.write_text(content[: start + 7] + letter + content[start + 8 :])
        assert f"PAG Rik{letter}" in crm("list", f"id:{RICHARD}", "-o", "csv").out


def test_a_database_that_is_damaged_under_a_seal_that_fits_answers_right_and_heals(crm: Crm) -> None:
    """As by a disk that forgets: every stat is what it should be, the pages are not."""
    before = answers(crm)
    path = private(crm) / "index.sqlite3"
    overwrite(path, 8192, os.urandom(path.stat().st_size - 16_384))
    stat = path.stat()
    found = fingerprint.read_seal(believed(crm))
    assert found is not None
    now = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    with Directory.at(private(crm)) as folder:
        fingerprint.write_seal(folder, found._replace(database=now))
    assert answers(crm) == before
    assert fingerprint.read_seal(believed(crm)) is None or answers(crm) == before
    assert "malformed" not in crm("list").err


def test_a_reader_answers_while_another_locks_the_database_again_and_again(crm: Crm) -> None:
    before = answers(crm)
    script = (
        "import sqlite3, sys, time\n"
        f"database = sqlite3.connect({str(private(crm) / 'index.sqlite3')!r}, isolation_level=None)\n"
        "end = time.monotonic() + 20\n"
        "print('on', flush=True)\n"
        "while time.monotonic() < end:\n"
        "    database.execute('BEGIN EXCLUSIVE'); time.sleep(0.45); database.execute('COMMIT')\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for _ in range(4):
            assert answers(crm) == before
        other.kill()


def many(crm: Crm, count: int) -> None:
    for number in range(count):
        path = crm.data / "opportunities" / f"{number}.yaml"
        path.write_text(f"title: Poêle {number}\n", "utf-8")


@contextmanager
def building(crm: Crm) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """A command that builds the index with other processes, and those."""
    many(crm, 6000)
    command = [sys.executable, "-m", "crmcli", "list", "-o", "ids"]
    with subprocess.Popen(
        command, env=crm.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as main:
        children: list[int] = []
        children_of = Path(f"/proc/{main.pid}/task/{main.pid}/children")
        while not children and main.poll() is None:
            with suppress(FileNotFoundError):
                children = [int(each) for each in children_of.read_text().split()]
        yield main, children


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc which processes there are")
def test_a_reader_whose_helping_process_is_killed_reads_on_alone(crm: Crm) -> None:
    with building(crm) as (main, children):
        if not children:
            pytest.skip("one core only: no other processes read")
        os.kill(children[0], signal.SIGKILL)
        _, errors = main.communicate(timeout=60)
        assert (main.returncode, "Traceback" in errors) == (0, False)
    assert len(crm("list", "-o", "csv").out.splitlines()) > 6000


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc which processes there are")
def test_an_interruption_while_files_are_read_is_one_line(crm: Crm) -> None:
    with building(crm) as (main, children):
        for pid in (main.pid, *children):  # as a terminal sends it to all of them
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        _, errors = main.communicate(timeout=60)
    assert errors == "crm: interrupted\n"
    assert main.returncode == 130


def test_what_cannot_be_read_as_a_record_is_named_and_all_else_goes_on(crm: Crm) -> None:
    folder = crm.data / "opportunities"
    (crm.root / "elsewhere").mkdir()
    (folder / "linked").symlink_to(crm.root / "elsewhere", target_is_directory=True)
    os.rename(os.fsencode(crm.file("teqcvdqh")), os.fsencode(folder) + b"/caf\xe9--teqcvdqh.yaml")
    done = crm("list", "-o", "ids")
    assert "xgcej9p8" in done.out
    assert "pipeline_data/opportunities/linked: a link to a directory is not followed; skipped" in done.err
    assert "--teqcvdqh.yaml: its name is not UTF-8; skipped" in done.err


def test_a_directory_that_is_not_ours_to_read_is_named_and_all_else_goes_on(crm: Crm) -> None:
    closed = crm.data / "opportunities" / "private"
    closed.mkdir()
    crm.file("teqcvdqh").rename(closed / "x--teqcvdqh.yaml")
    closed.chmod(0)
    for args in (["list", "-o", "ids"], ["show", "xgcej9p8"]):
        done = subprocess.run(
            ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", sys.executable, "-m", "crmcli", *args],
            env=crm.environment, capture_output=True, text=True,
        )  # fmt: skip
        if "setpriv" in done.stderr:
            pytest.skip(f"cannot give up a capability here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
    closed.chmod(0o755)
