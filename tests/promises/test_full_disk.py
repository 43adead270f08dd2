"""Promises 1 and 2 on a disk that cannot store: the old state stays, to the byte, and exit 75 says so."""

import errno
import itertools
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.harness.incidents import failing_at
from tests.harness.processes import Ended
from tests.harness.workspaces import JEAN, Workspace, a_workspace, anonymous, ids_of

GROWING = ("mkdir", "open", "write", "fsync", "replace")  # what a full disk can refuse
PHOTO = b"A" * 76 + b"\r\n"


class Change(NamedTuple):
    """A command that needs room, and what comes in on its standard input."""

    words: tuple[str, ...]
    stdin: bytes = b""


def creating(workspace: Workspace) -> Change:
    """A record and its contact, the first ones."""
    return Change(("create", "T", "--contact", JEAN))


def moving_many(workspace: Workspace) -> Change:
    """Six records, each with a mail to its customer."""
    deals = [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "123456"]
    return Change(("move", *deals, "--to", "contacted"))


def ingesting(workspace: Workspace) -> Change:
    """A mail with a large photo."""
    head = b"From: Jean NEUF <jean@example.org>\r\nTo: devis@atre-granules.example\r\n"
    head += b"Subject: Devis\r\nMessage-ID: <1@example.org>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0100\r\n\r\n"
    return Change(("ingest", "--verbose"), head + b"Bonjour\r\n" + PHOTO * 2000)


def says_that_nothing_was_stored(ended: Ended) -> bool:
    """One line, and the exit code that makes a mail server try again."""
    assert (ended.code, ended.out) == (75, ""), ended
    assert ended.err.startswith("crm: ")
    assert ended.err.count("\n") == 1
    return "cannot store" in ended.err and "(nothing was changed)" in ended.err


def limited(size: int) -> Callable[[], None]:
    """No file of this process may grow beyond a size, as on a disk that has no more room."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("change", [creating, moving_many, ingesting])
def test_a_file_too_large_for_the_disk_leaves_the_old_state(
    workspace: Workspace, change: Callable[[Workspace], Change]
) -> None:
    words, stdin = change(workspace)
    old = workspace.everything()
    for size in (0, 1, 500):
        ended = workspace.run(*words, stdin=stdin, first=limited(size))
        assert says_that_nothing_was_stored(ended)
        assert workspace.everything() == old
        assert workspace.is_clean()
    workspace(*words, stdin=stdin)
    assert workspace.tree() != {path: content for path, content in old.items() if "/.crm/" not in path}
    assert workspace.is_clean()


def test_a_mail_larger_than_the_disk_comes_in_once_there_is_room(workspace: Workspace) -> None:
    words, stdin = ingesting(workspace)
    assert says_that_nothing_was_stored(workspace.run(*words, stdin=stdin, first=limited(len(stdin) - 1)))
    workspace(*words, stdin=stdin)
    workspace(*words, stdin=stdin)
    originals = list(workspace.data.glob("mail/*/*/*.eml"))
    assert [path.read_bytes() for path in originals] == [stdin]
    assert len(workspace("list", "is:lead", "-o", "ids").ids) == 1


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("change", [creating, moving_many, ingesting])
def test_whichever_call_finds_the_disk_full_the_command_says_what_became_of_the_change(
    workspace: Workspace, change: Callable[[Workspace], Change], error: int
) -> None:
    words, stdin = change(workspace)
    old, memory, known = workspace.everything(), workspace.remember(), ids_of(workspace.tree())
    workspace(*words, stdin=stdin)
    new = anonymous(workspace.tree(), known)
    told = []
    for number in itertools.count(1):
        memory.restore()
        ended = workspace.run(*words, stdin=stdin, hear=failing_at(number, error, GROWING))
        if (ended.code, ended.err) == (0, ""):
            if told:
                break
            assert anonymous(workspace.tree(), known) == new
            continue  # a call of the index, which does without
        told.append("the next command finishes this change" in ended.err)
        if told[-1]:
            # a mail is filed once however often it comes, so `ingest` tries again by itself
            assert (ended.code, ended.err.count("\n")) == (0 if change is ingesting else 7, 1), ended
            workspace("list")
            assert anonymous(workspace.tree(), known) == new
        else:
            assert says_that_nothing_was_stored(ended)
            assert workspace.everything() == old
        assert not workspace.pending.exists()
    assert told == sorted(told)
    assert set(told) == {False, True}
    assert workspace.is_clean()


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 KB."""
    place = tmp_path / "tiny"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path, free: int) -> None:
    """Leave so many blocks free on a disk."""
    filler = place / "filler"
    filler.unlink(missing_ok=True)
    room = os.statvfs(place)
    filler.write_bytes(b"x" * ((room.f_bavail - free) * room.f_bsize))


@pytest.mark.parametrize("change", [creating, moving_many])
def test_a_disk_with_less_and_less_room_holds_the_old_state_or_the_new(
    tiny: Path, change: Callable[[Workspace], Change]
) -> None:
    workspace = a_workspace(tiny / "workspace")
    words, stdin = change(workspace)
    old = workspace.everything()
    for free in itertools.count():
        fill(tiny, free)
        ended = workspace.run(*words, stdin=stdin)
        if ended.code == 0:
            break
        assert says_that_nothing_was_stored(ended)
        assert workspace.everything() == old
    assert free > 1
    assert workspace.is_clean()


def test_a_directory_that_may_not_be_written_stays_as_it_is(
    workspace: Workspace, foreign: Callable[[], None]
) -> None:
    deal = workspace.create("Deal")
    old = workspace.everything()
    for path in [workspace.data, *workspace.data.rglob("*")]:
        os.chmod(path, 0o555 if path.is_dir() else 0o444)
    listed = workspace.run("list", "-o", "ids", first=foreign)
    assert (listed.code, listed.out, listed.err) == (0, f"{deal}\n", "")
    for words in (("create", "T"), ("note", deal, "-m", "Bonjour"), ("delete", deal, "--yes")):
        ended = workspace.run(*words, first=foreign)
        assert ended.code == 1, ended
        assert ended.err.count("\n") == 1
        assert "may not write here" in ended.err
        assert workspace.everything() == old
    for path in [workspace.data, *workspace.data.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
    workspace("note", deal, "-m", "Bonjour")
