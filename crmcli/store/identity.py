"""Who is at the prompt: `--as`, `$CRM_USER`, git's address, the login name."""

import os

from crmcli.domain.model.config import Config, checked_user
from crmcli.domain.values.errors import UsageError


def acting_user(config: Config, given: str | None) -> str:
    """The acting user.

    Raises UsageError where nobody in `users` fits.
    """
    named = given or os.environ.get("CRM_USER")
    if named:
        return checked_user(config, named)
    if not config.users:
        return login_name()
    address = git_address()
    for user in config.users:
        if user.email and address and user.email.casefold() == address.casefold():
            return user.id
    name = login_name()
    for user in config.users:
        if name in (user.id, *user.logins):
            return user.id
    raise UsageError(
        f"who are you? crm.yaml lists no user for login {name!r}",
        hint=f"--as {config.users[0].id}, or export CRM_USER={config.users[0].id}",
    )


def login_name() -> str:
    """The login name."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def git_address() -> str | None:
    """The address that git signs commits with, if git is here."""
    from crmcli.store.git_command import ask_git  # subprocess, where somebody has to be asked

    answer = ask_git(["config", "user.email"])
    return answer.strip() or None if answer else None
