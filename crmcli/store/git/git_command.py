"""Read-only git commands, safe in a repository whose configuration may be hostile.

A repository's configuration can name programs: for signatures, paging, comparing, or fetching missing
objects. All of them are switched off here, whatever the repository says.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

SETTINGS = (
    "log.showSignature=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "core.alternateRefsCommand=true",
)
SAFE = ("--no-pager", "--no-optional-locks", *(word for each in SETTINGS for word in ("-c", each)))
NO_PROGRAMS = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}


def ask_git(words: Sequence[str], directory: Path | None = None) -> str | None:
    """Return the output of a git command; None without git, without a repository, or on failure.

    The command runs in `directory`, else in the current one.
    """
    try:
        done = subprocess.run(
            ["git", *SAFE, *words],
            cwd=directory,
            env=os.environ | NO_PROGRAMS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    return None if done.returncode else done.stdout.decode("utf-8", "replace")
