"""Three-way merge of two commits in memory, a file at a time; a renamed record is found by its id.

Nothing is written but contents into git's store of objects, where nothing refers to them until the merge is
committed.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.store import records
from crmcli.store.catalog import id_in_name
from crmcli.store.git.merge_contents import MergedContent, agreed, in_conflict, merge_contents
from crmcli.store.git.repository import Repository
from crmcli.store.git.trees import GitFile, Stages, Tree, ask_line, read_blobs, read_commit, write_blob

Item = tuple[str, GitFile] | None  # a file and its path


class Conflict(NamedTuple):
    """A file that both changed in different ways: its versions, and the fields in which they differ."""

    stages: Stages
    fields: tuple[str, ...]


class Merge(NamedTuple):
    """What merging changes in our files: new versions, None for those that go."""

    files: dict[str, GitFile | None]
    conflicts: dict[str, Conflict]
    kept: list[str]  # one removed them, the other changed them


def merge_commits(repository: Repository, ours: str, theirs: str) -> Merge:
    """Return the merge of two commits with what both began with.

    Where histories have crossed, the several beginnings are merged themselves.
    """
    bases = ask_line(repository, ["merge-base", "--all", ours, theirs]).split()
    return merge_trees(
        repository, find_base(repository, bases), *(read_commit(repository, each) for each in (ours, theirs))
    )


def find_base(repository: Repository, bases: list[str]) -> Tree:
    """Return the files that two commits began with; of several beginnings, their merge."""
    if not bases:
        return {}
    together, name = read_commit(repository, bases[0]), bases[0]
    for each in bases[1:]:
        above = ask_line(repository, ["merge-base", "--all", name, each]).split()
        merged = merge_trees(
            repository, find_base(repository, above), together, read_commit(repository, each)
        )
        changed = {**together, **merged.files}
        together = {path: file for path, file in changed.items() if file is not None}
    return together


def merge_trees(repository: Repository, base: Tree, ours: Tree, theirs: Tree) -> Merge:
    """Return the merge of the files of two commits."""
    merge = Merge({}, {}, [])
    pairs = list(pair_items(repository.prefix, base, ours, theirs))
    blobs = read_blobs(repository, (file.blob for each in pairs for file in list_blobs(*each)))
    for before, mine, other in pairs:
        settle(repository, merge, blobs, before, mine, other)
    drop_sent(repository.prefix, merge, ours)
    return merge


def list_blobs(before: Item, mine: Item, other: Item) -> Iterator[GitFile]:
    """Yield the files whose contents a merge needs: those that both changed."""
    if mine and other and mine[1].blob != other[1].blob:
        yield from (each[1] for each in (before, mine, other) if each and each[1].is_regular)


def pair_items(prefix: str, base: Tree, ours: Tree, theirs: Tree) -> Iterator[tuple[Item, Item, Item]]:
    """Yield what is the same file in the three trees, where theirs has changed it."""
    keyed = [key_files(prefix, tree) for tree in (base, ours, theirs)]
    for key in sorted({*keyed[0], *keyed[2]}):
        before, mine, other = (each.get(key) for each in keyed)
        if other not in (before, mine):
            yield before, mine, other


def key_files(prefix: str, tree: Tree) -> dict[str, tuple[str, GitFile]]:
    """Return the files of a tree by their path, those of records by their kind and id."""
    found: dict[str, tuple[str, GitFile]] = {}
    for path, file in tree.items():
        key = name_record(prefix, path)
        found[path if key in found else key] = (path, file)
    return found


def name_record(prefix: str, path: str) -> str:
    """Return the kind and id of a record's file; the path of any other file."""
    inner = path.removeprefix(prefix)
    kind = records.kind_of(inner) if path.startswith(prefix) else None
    id = id_in_name(inner) if kind else None
    return f"{kind.__name__} {id}" if kind and id else path


def settle(
    repository: Repository, merge: Merge, blobs: dict[str, bytes], before: Item, mine: Item, other: Item
) -> None:
    """Add to a merge what becomes of one file that theirs has changed."""
    if mine == before:
        put_theirs(merge, mine, other)
    elif mine is None or other is None:  # removed on one side and changed on the other: it stays
        kept = mine or other
        if kept is not None:
            merge.files[kept[0]] = kept[1]
            merge.kept.append(kept[0])
    else:
        path = choose_path(before, mine, other)
        stages = Stages(before and before[1], mine[1], other[1])
        merged = merge_versions(path.removeprefix(repository.prefix), stages, blobs)
        mode = other[1].mode if before and mine[1].mode == before[1].mode else mine[1].mode
        merge.files[path] = GitFile(mode, choose_blob(repository, merged, mine[1], other[1], blobs))
        if mine[0] != path:
            merge.files[mine[0]] = None
        if merged.conflicts:
            merge.conflicts[path] = Conflict(stages, merged.conflicts)


def choose_path(before: Item, mine: tuple[str, GitFile], other: tuple[str, GitFile]) -> str:
    """Return the path of a file that one or both renamed; of two new names, the first in the alphabet."""
    if before is not None and before[0] == mine[0]:
        return other[0]
    if before is not None and before[0] == other[0]:
        return mine[0]
    return min(mine[0], other[0])


def put_theirs(merge: Merge, mine: Item, other: Item) -> None:
    """Take over a file as theirs has it."""
    if mine is not None and (other is None or other[0] != mine[0]):
        merge.files[mine[0]] = None
    if other is not None:
        merge.files[other[0]] = other[1]


def merge_versions(path: str, stages: Stages, blobs: dict[str, bytes]) -> MergedContent:
    """Return the merge of the versions of a file; a link, or another repository, conflicts as a whole."""
    assert stages.ours
    assert stages.theirs
    if stages.ours.blob == stages.theirs.blob:
        return agreed(blobs.get(stages.ours.blob, b""))
    if not (stages.ours.is_regular and stages.theirs.is_regular):
        return in_conflict(b"", b"?", ("",))
    base = blobs.get(stages.base.blob) if stages.base else None
    return merge_contents(path, base, blobs[stages.ours.blob], blobs[stages.theirs.blob])


def choose_blob(
    repository: Repository, merged: MergedContent, ours: GitFile, theirs: GitFile, blobs: dict[str, bytes]
) -> str:
    """Return the name of a merged content in git, stored where it is new."""
    if ours.blob == theirs.blob or not (ours.is_regular and theirs.is_regular):
        return ours.blob
    known = (each.blob for each in (ours, theirs) if blobs[each.blob] == merged.content)
    return next(known, "") or write_blob(repository, merged.content)


def drop_sent(prefix: str, merge: Merge, ours: Tree) -> None:
    """Take mails out of the outbox that one has sent meanwhile."""
    outbox, sent = (f"{prefix}pipeline_data/{each}/" for each in (MailFolder.OUTBOX, MailFolder.SENT))
    after = {path for path in {*ours, *merge.files} if merge.files.get(path, ours.get(path)) is not None}
    for path in [*after]:
        if path.startswith(outbox) and sent + path.removeprefix(outbox) in after:
            merge.files[path] = None
            merge.conflicts.pop(path, None)


def names_private(prefix: str, paths: Iterable[str]) -> str:
    """Return a path that no commit may bring, as it is private to this machine; empty if there is none.

    Some file systems take `.CRM` for the same.
    """
    private = f"{prefix}pipeline_data/.crm/".casefold()
    return next((path for path in paths if f"{path}/".casefold().startswith(private)), "")
