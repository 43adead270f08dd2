"""Changes to break: each prepares a workspace, and returns the command that makes the change."""

from tests.harness.workspaces import JEAN, Workspace


def creating(workspace: Workspace) -> tuple[str, ...]:
    """The first record and the first contact: every directory is new."""
    return ("create", "T", "--contact", JEAN)


def moving_two(workspace: Workspace) -> tuple[str, ...]:
    """Two records change, two mails are new."""
    deals = [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "12"]
    return ("move", *deals, "--to", "contacted")


def deleting(workspace: Workspace) -> tuple[str, ...]:
    """A record goes, and the mail that waits."""
    command = moving_two(workspace)
    workspace(*command)
    return ("delete", command[1], "--yes")
