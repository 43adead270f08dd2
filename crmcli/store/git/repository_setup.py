"""The repositories in which this user lets git run programs for crm: those set up on this machine.

A workspace that comes from somebody else may bring `.git/config` and hooks, and git runs the programs that
they name. So crm commits only where the user has said `crm init --git` or `crm check --fix`. That is kept
outside the workspace, by its real path, with git's directory (device, inode) and a secret kept in it:
another repository unpacked at the same place is not set up.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from crmcli.domain.values.errors import CrmError
from crmcli.store.git.git_command import ask_git
from crmcli.store.git.repository import Repository
from crmcli.store.local_state.state import state_directory
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory

NAME = "git.json"
PROGRAM_KEY = (  # compiled only when a repository is set up
    r"core\.(fsmonitor|hookspath|sshcommand|gitproxy|askpass|alternaterefscommand|editor|pager)|pager\..*"
    r"|gpg\.(.*\.)?(program|defaultkeycommand)|filter\..*|diff\.(.*\.)?(command|textconv|external)"
    r"|merge\..*\.driver|credential\.(.*\.)?helper|sequence\.editor|trailer\..*\.(command|cmd)|hook\..*"
    r"|remote\..*\.(uploadpack|receivepack|vcs)|include(if\..*)?\.path|uploadpack\..*hook"
)
"""Settings of a repository that name programs, or files with more settings."""
HARMLESS = {"true", "false", ""}  # values of core.fsmonitor that name no program


class SetUp(msgspec.Struct, frozen=True):
    """A repository that was set up: git's directory for a workspace, and how it is recognized."""

    git_dir: str
    device: int
    inode: int
    secret: str


def is_set_up(root: Path, repository: Repository) -> bool:
    """Tell whether the user has set up this very repository for this workspace, on this machine."""
    kept = read_list().get(os.path.realpath(root))
    if kept is None:
        return False
    return kept == identify(repository, kept.secret) and read_secret(repository) == kept.secret


def remember_setup(root: Path, repository: Repository) -> None:
    """Remember that the user has set up a repository.

    Raises CrmError without a place for that.
    """
    directory = state_directory()
    if directory is None:
        hint = "set CRM_STATE_DIR to an absolute path"
        raise CrmError("git cannot be set up: this user has no home directory", hint=hint)
    secret = read_secret(repository)
    if secret not in {each.secret for each in read_list().values()}:
        secret = os.urandom(16).hex()
        with Directory.at(repository.common) as common:
            common.put(secret_name(), secret.encode(), files.PRIVATE)
    kept = read_list() | {os.path.realpath(root): identify(repository, secret)}
    with files.make_private(directory) as folder:
        folder.put(NAME, msgspec.json.format(msgspec.json.encode(kept), indent=1), files.PRIVATE)


def identify(repository: Repository, secret: str) -> SetUp:
    """Return how a repository is recognized."""
    try:
        found = repository.common.stat()
    except OSError:
        return SetUp(str(repository.git_dir), 0, 0, "")
    return SetUp(str(repository.git_dir), found.st_dev, found.st_ino, secret)


def secret_name() -> str:
    """Return the name of this user's secret in git's directory; a workspace may have several users."""
    return f"crm-setup-{os.getuid()}"


def read_secret(repository: Repository) -> str:
    """Return this user's secret in git's directory; empty without one."""
    try:
        return (files.read_file(repository.common / secret_name()) or b"").decode("ascii", "replace")
    except OSError:
        return ""


def read_list() -> dict[str, SetUp]:
    """Return the repositories that were set up, by real paths of workspaces; none if the list is damaged."""
    directory = state_directory()
    try:
        content = files.read_file(directory / NAME) if directory else None
        return msgspec.json.decode(content or b"{}", type=dict[str, SetUp])
    except (OSError, msgspec.DecodeError):
        return {}


def list_git_programs(repository: Repository) -> list[str]:
    """Return the settings and hooks of a repository itself with which git runs programs."""
    words = ["config", "--list", "-z", "--show-scope", "--includes"]
    said = ask_git(words, repository.top) or ""
    parts = said.split("\0")
    settings = [
        each for scope, each in zip(parts[::2], parts[1::2], strict=False) if scope in ("local", "worktree")
    ]
    return [*filter(None, map(describe_setting, settings)), *list_hooks(repository)]


def describe_setting(setting: str) -> str:
    """Return a setting that names a program, on a line; empty for any other, and for crm's own."""
    key, _, value = setting.partition("\n")
    if not re.fullmatch(PROGRAM_KEY, key) or key == "merge.crm.driver":
        return ""
    return "" if key == "core.fsmonitor" and value in HARMLESS else f"{key}={value}"


def list_hooks(repository: Repository) -> Iterator[str]:
    """Yield the hooks in git's directory that git runs."""
    folder = repository.common / "hooks"
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if not name.endswith(".sample") and os.access(folder / name, os.X_OK):
            yield f"hooks/{name}"
