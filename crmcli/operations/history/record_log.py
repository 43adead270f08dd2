"""The log of a record: what happened to it, from its history and the stored versions of its file."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from crmcli.domain.documents.review_documents import LogDocument
from crmcli.domain.explain.record_story import Record, RecordVersion, StoryEvent, StoryWords, tell_story
from crmcli.domain.explain.value_words import ValueWords
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.model.recorded_effects import name_parts
from crmcli.domain.records.documents import plain_data
from crmcli.operations.history.undo_records import list_finished
from crmcli.operations.request import Request
from crmcli.store.catalog import id_in_name
from crmcli.store.git.auto_commit import read_version
from crmcli.store.git.past_files import FileVersion, list_file_versions, read_contents
from crmcli.store.git.repository import Repository, find_repository
from crmcli.store.reader import Reading
from crmcli.store.records import kind_of


class Days(NamedTuple):
    """The days of a log, from the first to the last; None where it has no end."""

    first: date | None = None
    last: date | None = None

    def hold(self, day: date) -> bool:
        """Tell whether a day is one of these."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


ALL_DAYS = Days()


def list_log(request: Request, reading: Reading, path: str, days: Days = ALL_DAYS) -> list[LogDocument]:
    """Return what happened to the record at a path, newest first.

    Fields that the history does not record are told from the commits that changed the file, without git from
    the undo records of this machine.
    """
    record = reading.load(path, kind_of(path) or Opportunity).value
    return tell_log(request, reading, record, read_versions(request, path), days)


def list_log_of_deleted(
    request: Request, reading: Reading, id: str, days: Days = ALL_DAYS
) -> list[LogDocument]:
    """Return what happened to a record that was deleted, newest first; nothing where none is known."""
    for folder in ("opportunities", "contacts"):
        versions = read_versions(request, f"pipeline_data/{folder}/{id}.yaml")
        last = next((each.before for each in reversed(versions) if each.before is not None), None)
        if last is not None and versions[-1].after is None:
            return tell_log(request, reading, last, versions, days)
    return []


def tell_log(
    request: Request, reading: Reading, record: Record, versions: Sequence[RecordVersion], days: Days
) -> list[LogDocument]:
    """Return the story of a record in these days as documents, newest first."""
    parts = name_parts(record, request.config) if isinstance(record, Opportunity) else {}
    words = StoryWords(ValueWords(request.config, reading.name_contact), parts)
    found = reversed(tell_story(record, versions, words))
    return [build_event(each) for each in found if days.hold(local_day(each.at, request.config))]


def build_event(told: StoryEvent) -> LogDocument:
    """Return an event as a document."""
    at, commit = plain_data(told.at), told.commit or None
    return LogDocument(at=at, by=told.by, event=told.event, text=told.text, commit=commit)


def read_versions(request: Request, path: str) -> list[RecordVersion]:
    """Return the stored versions of a record's file, oldest first: from git, else from the undo records."""
    repository = find_repository(request.workspace.root)
    committed = list_file_versions(repository, path) if repository else []
    if repository and committed:
        return list(read_committed(request, repository, path, committed))
    return list(read_undo_records(request, path))[::-1]


def read_committed(
    request: Request, repository: Repository, path: str, committed: list[FileVersion]
) -> Iterator[RecordVersion]:
    """Yield the versions of a record's file that commits have."""
    contents = read_contents(repository, (name for each in committed for name in (each.before, each.after)))
    for each in committed:
        before, after = (
            read_version(path, contents[name] if name else None) for name in (each.before, each.after)
        )
        by = each.user or name_author(request, each)
        yield RecordVersion(at=each.at, by=by, commit=each.commit, before=before, after=after)


def name_author(request: Request, version: FileVersion) -> str:
    """Return the user with the address of a commit's author, else the author's name."""
    for user in request.config.users:
        if user.email and user.email.casefold() == version.email.casefold():
            return user.id
    return version.author


def read_undo_records(request: Request, path: str) -> Iterator[RecordVersion]:
    """Yield the versions of a record's file that the undo records have, newest first."""
    id = id_in_name(path)
    for _, journal in list_finished(request.workspace.shelf):
        for change in journal.changes:
            if change.path == path or (id and id_in_name(change.path) == id):
                before, after = (read_version(path, each) for each in (change.before, change.after))
                yield RecordVersion(at=journal.at, by=journal.user, before=before, after=after)
