"""Which programs of a workspace its user has allowed to run: exactly these, on this machine.

A workspace may come from anywhere, and what it names would run with all that its user may do. So
nothing of it runs before `crm trust`, and whatever changes in it, a word, a script, a hook, is
asked about again. What cannot be known, as what `make` calls in turn, is said when trusting. What was
trusted is kept outside the workspace.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import RunAction
from crmcli.domain.values.errors import CrmError
from crmcli.store.local_state.coverage import HOOKS, Coverage, cover_program
from crmcli.store.local_state.state import state_directory
from crmcli.store.transactions import files
from crmcli.store.workspace import Workspace

NAME = "trust.json"
PRE, POST = "pre-change", "post-change"


class Program(NamedTuple):
    """A program that a workspace names: where, its line, and what trusting it covers."""

    where: str
    line: str
    coverage: Coverage


def list_programs(workspace: Workspace) -> list[Program]:
    """All programs that a workspace names: in its rules, and its hooks."""
    named = [(f"crm.yaml, rule {key}", run.program) for key, run in in_rules(workspace.config)]
    hooks = [hook for name in (PRE, POST) if (hook := hook_of(workspace.root, name))]
    lines = [*named, *((hook, hook) for hook in hooks)]
    return [Program(where, line, cover_program(workspace.root, line)) for where, line in lines]


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


def hash_programs(found: list[Program]) -> str:
    """One hash of all that these programs are."""
    parts = [(each.where, each.line, each.coverage.contents, each.coverage.unread) for each in found]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode("ascii")).hexdigest()


def is_trusted(workspace: Workspace) -> bool:
    """Has the user trusted exactly the programs that the workspace names now?"""
    return read_trusted().get(os.path.realpath(workspace.root)) == hash_programs(list_programs(workspace))


def trust_workspace(workspace: Workspace) -> None:
    """Trust exactly the programs that the workspace names now.

    Raises CrmError where it cannot be remembered.
    """
    write_trusted(
        read_trusted() | {os.path.realpath(workspace.root): hash_programs(list_programs(workspace))}
    )


def revoke_trust(workspace: Workspace) -> None:
    """Trust nothing of this workspace any more.

    Raises CrmError where it cannot be remembered; then nothing is trusted anyway.
    """
    write_trusted(
        {key: kept for key, kept in read_trusted().items() if key != os.path.realpath(workspace.root)}
    )


def trust_place() -> Path | None:
    """Where it is kept what was trusted; None without a place for it."""
    directory = state_directory()
    return directory / NAME if directory else None


def read_trusted() -> dict[str, Any]:
    """The fingerprint of what was trusted, by the workspace's real path."""
    target = trust_place()
    try:
        kept = json.loads((files.read_file(target) if target else None) or b"{}")
    except (OSError, ValueError):  # damaged: nothing is trusted
        return {}
    return kept if isinstance(kept, dict) else {}


def write_trusted(kept: dict[str, Any]) -> None:
    """Keep what is trusted.

    Raises CrmError where it cannot be kept.
    """
    target = trust_place()
    if target is None:
        hint = "set CRM_STATE_DIR to an absolute path"
        raise CrmError("no program can be trusted: this user has no home directory", hint=hint)
    with files.make_private(target.parent) as folder:
        folder.put(target.name, json.dumps(kept, indent=1).encode("utf-8"), files.PRIVATE)
