"""The branch that this clone shares with others: where it is fetched from and pushed to."""

import re
from typing import NamedTuple

from crmcli.domain.values.errors import RefusedError, TryAgainError
from crmcli.store.git.git_command import run_git
from crmcli.store.git.repository import Repository
from crmcli.store.git.trees import ask_line

OVERTAKEN = ("(fetch first)", "(non-fast-forward)", "cannot lock ref", "failed to update ref")
"""What git says where another clone was faster."""
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


class Shared(NamedTuple):
    """A branch of a remote."""

    remote: str
    branch: str
    is_new: bool = False  # nothing was pushed to it yet, or this clone does not follow it

    @property
    def tracking(self) -> str:
        """The name of this clone's copy of it."""
        return f"refs/remotes/{self.remote}/{self.branch}"

    @property
    def name(self) -> str:
        """The name of the remote as it is shown; git also takes an address in its place."""
        return hide_credentials(self.remote)


def hide_credentials(text: str) -> str:
    """Return a text without the names and passwords in addresses; older versions of git show them.

    >>> hide_credentials("unable to access 'https://marie:secret@example.org/x.git/'")
    "unable to access 'https://example.org/x.git/'"
    """
    return CREDENTIALS.sub("", text)


def find_shared(repository: Repository) -> Shared | None:
    """Return the branch that the current one follows, else one of the same name on the only remote.

    None without a remote. Raises RefusedError where there are several and none is followed.
    """
    branch = ask_line(repository, ["symbolic-ref", "--short", "HEAD"])
    remote = ask_line(repository, ["config", f"branch.{branch}.remote"])
    followed = ask_line(repository, ["config", f"branch.{branch}.merge"]).removeprefix("refs/heads/")
    if remote and remote != "." and followed:
        return Shared(remote, followed)
    remotes = ask_line(repository, ["remote"]).splitlines()
    if len(remotes) > 1:
        hint = f"git branch --set-upstream-to={remotes[0]}/{branch}"
        raise RefusedError(f"there are several remotes: {', '.join(remotes)}", hint=hint)
    return Shared(remotes[0], branch, is_new=True) if remotes else None


def fetch(repository: Repository, shared: Shared) -> str:
    """Fetch the shared branch; return its newest commit, empty where nobody has pushed to it yet.

    Raises TryAgainError where the remote cannot be reached.
    """
    refs = f"+refs/heads/{shared.branch}:{shared.tracking}"
    ran = run_git(["fetch", "--quiet", "--no-tags", "--", shared.remote, refs], repository.top)
    if ran.code != 0 and not is_unborn(repository, shared):
        hint = "nothing was changed; crm sync tries again"
        raise TryAgainError(f"{shared.name} cannot be reached: {hide_credentials(ran.reason)}", hint=hint)
    return (
        ask_line(repository, ["rev-parse", "--verify", "--quiet", shared.tracking]) if ran.code == 0 else ""
    )


def is_unborn(repository: Repository, shared: Shared) -> bool:
    """Tell whether the remote answers and does not have the branch."""
    refs = ["ls-remote", "--exit-code", "--heads", "--", shared.remote, f"refs/heads/{shared.branch}"]
    return run_git(refs, repository.top).code == 2


def push(repository: Repository, shared: Shared) -> bool:
    """Push the current commit to the shared branch; tell whether it was taken: another may be faster.

    Raises TryAgainError where the remote cannot be reached, or refuses for another reason.
    """
    follow = ["--set-upstream"] if shared.is_new else []
    refs = f"HEAD:refs/heads/{shared.branch}"
    words = ["push", "--quiet", "--porcelain", *follow, "--", shared.remote, refs]
    ran = run_git(words, repository.top)
    if ran.code == 0:
        return True
    said = ran.out.decode("utf-8", "replace") + ran.reason
    if any(sign in said for sign in OVERTAKEN):
        return False
    hint = "they are committed here; crm sync tries again"
    raise TryAgainError(f"{shared.name} does not take the changes: {hide_credentials(ran.reason)}", hint=hint)
