"""A repository's configuration names programs: asking git about it runs none of them."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.harness.crm import Crm

GERMAINE = "f8dz9xw4"
SIGNATURE = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----\n"


def git(crm: Crm, *words: str, given: str = "") -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", crm.root, "-c", "user.name=x", "-c", "user.email=x@example.org", *words],
        input=given, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def hostile(crm: Crm, tmp_path: Path) -> Crm:
    """A repository with a signed commit, whose configuration names a program for all that git has one for."""
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    evil.chmod(0o755)
    git(crm, "init", "-q")
    git(crm, "add", "-A")
    git(crm, "commit", "-qm", "Tout")
    commit = git(crm, "cat-file", "commit", "HEAD")
    head, _, message = commit.partition("\n\n")
    signed = git(
        crm, "hash-object", "-t", "commit", "-w", "--stdin", given=f"{head}\n{SIGNATURE}\n{message}\n"
    )
    git(crm, "update-ref", "HEAD", signed)
    for key, value in {
        "log.showSignature": "true", "gpg.program": str(evil), "core.fsmonitor": str(evil), "core.pager": str(evil),
        "diff.external": str(evil), "core.sshCommand": str(evil), "core.alternateRefsCommand": str(evil),
        "core.editor": str(evil), "pager.log": str(evil), "core.askPass": str(evil),
    }.items():  # fmt: skip
        git(crm, "config", key, value)
    return crm


def test_what_git_still_holds_is_told_and_no_program_runs(hostile: Crm, tmp_path: Path) -> None:
    told = hostile("contact", "erase", GERMAINE, "--dry-run")
    assert "git history still has" in told.out
    del hostile.environment["CRM_USER"]  # so that git is asked who it is
    hostile("note", "xgcej9p8", "-m", "x")
    assert not (tmp_path / "ran").exists()


def test_the_attack_works_where_git_is_asked_carelessly(hostile: Crm, tmp_path: Path) -> None:
    subprocess.run(["git", "-C", hostile.root, "log", "--all"], capture_output=True, check=False)
    assert (tmp_path / "ran").exists()
