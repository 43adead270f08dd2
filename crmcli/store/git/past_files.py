"""Files as they were in commits: the versions of one file, and all files of one commit; reads only.

All of it runs no program of the user's and fetches nothing, so that it is safe in any repository.
"""

import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.ids import is_id
from crmcli.store.catalog import id_in_name
from crmcli.store.git.git_command import ask_git, read_git
from crmcli.store.git.repository import Repository
from crmcli.store.git.trees import GitFile, list_lines, split_batch

HEADER = "%x01%H%x00%aI%x00%ae%x00%an%x00%(trailers:key=Crm-User,valueonly,separator=%x2C)"
ABSENT = re.compile(r"0+")
MOST_NAMES = 20  # names that one file may have had


class FileVersion(NamedTuple):
    """A commit that changed a file: who, when, and the names of its contents; None where it is absent."""

    commit: str
    at: datetime
    user: str  # as crm has written it into the commit
    email: str
    author: str
    before: str | None
    after: str | None


def list_file_versions(repository: Repository, path: str) -> list[FileVersion]:
    """Return the commits before HEAD that changed a file of the workspace, oldest first.

    The file is followed when it gets another name: one with the same id, or what git finds to be a renaming.
    Merges change nothing by themselves and are left out.
    """
    specs = [name_literal(repository.prefix + path)]
    id = id_in_name(path)
    specs += [name_any_with_id(repository, id)] if id and is_id(id) else []
    versions = read_log(repository, specs)
    for _ in range(MOST_NAMES):
        first = next((each for each in versions if each.after), None)
        older = find_older_name(repository, first, path) if first and first.before is None else None
        if older is None or name_literal(older) in specs:
            break
        specs.append(name_literal(older))
        path = older.removeprefix(repository.prefix)
        versions = read_log(repository, specs)
    return versions


def name_literal(path: str) -> str:
    """Return the pathspec for one path from the top of the repository."""
    return f":(top,literal){path}"


def name_any_with_id(repository: Repository, id: str) -> str:
    """Return the pathspec for all record files with an id in their names."""
    prefix = re.sub(r"([\\*?\[\]])", r"\\\1", repository.prefix)
    return f":(top,glob){prefix}pipeline_data/**/*--{id}.yaml"


def read_log(repository: Repository, specs: Sequence[str]) -> list[FileVersion]:
    """Return the commits that changed any of these paths, oldest first; none before the first commit."""
    words = ["log", "--topo-order", "--reverse", "--full-history", "--no-merges", f"--format={HEADER}"]
    words += ["--raw", "--no-renames", "--no-abbrev", "--no-ext-diff", "HEAD", "--", *specs]
    said = read_git(words, repository.top) or b""
    commits = os.fsdecode(said).split("\x01")[1:]
    return [version for each in commits if (version := read_commit_lines(each))]


def read_commit_lines(text: str) -> FileVersion | None:
    """Return a commit of git's log; None without a change of the file's content."""
    head, *lines = text.split("\n")
    commit, at, email, author, user = head.split("\0")
    changes = [line.split(" ") for line in lines if line.startswith(":")]
    before = next((each[2] for each in changes if not ABSENT.fullmatch(each[2])), None)
    after = next((each[3] for each in changes if not ABSENT.fullmatch(each[3])), None)
    if before == after:
        return None
    return FileVersion(commit, datetime.fromisoformat(at), user.strip(), email, author, before, after)


def find_older_name(repository: Repository, version: FileVersion, path: str) -> str | None:
    """Return the path from the top that a file had before the commit that seems to make it, if it had one."""
    words = ["diff-tree", "-r", "-z", "--root", "--no-commit-id", "--name-status", "-M", version.commit]
    said = os.fsdecode(read_git(words, repository.top) or b"").split("\0")
    parts = iter(said)
    for status in parts:
        if status.startswith(("R", "C")):
            old, new = next(parts, ""), next(parts, "")
            if new == repository.prefix + path and old.endswith(".yaml"):
                return old
        elif status:
            next(parts, "")
    return None


def read_contents(repository: Repository, names: Iterable[str | None]) -> dict[str, bytes]:
    """Return contents by their names.

    Raises RefusedError for one that is not there, as in a clone without all objects.
    """
    wanted = list(dict.fromkeys(name for name in names if name))
    if not wanted:
        return {}
    said = read_git(["cat-file", "--batch"], repository.top, list_lines(wanted))
    if said is None:
        raise RefusedError("git does not give its contents", hint="git fsck")
    return split_batch(said, wanted)


class PastCommit(NamedTuple):
    """A commit, and when it was made."""

    name: str
    at: datetime


class PastFile(NamedTuple):
    """A regular file in a commit: the name of its content, and its size in bytes."""

    content: str
    size: int


def find_last_commit(repository: Repository, end: datetime) -> PastCommit | None:
    """Return the last commit of this clone's own line that was made by then; None before the first one."""
    words = ["rev-list", "--first-parent", "-1", f"--min-age={int(end.timestamp())}", "HEAD", "--"]
    said = ask_git(words, repository.top)
    return read_commit_time(repository, said.strip()) if said and said.strip() else None


def find_first_commit(repository: Repository) -> PastCommit | None:
    """Return the first commit of this clone's own line; None without any."""
    said = ask_git(["rev-list", "--first-parent", "HEAD", "--"], repository.top) or ""
    names = said.split()
    return read_commit_time(repository, names[-1]) if names else None


def find_revision(repository: Repository, revision: str) -> PastCommit | None:
    """Return the commit that a revision means; None where there is none, or it looks like an option."""
    if revision.startswith("-"):
        return None
    said = ask_git(["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], repository.top)
    return read_commit_time(repository, said.strip()) if said else None


def read_commit_time(repository: Repository, name: str) -> PastCommit | None:
    """Return a commit with its time."""
    said = ask_git(["log", "-1", "--format=%ct", name, "--"], repository.top)
    return PastCommit(name, datetime.fromtimestamp(int(said), UTC)) if said else None


def list_past_files(repository: Repository, commit: str, folders: Sequence[str]) -> dict[str, PastFile]:
    """Return the regular files of a commit in these folders of the workspace, by their paths in it."""
    places = [f"{repository.prefix}{each}" for each in folders]
    words = ["--literal-pathspecs", "ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *places]
    said = os.fsdecode(read_git(words, repository.top) or b"")
    found: dict[str, PastFile] = {}
    for line in filter(None, said.split("\0")):
        about, _, path = line.partition("\t")
        mode, _, name, size = about.split()
        if GitFile(mode, name).is_regular:
            found[path.removeprefix(repository.prefix)] = PastFile(name, int(size))
    return found
