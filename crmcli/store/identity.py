"""The acting user: from `--as`, `$CRM_USER`, git's address or the login name."""

import os

from crmcli.domain.model.config import Config, checked_user
from crmcli.domain.values.errors import UsageError


def acting_user(config: Config, given: str | None) -> str:
    """Return the acting user's id; the login name where no users are configured.

    Raises UsageError where none of `users` matches.
    """
    named = given or os.environ.get("CRM_USER")
    if named:
        return checked_user(config, named) if given else user_of_environment(config, named)
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


def user_of_environment(config: Config, name: str) -> str:
    """Return the user whom `$CRM_USER` names.

    Raises UsageError, which tells where the name comes from, where no user has it.
    """
    try:
        return checked_user(config, name)
    except UsageError as error:
        raise UsageError(error.what, where="CRM_USER", hint=error.hint) from None


def login_name() -> str:
    """Return the login name, or the user number where it has no name."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def git_address() -> str | None:
    """Return the e-mail address in git's configuration; None without git or address."""
    from crmcli.store.git.git_command import ask_git  # loads subprocess only when needed

    answer = ask_git(["config", "user.email"])
    return answer.strip() or None if answer else None
