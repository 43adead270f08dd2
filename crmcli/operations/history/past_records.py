"""Queries and reports as of a day or a commit: with the records, the configuration and the day of then."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from typing import NoReturn

from crmcli.domain.localization.days import read_days
from crmcli.domain.localization.zones import local_day, zone_of
from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.errors import NotFoundError, RefusedError, UsageError
from crmcli.operations.request import Request
from crmcli.store.git.past_files import (
    find_first_commit,
    find_last_commit,
    find_revision,
)
from crmcli.store.git.past_workspace import (
    PastQuestionnaires,
    PastReading,
    PastWorkspace,
    find_past_folder,
)
from crmcli.store.git.repository import Repository, find_repository
from crmcli.store.questionnaire_files import Questionnaires


class PastRequest(Request):
    """A request that reads the workspace as it was in a commit, at a time of then; it cannot write."""

    def __init__(self, today: Request, workspace: PastWorkspace, at: datetime) -> None:
        super().__init__(today.directory, user=today.given_user, now=today.given_now, dry_run=True)
        self.advise, self.progress, self.search = today.advise, today.progress, today.search
        self.today_request = today
        self.workspace = workspace
        self.at = at

    @cached_property
    def user(self) -> str:
        """The acting user of today."""
        return self.today_request.user

    @cached_property
    def questionnaires(self) -> Questionnaires:
        """The questionnaires as they were."""
        return PastQuestionnaires(self.past)

    @property
    def past(self) -> PastWorkspace:
        """The workspace as it was."""
        assert isinstance(self.workspace, PastWorkspace)
        return self.workspace

    @cached_property
    def viewing(self) -> DocumentBuilder:
        """The builder of documents, for the time of then."""
        find = partial(find_past_folder, self.past)
        return DocumentBuilder(self.config, self.at, lambda: self.questionnaires, find)

    @cached_property
    def session(self) -> PastReading:
        """The workspace as it was, read once."""
        return PastReading(self.past)

    def reading(self) -> PastReading:
        """Return the workspace as it was, for reading."""
        return self.session


def open_past(request: Request, text: str) -> PastRequest:
    """Return a request for the workspace as it was at the end of a day, or in a revision of git.

    A day means the last commit of this clone's own line before its end, in the workspace's time zone.
    Raises RefusedError without git, NotFoundError before the first commit and for an unknown revision,
    UsageError for a day that is still to come.
    """
    repository = find_repository(request.workspace.root)
    if repository is None:
        raise RefusedError("this workspace is not in git, which has the past", hint="crm init --git")
    day = find_day(request, text)
    if day is None:
        commit = find_revision(repository, text) or refuse_revision(text)
        return PastRequest(request, PastWorkspace(request.workspace, repository, commit), commit.at)
    end = end_of_day(request, day)
    commit = find_last_commit(repository, end) or refuse_early(request, repository, day)
    return PastRequest(request, PastWorkspace(request.workspace, repository, commit), min(end, request.at))


def find_day(request: Request, text: str) -> date | None:
    """Return the day that a text means, of a period the last one; None where it is something else.

    Raises UsageError for a day that is still to come.
    """
    try:
        span = read_days(text, request.today, request.config, is_past=True)
    except UsageError:
        return None
    first, last = span.low, span.high
    if not isinstance(first, date) or not isinstance(last, date):
        return None
    if first > request.today:
        raise UsageError(f"--as-of {text} is still to come", hint="give a day that has been")
    return min(last, request.today)


def end_of_day(request: Request, day: date) -> datetime:
    """Return the last second of a day in the workspace's time zone."""
    midnight = datetime.combine(day + timedelta(days=1), time(), zone_of(request.config))
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def refuse_revision(text: str) -> NoReturn:
    """Raise NotFoundError for what is neither a day nor a revision."""
    raise NotFoundError(
        f"--as-of {text} is neither a day nor a commit of git", hint="like 2026-11-24, -1mo, a tag, or HEAD~3"
    )


def refuse_early(request: Request, repository: Repository, day: date) -> NoReturn:
    """Raise NotFoundError for a day before the first commit, naming the first."""
    first = find_first_commit(repository)
    known = f"the first commit is of {local_day(first.at, request.config)}" if first else "it has no commit"
    raise NotFoundError(f"git has nothing as old as {day}: {known}")
