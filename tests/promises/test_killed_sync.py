"""Promise 2 for `crm sync`: killed before any call and before any git that it starts, the next sync ends all of it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmcli.store.git import git_command
from tests.harness.git_workspace import GitWorkspace, a_clone, a_git_workspace, share
from tests.harness.incidents import killed_before
from tests.harness.processes import Ended

Kill = Callable[[GitWorkspace, int], Ended]


def at_a_call(clone: GitWorkspace, number: int) -> Ended:
    """Sync, killed before a call that changes the workspace."""
    return clone.run("sync", hear=killed_before(number))


def at_a_git(clone: GitWorkspace, number: int) -> Ended:
    """Sync, killed before it starts git for the n-th time."""

    def count() -> None:
        real, left = subprocess.Popen, number

        def start(*words: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*words, **options)

        git_command.subprocess.Popen = start  # type: ignore[misc,assignment]

    return clone.run("sync", first=count)


@pytest.mark.parametrize("kill", [at_a_call, at_a_git])
def test_a_sync_killed_anywhere_is_ended_by_the_next(tmp_path: Path, kill: Kill) -> None:
    office = a_git_workspace(tmp_path / "marie")
    deal = office.create("Poêle Rika", "--contact", "Anne DUPONT")
    remote = share(office, tmp_path / "remote.git")
    clone = a_clone(remote, tmp_path / "paul" / "office", "paul")
    office("note", deal, "-m", "un")
    office.create("Deux")
    office("sync")
    clone("note", deal, "-m", "deux")
    clone.edit(deal, "stage: new", "stage: visit")
    for place in (clone.root, remote):
        shutil.copytree(place, tmp_path / f"kept-{place.name}", symlinks=True)
    killed = 0
    while True:
        ended = kill(clone, killed + 1)
        if not ended.was_killed:
            assert ended.code == 0, ended
            break
        killed += 1
        assert office.run("sync").code == 0
        assert clone.run("sync").code == 0, killed
        assert office("sync").err == ""
        assert clone.tree() == office.tree(), killed
        shown = clone("show", deal).out
        assert all(f"  {word}  (" in shown for word in ("un", "deux")), killed
        assert shown.count("edited in the file") == 1, killed
        assert clone.status == ""
        assert clone("check").out == ""
        for place in (clone.root, remote):
            restore(tmp_path / f"kept-{place.name}", place)
        office.git("reset", "-q", "--hard", "HEAD")
        put_back(office, remote)
    print(f"killed {killed} times")
    assert killed > 5


def restore(kept: Path, place: Path) -> None:
    """Put the files of a directory back as they were; git's own directory stays the same one."""
    for each in place.rglob("*"):
        if not each.is_dir() or each.is_symlink():
            each.unlink()
    shutil.copytree(kept, place, symlinks=True, dirs_exist_ok=True)


def put_back(office: GitWorkspace, remote: Path) -> None:
    """Make the other clone what the remote has."""
    office.git("fetch", "-q")
    office.git("reset", "-q", "--hard", "origin/main")
