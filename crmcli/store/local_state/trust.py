"""The programs of a workspace that its user has allowed to run: exactly these, on this machine.

A workspace may come from anywhere, and its programs run with all permissions of the user. So none runs
before `crm trust`, and any change in them, to a word, a script or a hook, needs a new confirmation. What
cannot be known, such as what `make` calls in turn, is shown when trusting. The list is kept outside the
workspace.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.model.config import Config, Mail, Transport
from crmcli.domain.model.pipeline import RunAction
from crmcli.domain.values.errors import CrmError
from crmcli.store.local_state.coverage import HOOKS, Coverage, cover_program
from crmcli.store.local_state.state import state_directory
from crmcli.store.transactions import files
from crmcli.store.workspace import Workspace

NAME = "trust.json"
PRE, POST = "pre-change", "post-change"


class Program(NamedTuple):
    """A program that a workspace names: its place, its line, and what trusting it covers."""

    where: str
    line: str
    coverage: Coverage


def list_programs(workspace: Workspace) -> list[Program]:
    """Return all programs that a workspace names: in its rules, for its mail, and its hooks."""
    named = [(f"crm.yaml, rule {key}", run.program) for key, run in in_rules(workspace.config)]
    hooks = [hook for name in (PRE, POST) if (hook := hook_of(workspace.root, name))]
    mail = workspace.config.mail
    sending = [] if mail.transport is Transport.NONE else list(in_mail(mail))
    lines = [*named, *sending, *((hook, hook) for hook in hooks)]
    found = [Program(where, line, cover_program(workspace.root, line)) for where, line in lines]
    return [*found, *((describe_server(mail),) if mail.transport is Transport.SMTP else ())]


def in_mail(mail: Mail) -> Iterator[tuple[str, str]]:
    """Yield the programs that the sending of mail runs."""
    if mail.transport is Transport.SENDMAIL and mail.program:
        yield "crm.yaml, mail.program", mail.program
    if mail.transport is Transport.SMTP and mail.user:
        for key in ("password_command", "token_command"):
            if line := getattr(mail, key):
                yield f"crm.yaml, mail.{key}", line


def describe_server(mail: Mail) -> Program:
    """Return the mail server as a line to trust: it gets the user's password and all mail."""
    user = f"{mail.user}@" if mail.user else ""
    line = f"smtp://{user}{mail.host or ''}:{mail.server_port} ({mail.security})"
    if mail.user and not mail.password_command and not mail.token_command:
        line += f", password in ${mail.password_variable}"
    return Program("crm.yaml, mail", line, Coverage((), (), ()))


def in_rules(config: Config) -> Iterator[tuple[str, RunAction]]:
    """Yield the programs of rules, each with the rule's key."""
    for key, rule in (*config.staged_rules(), *config.global_rules()):
        if rule.run is not None:
            yield key, rule.run


def hook_of(root: Path, name: str) -> str | None:
    """Return the path of a hook in the workspace; None where there is none."""
    return f"{HOOKS}/{name}" if os.path.lexists(root / HOOKS / name) else None


def can_run(root: Path, hook: str) -> bool:
    """Tell whether a hook is an executable file in the workspace itself, not reached through a link."""
    path = root / hook
    is_own = os.path.realpath(path) == os.path.join(os.path.realpath(root), hook)
    return is_own and path.is_file() and os.access(path, os.X_OK)


def hash_programs(found: list[Program]) -> str:
    """Return one hash of these programs and all that they cover."""
    parts = [(each.where, each.line, each.coverage.contents, each.coverage.unread) for each in found]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode("ascii")).hexdigest()


def is_trusted(workspace: Workspace) -> bool:
    """Tell whether the user has trusted exactly the programs that the workspace names now."""
    return read_trusted().get(os.path.realpath(workspace.root)) == hash_programs(list_programs(workspace))


def trust_workspace(workspace: Workspace) -> None:
    """Trust exactly the programs that the workspace names now.

    Raises CrmError where that cannot be saved.
    """
    write_trusted(
        read_trusted() | {os.path.realpath(workspace.root): hash_programs(list_programs(workspace))}
    )


def revoke_trust(workspace: Workspace) -> None:
    """Revoke the trust in this workspace.

    Raises CrmError where that cannot be saved; then nothing is trusted anyway.
    """
    write_trusted(
        {key: kept for key, kept in read_trusted().items() if key != os.path.realpath(workspace.root)}
    )


def trust_place() -> Path | None:
    """Return the path of the list of trusted programs; None without a place for it."""
    directory = state_directory()
    return directory / NAME if directory else None


def read_trusted() -> dict[str, Any]:
    """Return the hashes of trusted programs, by the real paths of workspaces."""
    target = trust_place()
    try:
        kept = json.loads((files.read_file(target) if target else None) or b"{}")
    except (OSError, ValueError):  # damaged: nothing is trusted
        return {}
    return kept if isinstance(kept, dict) else {}


def write_trusted(kept: dict[str, Any]) -> None:
    """Save the hashes of trusted programs.

    Raises CrmError without a place for them.
    """
    target = trust_place()
    if target is None:
        hint = "set CRM_STATE_DIR to an absolute path"
        raise CrmError("no program can be trusted: this user has no home directory", hint=hint)
    with files.make_private(target.parent) as folder:
        folder.put(target.name, json.dumps(kept, indent=1).encode("utf-8"), files.PRIVATE)
