"""The request that every operation takes: a workspace, an acting user and a time."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from crmcli.domain.localization.zones import find_zone, local_day, local_days
from crmcli.domain.model.config import Config, checked_user
from crmcli.domain.model.record_types import Instant
from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.errors import TryAgainError, UsageError
from crmcli.domain.values.patterns import Searching, search_unhurried
from crmcli.store.reader import Reading, find_mail_folder
from crmcli.store.workspace import Workspace, find_workspace, ignore_advice, ignore_progress

if TYPE_CHECKING:
    from crmcli.domain.model.answer_types import Reader
    from crmcli.domain.model.changes import Moment
    from crmcli.query.query_model import Query, QueryContext
    from crmcli.store.questionnaire_files import Questionnaires
    from crmcli.store.workspace import Progress
    from crmcli.store.writer import Writing

Terms: TypeAlias = "Query | Sequence[str]"  # a query, or its terms


def accept(report: object) -> None:
    """Accept any report; the default `check` of operations."""


def refuse_trust(workspace: Workspace) -> bool:
    """Decline to trust the programs of a workspace; the default of `ask_for_trust`."""
    return False


class Request:
    """The context of an operation: workspace, user, time, and whether changes are stored.

    `directory` is where the workspace is, by default `$CRM_WORKSPACE`, or the current directory and
    those above it. `now` is an ISO instant or day to use instead of the clock.
    """

    def __init__(self, directory: str = "", *, user: str = "", now: str = "", dry_run: bool = False) -> None:
        self.directory = directory
        self.given_user = user
        self.given_now = now or os.environ.get("CRM_NOW", "")
        self.dry_run = dry_run
        self.is_partly_done = False  # something besides the change itself failed
        self.advise: Callable[[str], None] = ignore_advice  # receives warnings
        self.progress: Progress = ignore_progress
        self.search: Callable[[str], Searching] = search_unhurried  # compiles regular expressions
        self.ask_for_trust: Callable[[Workspace], bool] = refuse_trust

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace of the request."""
        found = find_workspace(self.directory, os.environ.get("CRM_WORKSPACE"), current_directory())
        found.progress = self.progress
        found.advise = self.advise
        return found

    @cached_property
    def command(self) -> str:
        """The command line, as undo records store it."""
        import shlex

        return shlex.join(["crm", *sys.argv[1:]])

    @cached_property
    def config(self) -> Config:
        """The configuration of the workspace."""
        return self.workspace.config

    @cached_property
    def at(self) -> Instant:
        """The time of the request: the clock, or `now`; a day means noon in the workspace's zone."""
        if not self.given_now:
            return datetime.now(UTC).replace(microsecond=0)
        name = self.config.timezone if self.workspace.is_configured else "UTC"
        return self.given(find_zone(name)).astimezone(UTC).replace(microsecond=0)

    def given(self, place: tzinfo | None) -> datetime:
        """Return the time given as `now`, in this zone unless it names one; without it, the clock.

        Raises UsageError for what is not an instant.
        """
        if not self.given_now:
            return datetime.now(place)
        try:
            given = datetime.fromisoformat(self.given_now)
        except ValueError:
            raise UsageError(
                f"--now {self.given_now} is not an instant", hint="like 2026-11-24T09:00 or 2026-11-24"
            ) from None
        if "T" not in self.given_now and " " not in self.given_now:
            given = given.replace(hour=12)
        from crmcli.store.codec.typed_values import FIRST_YEAR, LAST_YEAR  # readers do without the codec

        if not FIRST_YEAR <= given.year <= LAST_YEAR:
            raise UsageError(f"--now {self.given_now} is too far away")
        return given if given.tzinfo else given.replace(tzinfo=place)

    @property
    def day(self) -> date:
        """The day by this machine's clock, or of `now`; needs no workspace."""
        return self.given(None).date()

    @property
    def today(self) -> date:
        """The day in the workspace's time zone."""
        return local_day(self.at, self.config)

    @cached_property
    def user(self) -> str:
        """The acting user."""
        from crmcli.store.identity import acting_user  # not needed for reading

        return acting_user(self.config, self.given_user)

    @property
    def moment(self) -> "Moment":
        """The time of the request and the acting user."""
        return self.moment_of(self.user)

    @property
    def reading_moment(self) -> "Moment":
        """The time of the request and the given user, if any; reading needs no user."""
        return self.moment_of(self.given_user)

    def moment_of(self, user: str) -> "Moment":
        """Return the time of the request with a user."""
        from crmcli.domain.model.changes import Moment

        return Moment(at=self.at, by=user)

    @cached_property
    def viewing(self) -> DocumentBuilder:
        """The builder of documents, for the time of the request."""
        find = partial(find_mail_folder, self.workspace.root)
        return DocumentBuilder(self.config, self.at, lambda: self.questionnaires, find)

    def query(self, terms: Terms) -> "Query":
        """Return the query of these terms, and warn of contradictions in it; a query is returned as it is.

        Raises UsageError for an unknown key or value.
        """
        from crmcli.query.contradictions import list_contradictions
        from crmcli.query.query_model import Query
        from crmcli.query.query_parser import parse_query  # not needed for commands on ids

        if isinstance(terms, Query):
            return terms
        asked = parse_query(terms, self.query_context)
        for contradiction in list_contradictions(asked, self.query_context):
            self.advise(contradiction)
        for user in asked.former_users(self.config):
            self.advise(f"{user} is not in users any more")
        return asked

    @cached_property
    def answer_reader(self) -> "Reader":
        """The reader of answers: days relative to today, patterns as `search` compiles them."""
        from crmcli.domain.localization.days import parse_day
        from crmcli.domain.model.answer_types import Reader

        day = partial(parse_day, today=self.today, config=self.config)
        return Reader(day, self.search, self.config.currency)

    @cached_property
    def query_context(self) -> "QueryContext":
        """The context of queries: configuration, day, user, names, and `search` for patterns."""
        from crmcli.query.query_model import QueryContext, WorkspaceNames

        names = WorkspaceNames(
            lambda name: self.reading().index.holds(name),
            lambda: self.questionnaires.listed,
            lambda: self.questionnaires.questions(),
        )
        elsewhere = frozenset(local_days(self.at, self.config) - {self.today})
        return QueryContext(self.config, self.today, lambda: self.user, names, self.search, elsewhere)

    @cached_property
    def questionnaires(self) -> "Questionnaires":
        """The questionnaires of the workspace."""
        from crmcli.store.questionnaire_files import Questionnaires

        return Questionnaires(self.workspace.root, self.workspace.derived)

    def reading(self) -> Reading:
        """Return the workspace for reading.

        Raises UsageError for an unknown given user, as for writing.
        """
        if self.given_user:
            checked_user(self.config, self.given_user)
        self.workspace.finish_interrupted()
        return Reading(self.workspace)

    def reading_for(self, query: "Query") -> Reading:
        """Return the workspace for answering a query, and warn of what the answer leaves out."""
        from crmcli.operations.steps.list_gaps import list_gaps

        reading = self.reading()
        self.report_gaps(list_gaps(reading, query))
        return reading

    def reading_all(self, kind: str) -> Reading:
        """Return the workspace for listing `contacts` or `opportunities`, and warn of unreadable files."""
        from crmcli.operations.steps.list_gaps import list_unreadable

        reading = self.reading()
        self.report_gaps(list_unreadable(reading, kind))
        return reading

    def report_gaps(self, gaps: Iterable[str]) -> None:
        """Warn of what an answer leaves out, a line each."""
        for gap in gaps:
            self.advise(gap)

    @contextmanager
    def changing(self, by: str | None = None) -> Iterator["Writing"]:
        """Yield the workspace for writing, under the lock; commit the changes if the block succeeds.

        A hook of the workspace is asked before the commit, programs run after it. With `dry_run` nothing is
        committed and nothing runs. Raises RefusedError where the hook refuses.
        """
        from crmcli.store.writer import open_writer

        has_hooks = (self.workspace.data / "hooks").is_dir()
        if has_hooks and not self.dry_run:
            from crmcli.operations.steps import hooks

            hooks.is_allowed(self.workspace, self.ask_for_trust)  # asked before anything is locked
        with open_writer(self.workspace, self.moment_of(by or self.user), self.command) as session:
            session.is_time_given = bool(self.given_now)
            yield session
            if session.made:
                from crmcli.operations.steps.new_addresses import queue_mails_for_new_addresses

                self.report_gaps(queue_mails_for_new_addresses(session))
            committed = session.changes
            if not self.dry_run:
                self.ask_hooks(session)
                session.commit()
        if committed and not self.dry_run and (session.programs or has_hooks):
            from crmcli.operations.steps import hooks

            self.report_undone(hooks.run_after_commit(session, committed, self.ask_for_trust))

    def ask_hooks(self, session: "Writing") -> None:
        """Run the hook `pre-change`, if the workspace has it.

        Raises RefusedError where it refuses the changes of a session.
        """
        if (self.workspace.data / "hooks").is_dir():
            from crmcli.operations.steps import hooks

            self.report_undone(hooks.run_before_commit(session))

    @contextmanager
    def recording(self, by: str) -> Iterator["Writing"]:
        """Yield the workspace for writing, under the lock, what has happened already.

        No hook can refuse it; `post-change` gets it.
        """
        with self.storing(by) as session:
            yield session
            committed = session.changes
        if committed and not self.dry_run and (self.workspace.data / "hooks").is_dir():
            from crmcli.operations.steps import hooks

            self.report_undone(hooks.run_after_commit(session, committed, self.ask_for_trust))

    @contextmanager
    def storing(self, by: str) -> Iterator["Writing"]:
        """Yield the workspace for writing, under the lock, without running hooks or programs."""
        from crmcli.store.writer import open_writer

        with open_writer(self.workspace, self.moment_of(by), self.command) as session:
            yield session
            if not self.dry_run:
                session.commit()

    @contextmanager
    def one_commit(self) -> Iterator[None]:
        """Have git get all changes of a block in one commit at its end, though they are several transactions.

        What a killed command leaves is in the commit of the next one.
        """
        from crmcli.store.writer import needs_git

        if self.dry_run or not needs_git(self.workspace):
            yield
            return
        from crmcli.store.git import auto_commit
        from crmcli.store.transactions import lock
        from crmcli.store.writer import lock_timeout

        auto_commit.start_memory(self.workspace)
        self.workspace.commits_together = True
        try:
            yield
        finally:
            self.workspace.commits_together = False
            with suppress(TryAgainError), lock.hold_lock(self.workspace.data, lock_timeout()):
                auto_commit.commit_changes(self.workspace, self.command, self.at.date())

    def report_undone(self, problems: Sequence[str]) -> None:
        """Warn of what failed besides the change, which stays, and mark the request partly done."""
        for problem in problems:
            self.advise(problem)
        self.is_partly_done = self.is_partly_done or bool(problems)


def current_directory() -> Path:
    """Return the current directory.

    Raises UsageError where it was removed.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current directory is gone", hint="cd somewhere") from None
