"""Where crm keeps what belongs to this user on this machine, and to no workspace.

A workspace may come from anywhere, so nothing that decides about it is believed from inside it: what
was trusted, for instance, is kept here.
"""

import os
import pwd
from pathlib import Path


def state_directory() -> Path | None:
    """Return the directory of what crm remembers for this user; None without a place for it.

    That is `$CRM_STATE_DIR`, else `crm` in `$XDG_STATE_HOME`, else `.local/state/crm` in `$HOME`, else
    in the home directory of the password file. A value that is not an absolute path is ignored, as the XDG
    specification asks: it would be another place in every directory, a workspace among them. The
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
    """Return this path if it is absolute."""
    return Path(path) if path and os.path.isabs(path) else None


def home_on_file() -> str | None:
    """Return the home directory that the password file gives this user; None for one it does not list."""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
