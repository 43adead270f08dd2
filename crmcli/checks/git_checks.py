"""Checks of a workspace in git: what merges and commits it in this clone, and what waits to be committed."""

from collections.abc import Iterator

from crmcli.checks.workspace_checks import Finding
from crmcli.store.git.merge_reminder import list_git_faults
from crmcli.store.workspace import Workspace


def check_git(workspace: Workspace) -> Iterator[Finding]:
    """Yield a finding for each thing that git lacks here; none for a workspace that is not meant for git."""
    yield from (Finding(each.path, None, "", each.what, each.hint) for each in list_git_faults(workspace))
