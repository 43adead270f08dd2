"""The directory for what belongs to this user on this machine, and to no workspace.

A workspace may come from anywhere, so decisions about it never depend on files inside it: its trusted
programs, for example, are recorded here.
"""

import os
import pwd
from pathlib import Path


def state_directory() -> Path | None:
    """Return the directory for this user's state; None if there is no place for it.

    That is `$CRM_STATE_DIR`, else `crm` in `$XDG_STATE_HOME`, else `.local/state/crm` in `$HOME`, else in
    the home directory of the password file. A value that is not an absolute path is ignored, as the XDG
    specification requires: it would depend on the current directory, which may be a workspace. The
    directory need not exist yet.
    """
    given = absolute_or_none(os.environ.get("CRM_STATE_DIR"))
    if given is not None:
        return given
    base = absolute_or_none(os.environ.get("XDG_STATE_HOME"))
    if base is None:
        home = absolute_or_none(os.environ.get("HOME")) or absolute_or_none(home_on_file())
        base = home / ".local" / "state" if home else None
    return base / "crm" if base else None


def absolute_or_none(path: str | None) -> Path | None:
    """Return a path if it is absolute; else None."""
    return Path(path) if path and os.path.isabs(path) else None


def home_on_file() -> str | None:
    """Return this user's home directory in the password file; None for a user not listed there."""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
