"""Asking git, in a repository whose configuration a stranger may have written.

A repository's configuration names programs: to check signatures, to page, to compare, to fetch what is
missing. None of them is wanted for a question, so each is switched off, whatever the repository says.
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
    """Return what git answers to a question; None without git, a repository or an answer.

    `directory` is where it is asked, else the current one.
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
