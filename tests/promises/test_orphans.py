"""Processes that help to read files: however their parent ends, none of them lives on or keeps a lock."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.harness.workspaces import Workspace

FILES = 3_000  # enough that helpers are started, and that they are at it for a while
RECORD = "schema: 1\nid: {id}\ntitle: Dossier {n}\ncreated: 2026-11-23T09:00:00Z  # un commentaire\n"
LETTERS = "abcdefghjk"
LOOK = 0.005  # seconds between two looks
LONG = 20.0


@pytest.fixture
def large(workspace: Workspace) -> Workspace:
    """A workspace whose files take long to read, for somebody has commented each of them."""
    folder = workspace.data / "opportunities" / "2026"
    folder.mkdir(parents=True)
    for n in range(FILES):
        id = "k" + "".join(LETTERS[int(digit)] for digit in f"{n:07d}")
        (folder / f"dossier-{n}--{id}.yaml").write_text(RECORD.format(id=id, n=n), "utf-8")
    return workspace


def begin(workspace: Workspace) -> "subprocess.Popen[str]":
    """A command that builds the index, in a process group of its own."""
    nothing = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    return workspace.start("list", "-q", start_new_session=True, **nothing)


def wait_until(what: object, seconds: float = LONG) -> bool:
    """Look again and again whether something has come true."""
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        if time.monotonic() > end:
            return False
        time.sleep(LOOK)
    return True


def children_of(pid: int) -> list[int]:
    """The processes that one has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


def is_alive(pid: int) -> bool:
    """Is a process there, and no zombie?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_helpers_end_with_their_parent_and_hold_no_lock(large: Workspace, signal_: signal.Signals) -> None:
    parent = begin(large)
    assert wait_until(lambda: len(children_of(parent.pid)) >= 2), "helpers are at work"
    helpers = children_of(parent.pid)
    for helper in helpers:
        held = [os.readlink(f"/proc/{helper}/fd/{each}") for each in os.listdir(f"/proc/{helper}/fd")]
        assert wait_until(lambda helper=helper: only_pipes(helper)), held
    parent.send_signal(signal_)
    parent.wait()
    assert wait_until(lambda: not any(map(is_alive, helpers)), seconds=3)
    ended = large.run("create", "Neuf", CRM_LOCK_TIMEOUT="0")
    assert ended.code == 0, ended


def only_pipes(pid: int) -> bool:
    """Does a process hold nothing but its standard streams and a pipe (and, for a moment, what it reads)?"""
    try:
        held = {each: os.readlink(f"/proc/{pid}/fd/{each}") for each in os.listdir(f"/proc/{pid}/fd")}
    except OSError:
        return True  # it is gone, with all that it held
    others = [target for each, target in held.items() if int(each) > 2 and not target.endswith(".yaml")]
    return all(target.startswith("pipe:") for target in others)


def test_an_index_that_was_killed_half_way_is_built_once_and_leaves_nothing(large: Workspace) -> None:
    parent = begin(large)
    assert wait_until(lambda: children_of(parent.pid) != [])
    parent.kill()
    parent.wait()
    large("list", "-q")
    seal = (large.derived / "index.seen").stat().st_mtime_ns
    large("list", "-q")
    assert (large.derived / "index.seen").stat().st_mtime_ns == seal, "it was not built again"
    assert [path for path in large.private.rglob("*") if path.name.endswith(".crm-new")] == []
