"""Deciding conflicts that a merge left: from the versions that git keeps of the file."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from crmcli.domain.merging.both_values import find_value, flatten_value
from crmcli.domain.merging.line_merge import has_marks
from crmcli.domain.model.history import last_entry, last_move
from crmcli.domain.model.record_names import name_record, title_of
from crmcli.domain.model.record_types import Contact, Entry, HistoryEvent, Opportunity
from crmcli.domain.values.errors import CrmError, NotFoundError, RefusedError
from crmcli.domain.values.values import Value
from crmcli.operations.request import Request, accept
from crmcli.store import records
from crmcli.store.catalog import id_in_name, slug_in_name
from crmcli.store.codec.codec_errors import BadYaml
from crmcli.store.codec.parser import parse_yaml
from crmcli.store.git.merge_contents import MergedContent, merge_contents
from crmcli.store.git.repository import Repository, find_repository
from crmcli.store.git.trees import (
    GitFile,
    Stages,
    ask_line,
    put_into_index,
    read_blobs,
    read_unmerged,
    write_blob,
)
from crmcli.store.records import Source
from crmcli.store.writer import Writing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALL = "all"


class Side(StrEnum):
    """Whose values end a conflict, in git's sense: in a rebase, `ours` is the branch that it goes onto."""

    OURS = "ours"
    THEIRS = "theirs"
    NEWEST = "newest"  # of the one that changed the record last
    EDIT = "edit"  # what the user makes of the file with both values


class BothValues(NamedTuple):
    """A field in conflict, with the values as they stand in the file; None where one removed it."""

    field: str | None
    ours: str | None
    theirs: str | None


class Waiting(NamedTuple):
    """A file that waits for a decision: path in the workspace, its versions, and the merge."""

    path: str
    stages: Stages
    blobs: dict[str, bytes]
    merged: MergedContent | None  # None where one side removed the file

    @property
    def id(self) -> str | None:
        """The id of the record; None for another file."""
        return id_in_name(self.path) if records.kind_of(self.path) else None

    @property
    def name(self) -> str:
        """The record as people know it, with its id; the path of a file that is none, or does not read."""
        kind = records.kind_of(self.path)
        content = self.merged.ours if self.merged else next(iter(self.blobs.values()), b"")
        if kind is None:
            return self.path
        try:
            record: Any = records.read_record(Path(self.path), content, kind).value
        except CrmError:
            return self.path
        return name_record(record.id, title_of(record))

    def list_sides(self) -> list["BothValues"]:
        """Return each field in conflict with both values; of a file that is decided as a whole, one row."""
        if self.merged is None:
            return [BothValues(None, None, None)]
        ours, theirs = (read_tree(each) for each in (self.merged.ours, self.merged.theirs))
        fields = [*filter(None, self.merged.conflicts)]
        found = [(each, find_value(ours, each), find_value(theirs, each)) for each in fields]
        both = [BothValues(field, flatten_value(mine), flatten_value(other)) for field, mine, other in found]
        return both or [BothValues(None, None, None)]

    def version(self, file: GitFile | None) -> bytes | None:
        """Return the content of one version."""
        return None if file is None else self.blobs[file.blob]


class Resolved(NamedTuple):
    """A decided conflict: the file, the fields, and whose values it has now."""

    waiting: Waiting
    side: Side
    content: bytes | None


Edit = Callable[[str, bytes], bytes]  # takes the path and the text with both values
Check = Callable[[Sequence[Resolved]], object]


def read_tree(content: bytes) -> dict[str, Value]:
    """Return what stands in a YAML file; nothing for another one."""
    try:
        return parse_yaml(content.decode())
    except (BadYaml, UnicodeDecodeError):
        return {}


def list_conflicts(request: Request) -> list[Waiting]:
    """Return the files of the workspace that wait for a decision.

    Raises RefusedError where the workspace is not in git.
    """
    return list(read_waiting(require_repository(request)))


def require_repository(request: Request) -> Repository:
    """Return the repository of the workspace.

    Raises RefusedError where there is none.
    """
    repository = find_repository(request.workspace.root)
    if repository is None:
        raise RefusedError("this workspace is not in git", hint="crm init --git")
    return repository


def read_waiting(repository: Repository) -> Iterable[Waiting]:
    """Yield the files of the workspace that wait for a decision."""
    for path, stages in read_unmerged(repository).items():
        if path.startswith(repository.prefix):
            inner = path.removeprefix(repository.prefix)
            blobs = read_blobs(repository, (each.blob for each in stages if each))
            base, ours, theirs = (blobs[each.blob] if each else None for each in stages)
            is_both = ours is not None and theirs is not None
            merged = merge_contents(inner, base, ours or b"", theirs or b"") if is_both else None
            yield Waiting(inner, stages, blobs, merged)


def resolve_conflicts(
    request: Request,
    references: Sequence[str],
    side: Side,
    *,
    edit: Edit | None = None,
    check: Check = accept,
) -> list[Resolved]:
    """End the conflicts of these records or files, `all` for every one, and tell git.

    Raises NotFoundError for a reference without a conflict, RefusedError for an edited text that still has
    both values.
    """
    repository = require_repository(request)
    with request.storing(request.user) as session:
        session.is_shared_now = False
        chosen = choose_waiting(list(read_waiting(repository)), references)
        resolved = [decide(repository, session, each, side, edit) for each in chosen]
        check(resolved)
        for each in resolved:
            path = each.waiting.path
            session.put(path, each.content, before=session.content(path))
    if not request.dry_run:
        files = {repository.prefix + each.waiting.path: as_file(repository, each) for each in resolved}
        put_into_index(repository, files)
    return resolved


def as_file(repository: Repository, resolved: Resolved) -> GitFile | None:
    """Return a decided file as git knows it; None where it was removed."""
    stages = resolved.waiting.stages
    known = stages.ours or stages.theirs
    if resolved.content is None or known is None:
        return None
    return GitFile(known.mode, write_blob(repository, resolved.content))


def choose_waiting(waiting: Sequence[Waiting], references: Sequence[str]) -> list[Waiting]:
    """Return what the references mean: an id or the beginning of one, a path, a part of a name, or `all`.

    Raises NotFoundError for one that means nothing.
    """
    if not waiting:
        raise NotFoundError("no file has a conflict")
    chosen: dict[str, Waiting] = {}
    for reference in references:
        word = reference.casefold()
        found = [
            each
            for each in waiting
            if word == ALL
            or each.path.endswith(reference)
            or (each.id or "").startswith(word)
            or word in slug_in_name(each.path)
        ]
        if not found:
            raise NotFoundError(f"{reference} has no conflict", hint="crm resolve lists them")
        chosen |= {each.path: each for each in found}
    return [*chosen.values()]


def decide(
    repository: Repository, session: Writing, waiting: Waiting, side: Side, edit: Edit | None
) -> Resolved:
    """Return what a file is after a decision, with an entry in the history of a record."""
    if side is Side.NEWEST:
        side = find_newest(repository, waiting)
    content = pick_content(waiting, side, edit)
    kind = records.kind_of(waiting.path)
    if content is not None and kind is not None:
        source = records.read_record(session.root / waiting.path, content, kind)
        fields = waiting.merged.conflicts if waiting.merged else ()
        content = records.edit_record(source, note_decision(source, fields, session))
    return Resolved(waiting, side, content)


def pick_content(waiting: Waiting, side: Side, edit: Edit | None) -> bytes | None:
    """Return the content of a file after a decision; None removes it.

    Raises RefusedError for an edited text that still has both values.
    """
    if side is Side.EDIT and edit is not None:
        known = waiting.merged.content if waiting.merged else next(iter(waiting.blobs.values()))
        written = edit(waiting.path, known)
        if has_marks(written.decode("utf-8", "replace")):
            raise RefusedError("still has both values between conflict marks", where=waiting.path)
        return written
    if waiting.merged is not None:
        return waiting.merged.ours if side is Side.OURS else waiting.merged.theirs
    return waiting.version(waiting.stages.ours if side is Side.OURS else waiting.stages.theirs)


def find_newest(repository: Repository, waiting: Waiting) -> Side:
    """Return the side that changed a file last: by the history of the record, else by the commits."""
    times = [time_of(waiting.path, waiting.version(each)) for each in waiting.stages[1:]]
    if times[0] == times[1]:
        heads = (ask_line(repository, ["log", "-1", "--format=%ct", head]) for head in ("HEAD", "MERGE_HEAD"))
        times = [datetime.fromtimestamp(int(each or 0), UTC) for each in heads]
    return Side.OURS if times[0] >= times[1] else Side.THEIRS


def time_of(path: str, content: bytes | None) -> datetime:
    """Return when a record was changed last, by its history; long ago for any other file."""
    kind = records.kind_of(path)
    if kind is None or content is None:
        return EPOCH
    try:
        record: Opportunity | Contact = records.read_record(Path(path), content, kind).value
    except CrmError:
        return EPOCH
    return last_entry(record) or EPOCH


def note_decision(source: Source[Any], fields: Sequence[str], session: Writing) -> Any:
    """Return a record with an entry that tells which fields were decided; for a deal also its stage."""
    record = source.value
    entry = Entry(
        at=session.moment.at,
        event=HistoryEvent.RESOLVED,
        field=", ".join(filter(None, fields)) or None,
        by=session.moment.by,
    )
    if isinstance(record, Opportunity) and {"stage", "lost"} & set(fields):
        entry = with_stage(record, entry)
    entry = replace(entry, at=max(session.moment.at, last_entry(record) or EPOCH))
    return replace(record, history=(*record.history, entry))


def with_stage(deal: Opportunity, entry: Entry) -> Entry:
    """Return an entry that also says in which stage the deal is, as in its last move there."""
    moves = [each for each in deal.history if each.to == deal.stage and each.visit]
    last = last_move(deal)
    visit = moves[-1].visit if moves else None
    closing = last.closing if last is not None and deal.lost else None
    return replace(entry, from_=last.to if last else None, to=deal.stage, visit=visit, closing=closing)
