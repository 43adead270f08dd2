"""A workspace in a real git repository, with the user's own configuration of git in a home of its own."""

import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from tests.harness.workspaces import Workspace, a_workspace

PERSON = "[user]\n\tname = Marie\n\temail = marie@example.org\n[init]\n\tdefaultBranch = main\n"


class GitWorkspace(Workspace):
    """The command line in a workspace, and git beside it."""

    def __init__(self, root: Path, home: Path) -> None:
        super().__init__(root)
        self.home = home
        self.environment["HOME"] = str(home)

    def git(self, *words: str, code: int = 0, given: str = "", **environment: str) -> str:
        """What git prints in the workspace."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env={**self.environment, **environment},
            input=given,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done
        return done.stdout

    @property
    def status(self) -> str:
        """What git finds changed or new."""
        return self.git("status", "--porcelain")

    @property
    def number_of_commits(self) -> int:
        """How many commits the branch has; none without a first one."""
        done = self.git("rev-list", "--count", "--all")
        return int(done)

    def message(self, commit: str = "HEAD") -> str:
        """The message of a commit."""
        return self.git("log", "-1", "--format=%B", commit)

    def files_of(self, commit: str = "HEAD") -> list[str]:
        """The files that a commit changes."""
        return self.git("show", "--format=", "--name-only", "-z", "--no-renames", commit).split("\0")[:-1]

    def hook(self, name: str, script: str) -> Path:
        """A hook of the user in this repository."""
        folder = Path(self.git("rev-parse", "--path-format=absolute", "--git-path", "hooks").strip())
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path


def a_person(home: Path, config: str = PERSON) -> Path:
    """A home directory of somebody whom git knows."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(config)
    return home


def sign_commits(home: Path) -> None:
    """Have git sign what this person commits, with a key of SSH."""
    key = home / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signing = f"[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = {key}\n[commit]\n\tgpgSign = true\n"
    with (home / ".gitconfig").open("a") as config:
        config.write(signing)


def a_git_workspace(place: Path, **options: Any) -> GitWorkspace:
    """A workspace that commits: `crm init --git` in one that exists."""
    home = a_person(place / "home", **options)
    root = place / "office"
    a_workspace(root)
    office = GitWorkspace(root, home)
    office("init", "--git")
    return office


def a_clone(remote: Path, root: Path, user: str) -> GitWorkspace:
    """A clone of a remote for another person, set up for crm on this machine."""
    subprocess.run(["git", "clone", "--quiet", str(remote), str(root)], check=True)
    clone = GitWorkspace(root, a_person(root.parent / f"home-{user}", PERSON.replace("Marie", user)))
    clone.environment["CRM_USER"] = user
    clone("check", "--fix")
    return clone


def share(office: GitWorkspace, remote: Path) -> Path:
    """A bare repository that holds the workspace, as the remote of this clone."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], check=True)
    office.git("remote", "add", "origin", str(remote))
    office("sync")
    return remote


class Firm(NamedTuple):
    """Two clones of a workspace with one deal, and the remote between them."""

    marie: GitWorkspace
    paul: GitWorkspace
    remote: Path
    deal: str


def a_firm(office: GitWorkspace, place: Path) -> Firm:
    """A workspace with one deal, shared with a second clone."""
    deal = office.create("Poêle Rika", "--contact", "Anne DUPONT", "--revenue", "8000")
    remote = share(office, place / "remote.git")
    return Firm(office, a_clone(remote, place / "clone", "paul"), remote, deal)
