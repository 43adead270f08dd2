"""Which programs of a workspace its user has allowed to run: exactly these, on this machine.

A workspace may come from anywhere, and what it names would run with all that its user may do. So
nothing of it runs before `crm trust`, and whatever changes in it, a word, a script, a hook, is
asked about again. What was trusted is kept outside the workspace.
"""

import hashlib
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.config import Config
from crmcli.domain.pipeline import RunAction
from crmcli.store import files
from crmcli.store.workspace import Workspace

HOOKS = "pipeline_data/hooks"
PRE, POST = "pre-change", "post-change"


class Program(NamedTuple):
    """A program that a workspace names: where, its line, and the hash of each of its own files in it."""

    where: str
    line: str
    contents: tuple[tuple[str, str], ...]  # (path in the workspace, SHA-256)


def programs(workspace: Workspace) -> list[Program]:
    """All programs that a workspace names: in its rules, and its hooks."""
    root = workspace.root
    named = [
        Program(f"crm.yaml, rule {key}", run.program, own_files(root, run.program))
        for key, run in in_rules(workspace.config)
    ]
    hooks = [hook for name in (PRE, POST) if (hook := hook_of(root, name))]
    return named + [Program(hook, hook, own_files(root, hook)) for hook in hooks]


def in_rules(config: Config) -> Iterator[tuple[str, RunAction]]:
    """The programs of rules, each with the rule's key."""
    for key, rule in (*config.staged_rules(), *config.global_rules()):
        if rule.run is not None:
            yield key, rule.run


def hook_of(root: Path, name: str) -> str | None:
    """The path in the workspace of a hook; None where there is none."""
    return f"{HOOKS}/{name}" if os.path.lexists(root / HOOKS / name) else None


def can_run(root: Path, hook: str) -> bool:
    """Is a hook an executable file of the workspace itself, with no link on the way to it?"""
    path = root / hook
    is_own = os.path.realpath(path) == os.path.join(os.path.realpath(root), hook)
    return is_own and path.is_file() and os.access(path, os.X_OK)


def own_files(root: Path, line: str) -> tuple[tuple[str, str], ...]:
    """The files of the workspace that a line names, with a hash of where it leads and what is there."""
    found = []
    for word in words(line):
        path = Path(os.path.abspath(root / word))
        if path.is_relative_to(os.path.abspath(root)) and path.is_file():
            content = f"{os.path.realpath(path)}\n".encode() + (files.read(path) or b"")
            found.append((word, hashlib.sha256(content).hexdigest()))
    return tuple(found)


def words(line: str) -> list[str]:
    """The words of a program line; no shell runs it."""
    try:
        return shlex.split(line)
    except ValueError:
        return []


def fingerprint(found: list[Program]) -> str:
    """One hash of all that these programs are."""
    return hashlib.sha256(json.dumps(found, ensure_ascii=True).encode("ascii")).hexdigest()


def is_trusted(workspace: Workspace) -> bool:
    """Has the user trusted exactly the programs that the workspace names now?"""
    return remembered().get(os.path.realpath(workspace.root)) == fingerprint(programs(workspace))


def trust(workspace: Workspace) -> None:
    """Trust exactly the programs that the workspace names now."""
    remember(remembered() | {os.path.realpath(workspace.root): fingerprint(programs(workspace))})


def revoke(workspace: Workspace) -> None:
    """Trust nothing of this workspace any more."""
    remember({key: kept for key, kept in remembered().items() if key != os.path.realpath(workspace.root)})


def place() -> Path:
    """Where it is kept what was trusted: `$XDG_STATE_HOME/crm/trust.json`."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "crm" / "trust.json"


def remembered() -> dict[str, Any]:
    """The fingerprint of what was trusted, by the workspace's real path."""
    try:
        kept = json.loads(files.read(place()) or b"{}")
    except (OSError, ValueError, RuntimeError):  # damaged, or there is no home: nothing is trusted
        return {}
    return kept if isinstance(kept, dict) else {}


def remember(kept: dict[str, Any]) -> None:
    """Keep what is trusted."""
    target = place()
    with files.make_private(target.parent) as folder:
        folder.put(target.name, json.dumps(kept, indent=1).encode("utf-8"), files.PRIVATE)
