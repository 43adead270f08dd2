"""Where crm keeps what it must not take from a workspace: the user's own state directory.

A workspace may come from anywhere, so nothing in it says what is trusted or believed.
"""

import os
import pwd
from pathlib import Path


def state_directory() -> Path | None:
    """Return the directory for crm's own state; None where this user has no place for one.

    `$CRM_STATE_DIR` (for services), else `$XDG_STATE_HOME/crm`, else `.local/state/crm` in the home
    directory: `$HOME`, or that of the password file. A relative value is ignored (XDG Base Directory
    Specification, "must be absolute").
    """
    own = absolute("CRM_STATE_DIR")
    if own is not None:
        return own
    base = absolute("XDG_STATE_HOME")
    if base is not None:
        return base / "crm"
    home = absolute("HOME") or home_of_user()
    return home / ".local" / "state" / "crm" if home else None


def absolute(variable: str) -> Path | None:
    """Return what a variable of the environment says, if that is an absolute path."""
    value = os.environ.get(variable, "")
    return Path(value) if os.path.isabs(value) else None


def home_of_user() -> Path | None:
    """Return the home directory that the password file gives this user, as cron and services need it."""
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
    return Path(home) if os.path.isabs(home) else None
