"""Git commands: some only read, safe in a hostile repository; others may run the user's programs.

A repository's configuration can name programs: for hooks, signatures, paging, comparing, or fetching
missing objects. `ask_git` switches all of them off, whatever the repository says. `run_git` leaves them on:
it is for repositories that the user has set up on this machine (`repository_setup`).

Neither takes another repository or index from the environment: in a hook of git that calls crm, there are
variables that name them.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crmcli.store.transactions import files

SETTINGS = (
    "log.showSignature=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "core.alternateRefsCommand=true",
)
SAFE = ("--no-pager", "--no-optional-locks", *(word for each in SETTINGS for word in ("-c", each)))
NO_PROGRAMS = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
LEFT_OUT = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_QUARANTINE_PATH",
    "GIT_CONFIG",
    "GIT_ATTR_SOURCE",
    "GIT_DEFAULT_HASH",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
}
"""Variables that lead git to another repository, or change what a path means."""
LITERAL = ":(top,literal)"  # before a path, so that it means itself, whatever characters it has
PATIENCE = 120  # seconds for the user's hooks, and for a passphrase


class Ran(NamedTuple):
    """The outcome of a git command: exit code (None where git is missing or was stopped), output, errors."""

    code: int | None
    out: bytes
    reason: str  # the last line that git, or a hook, printed on stderr


def clean_environment() -> dict[str, str]:
    """Return the environment without what leads git to another repository."""
    return {name: value for name, value in os.environ.items() if name not in LEFT_OUT}


def ask_git(words: Sequence[str], directory: Path | None = None) -> str | None:
    """Return the output of a git command; None without git, without a repository, or on failure.

    The command runs in `directory`, else in the current one.
    """
    said = read_git(words, directory)
    return None if said is None else said.decode("utf-8", "replace")


def read_git(words: Sequence[str], directory: Path | None = None, given: bytes = b"") -> bytes | None:
    """Return the bytes that a git command prints, as `ask_git` does; `given` is what it reads."""
    try:
        done = subprocess.run(
            ["git", *SAFE, *words],
            cwd=directory,
            env=clean_environment() | NO_PROGRAMS,
            input=given,
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    return None if done.returncode else done.stdout


def run_git(
    words: Sequence[str], directory: Path, given: bytes = b"", *, index: Path | None = None, umask: int = -1
) -> Ran:
    """Run a git command in the top directory of a repository, with the user's hooks and signing.

    `index` is used instead of the index of the repository. The output goes to files: a program that a hook
    leaves behind keeps nobody waiting. `umask` is used instead of the user's.
    """
    other = {} if index is None else {"GIT_INDEX_FILE": str(index)}
    with files.temporary_file() as out, files.temporary_file() as err:
        try:
            git = subprocess.Popen(
                ["git", "--no-pager", *words],
                cwd=directory,
                env=clean_environment() | {"GIT_EDITOR": ":", "GIT_TERMINAL_PROMPT": "0"} | other,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                umask=umask,
            )
        except OSError as error:
            return Ran(
                None, b"", "git is not installed" if isinstance(error, FileNotFoundError) else str(error)
            )
        with git:
            try:
                git.communicate(given, PATIENCE)
            except subprocess.TimeoutExpired:
                git.terminate()  # it removes its lock files
                return Ran(None, b"", f"git, or a hook of it, took longer than {PATIENCE} seconds")
        out.seek(0)
        err.seek(0)
        lines = err.read().decode("utf-8", "replace").strip().splitlines()
        return Ran(git.returncode, out.read(), lines[-1].strip() if lines else "")
