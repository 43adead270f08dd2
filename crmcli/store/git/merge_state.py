"""Putting a merge into the workspace: its files in one transaction, then git's index, then the commit."""

import contextlib
import os
from collections.abc import Iterator

from crmcli.domain.values.errors import RefusedError
from crmcli.store.git.commit_files import join_paths
from crmcli.store.git.git_command import run_git
from crmcli.store.git.merge_commits import Merge
from crmcli.store.git.repository import Repository
from crmcli.store.git.trees import GitFile, ask, ask_line, ask_trusted, put_into_index, read_blobs
from crmcli.store.transactions import files, journal
from crmcli.store.transactions.files import Directory, LinkedError, Tree
from crmcli.store.writer import Writing

MERGE_HEAD, MERGE_MESSAGE, MODE = "MERGE_HEAD", "MERGE_MSG", "MERGE_MODE"


def list_dirty(repository: Repository) -> list[str]:
    """Return the files that differ from the last commit, and those that git does not know, from the top."""
    said = os.fsdecode(
        ask(repository, ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"])
    )
    return [line[3:] for line in said.split("\0") if line]


def is_own(repository: Repository, path: str) -> bool:
    """Tell whether crm itself writes a file: then it is put in place as part of a transaction."""
    inner = path.removeprefix(repository.prefix)
    return path.startswith(repository.prefix) and journal.WRITTEN.fullmatch(inner) is not None


def put_in_place(session: Writing, repository: Repository, merge: Merge) -> None:
    """Write the merged files: those of crm in one transaction, then all others by git.

    Raises RefusedError for a link in the place of a file of crm.
    """
    own = {path: file for path, file in merge.files.items() if is_own(repository, path)}
    blobs = read_blobs(repository, (file.blob for file in own.values() if file))
    for path, file in own.items():
        inner = path.removeprefix(repository.prefix)
        if file is not None and not file.is_regular:
            raise RefusedError("the other clone has a link here", where=path)
        session.put(inner, None if file is None else blobs[file.blob], before=session.content(inner))
    session.is_shared_now = False
    session.commit()
    others = {path: file for path, file in merge.files.items() if path not in own}
    put_into_index(repository, merge.files)
    check_out(repository, others)


def check_out(repository: Repository, others: dict[str, GitFile | None]) -> None:
    """Write files that crm does not write itself as git does, with their modes and links.

    What goes is removed first, and through no link: a link may come in the place of its directory.
    """
    with Tree(repository.top) as tree:
        for path in (path for path, file in others.items() if file is None):
            remove_file(tree, path)
    there = [path for path, file in others.items() if file is not None]
    if there:
        ask_trusted(repository, ["checkout-index", "--force", "-z", "--stdin"], join_paths(there))


def remove_file(tree: Tree, path: str) -> None:
    """Remove a file, and the directories above it that are empty then; nothing behind a link."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, LinkedError):
        folder, name = tree.parent_of(path)
        folder.remove(name)
        above = os.path.dirname(path)
        while above:
            folder, name = tree.parent_of(above)
            if not folder.remove_empty(name):
                return
            above = os.path.dirname(above)


def commit_merge(repository: Repository, merge: Merge, ours: str, theirs: str, message: str) -> None:
    """Commit a merge without conflicts; where we have nothing of our own, their commit is ours."""
    if ours == ask_line(repository, ["merge-base", ours, theirs]):
        commit = theirs
    else:
        tree = write_merged_tree(repository, merge, ours)
        sign = ["-S"] if ask_line(repository, ["config", "--bool", "commit.gpgsign"]) == "true" else []
        words = ["commit-tree", *sign, tree, "-p", ours, "-p", theirs, "-F", "-"]
        commit = ask_trusted(repository, words, message.encode()).decode().strip()
    ask(repository, ["update-ref", "-m", "crm sync", "HEAD", commit, ours])


def write_merged_tree(repository: Repository, merge: Merge, ours: str) -> str:
    """Return the tree of our commit with the merged files, made in an index of its own.

    What the user has staged of other files stays in theirs.
    """
    with files.temporary_directory("crm-git-") as folder:
        index = folder.path / "index"
        ask_trusted(repository, ["read-tree", ours], index=index)
        put_into_index(repository, merge.files, index=index)
        tree = ask_trusted(repository, ["write-tree"], index=index).decode().strip()
    with Directory.at(folder.path.parent) as above:
        above.remove_inner(folder.path.name)
    return tree


def leave_merge_open(repository: Repository, merge: Merge, theirs: str, message: str) -> None:
    """Tell git of a merge with conflicts, as `git merge` does: what remains is to decide and to commit."""
    put_into_index(repository, {}, {path: each.stages for path, each in merge.conflicts.items()})
    with Directory.at(repository.git_dir) as folder:
        folder.put(MERGE_MESSAGE, message.encode())
        folder.put(MODE, b"")
        folder.put(MERGE_HEAD, f"{theirs}\n".encode())


def finish_merge(repository: Repository) -> None:
    """Commit the open merge, all of whose conflicts are decided.

    Raises RefusedError with what git says.
    """
    ran = run_git(["commit", "--quiet", "--no-edit"], repository.top)
    if ran.code != 0:
        raise RefusedError(f"git does not commit the merge: {ran.reason}", hint="git status")


def list_inner_paths(repository: Repository, paths: list[str]) -> Iterator[str]:
    """Yield paths as they are in the workspace, where they are in it."""
    inside = (path for path in paths if path.startswith(repository.prefix))
    return (path.removeprefix(repository.prefix) for path in inside)
