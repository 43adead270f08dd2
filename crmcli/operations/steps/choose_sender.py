"""The one machine that sends the mails of a workspace: another clone would send them again."""

import os
import socket
from pathlib import Path

from crmcli.domain.values.errors import RefusedError
from crmcli.store.git.git_command import ask_git


def refuse_other_machine(root: Path, sender: str | None) -> None:
    """Check that this machine sends the mails of a workspace; `sender` is the one that is configured.

    Raises RefusedError elsewhere, and where none is configured and the workspace has a git remote.
    """
    own = socket.gethostname()
    if sender:
        if sender.casefold() not in (own.casefold(), own.partition(".")[0].casefold()):
            raise RefusedError(f"only {sender} sends mail (mail.sender), this machine is {own}")
    elif has_remote(root):
        what = "other machines share this workspace: name the only one that sends mail"
        raise RefusedError(what, where="crm.yaml", hint=f"mail.sender: {own}")


def has_remote(root: Path) -> bool:
    """Tell whether a workspace is in a git repository with a remote; one that git cannot read counts."""
    answer = ask_git(["remote"], root)
    if answer is not None:
        return bool(answer.strip())
    return any(os.path.lexists(folder / ".git") for folder in (root, *root.parents))
