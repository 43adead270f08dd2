"""The files of commits: read from git, and put into its index."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.store.git.git_command import read_git, run_git
from crmcli.store.git.repository import Repository

FILE, PROGRAM = "100644", "100755"


class GitFile(NamedTuple):
    """A file in a commit: its mode, and the name of its content."""

    mode: str
    blob: str

    @property
    def is_regular(self) -> bool:
        """Tell whether it is a file, and not a link or another repository."""
        return self.mode in (FILE, PROGRAM)


Tree = dict[str, GitFile]
"""The files of a commit by their path from the top of the repository."""


class Stages(NamedTuple):
    """The versions of a file that git could not merge; None where it does not exist."""

    base: GitFile | None = None
    ours: GitFile | None = None
    theirs: GitFile | None = None


def ask(repository: Repository, words: Sequence[str], given: bytes = b"") -> bytes:
    """Return the output of a git command that runs no program which the repository names.

    Raises CrmError where it fails.
    """
    said = read_git(words, repository.top, given)
    if said is None:
        raise CrmError(f"git {words[0]} fails in {repository.top}", hint="git status")
    return said


def ask_trusted(
    repository: Repository, words: Sequence[str], given: bytes = b"", index: Path | None = None
) -> bytes:
    """Return the output of a git command that may sign, or run filters; in a repository that is set up.

    Raises CrmError with what git says where it fails.
    """
    ran = run_git(words, repository.top, given, index=index)
    if ran.code != 0:
        name = f"git {words[0]}: "  # as git begins some of its messages
        raise CrmError(f"{name}{ran.reason.removeprefix(name) or f'exit code {ran.code}'}")
    return ran.out


def ask_line(repository: Repository, words: Sequence[str]) -> str:
    """Return the output of a git command as a line; empty where it fails."""
    return os.fsdecode(read_git(words, repository.top) or b"").strip()


def read_commit(repository: Repository, commit: str) -> Tree:
    """Return the files of a commit."""
    said = ask(repository, ["ls-tree", "-r", "-z", "--full-tree", commit])
    found: Tree = {}
    for line in filter(None, os.fsdecode(said).split("\0")):
        about, _, path = line.partition("\t")
        mode, _, blob = about.split(" ")
        found[path] = GitFile(mode, blob)
    return found


def read_blobs(repository: Repository, names: Iterable[str]) -> dict[str, bytes]:
    """Return contents by their names.

    Raises RefusedError for one that is not there, as in a clone without all objects.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return {}
    said = ask(repository, ["cat-file", "--batch"], list_lines(wanted))
    return split_batch(said, wanted)


def list_lines(names: Iterable[str]) -> bytes:
    """Return names a line each, as git reads them."""
    return "".join(f"{name}\n" for name in names).encode()


def split_batch(said: bytes, wanted: Sequence[str]) -> dict[str, bytes]:
    """Return the contents in the output of `git cat-file --batch`, by their names.

    Raises RefusedError for one that is not there, as in a clone without all objects.
    """
    found: dict[str, bytes] = {}
    at = 0
    for name in wanted:
        end = said.index(b"\n", at)
        about = said[at:end].split(b" ")
        if len(about) != len(("name", "type", "size")):
            raise RefusedError(f"git has no content {name}", hint="git fetch --refetch")
        size = int(about[2])
        found[name] = said[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def write_blob(repository: Repository, content: bytes) -> str:
    """Store a content in git; return its name."""
    return ask(repository, ["hash-object", "-w", "--stdin"], content).decode().strip()


def read_unmerged(repository: Repository) -> dict[str, Stages]:
    """Return the files that git could not merge, by their path from the top."""
    said = os.fsdecode(ask(repository, ["ls-files", "-u", "-z"]))
    found: dict[str, Stages] = {}
    for line in filter(None, said.split("\0")):
        about, _, path = line.partition("\t")
        mode, blob, stage = about.split(" ")
        name = Stages._fields[int(stage) - 1]
        found[path] = found.get(path, Stages())._replace(**{name: GitFile(mode, blob)})
    return found


def put_into_index(
    repository: Repository,
    files: Mapping[str, GitFile | None],
    unmerged: Mapping[str, Stages] | None = None,
    index: Path | None = None,
) -> None:
    """Put files into the index, or take them out of it, and leave all others as they are."""
    gone = "0" * len(ask_line(repository, ["rev-parse", "HEAD"]))  # as long as the names of this repository
    lines = []
    for path, file in files.items():
        mode, blob = file or ("0", gone)
        lines.append(f"{mode} {blob}\t{path}")
    for path, stages in (unmerged or {}).items():
        lines.append(f"0 {gone}\t{path}")
        known = ((number, each) for number, each in enumerate(stages, 1) if each)
        lines += [f"{each.mode} {each.blob} {number}\t{path}" for number, each in known]
    given = b"".join(os.fsencode(line) + b"\0" for line in lines)
    words = ["update-index", "-z", "--index-info"]
    if index is None:
        ask(repository, words, given)
    else:
        ask_trusted(repository, words, given, index)
