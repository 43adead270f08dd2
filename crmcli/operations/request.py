"""Who wants something of which workspace, and when: what every operation begins with."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from crmcli.domain.localization.zones import find_zone, local_day
from crmcli.domain.model.config import Config, checked_user
from crmcli.domain.model.record_types import Instant
from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.patterns import Searching, search_unhurried
from crmcli.store.codec.typed_values import FIRST_YEAR, LAST_YEAR
from crmcli.store.reader import Reading
from crmcli.store.workspace import Workspace, find_workspace, ignore_advice, ignore_progress

if TYPE_CHECKING:
    from crmcli.domain.model.answer_types import Reader
    from crmcli.domain.model.changes import Moment
    from crmcli.query.query_model import Query, QueryContext
    from crmcli.store.questionnaire_files import Questionnaires
    from crmcli.store.workspace import Progress
    from crmcli.store.writer import Writing

Terms: TypeAlias = "Query | Sequence[str]"  # a query, or the terms that spell one


def accept(report: object) -> None:
    """Have nothing against a change: the `check` of an operation whose caller has none."""


def refuse_trust(workspace: Workspace) -> bool:
    """Trust no program of a workspace: what nobody was asked about does not run."""
    return False


class Request:
    """What a caller wants of a workspace: as which user, at which time, in earnest or not.

    `directory` is where the workspace lies, by default `$CRM_WORKSPACE` or the current directory
    and those above it. `now` is an ISO instant or day instead of the clock.
    """

    def __init__(self, directory: str = "", *, user: str = "", now: str = "", dry_run: bool = False) -> None:
        self.directory = directory
        self.given_user = user
        self.given_now = now or os.environ.get("CRM_NOW", "")
        self.dry_run = dry_run
        self.is_partly_done = False  # something besides the change itself could not be done
        self.advise: Callable[[str], None] = ignore_advice  # hears of what stops nothing
        self.progress: Progress = ignore_progress
        self.search: Callable[[str], Searching] = search_unhurried  # for regular expressions
        self.ask_for_trust: Callable[[Workspace], bool] = refuse_trust

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace that is meant."""
        found = find_workspace(self.directory, os.environ.get("CRM_WORKSPACE"), current_directory())
        found.progress = self.progress
        found.advise = self.advise
        return found

    @cached_property
    def command(self) -> str:
        """The command line, as undo records name it."""
        import shlex

        return shlex.join(["crm", *sys.argv[1:]])

    @cached_property
    def config(self) -> Config:
        """What its `crm.yaml` says."""
        return self.workspace.config

    @cached_property
    def at(self) -> Instant:
        """Now, or what `now` says: an instant, or a day (noon in the workspace's zone)."""
        if not self.given_now:
            return datetime.now(UTC).replace(microsecond=0)
        name = self.config.timezone if self.workspace.is_configured else "UTC"
        return self.given(find_zone(name)).astimezone(UTC).replace(microsecond=0)

    def given(self, place: tzinfo | None) -> datetime:
        """What `now` says, in this zone unless it names one; else the clock.

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
        if not FIRST_YEAR <= given.year <= LAST_YEAR:
            raise UsageError(f"--now {self.given_now} is too far away")
        return given if given.tzinfo else given.replace(tzinfo=place)

    @property
    def day(self) -> date:
        """The day by this machine's clock, or `now`; needs no workspace."""
        return self.given(None).date()

    @property
    def today(self) -> date:
        """The workspace's day."""
        return local_day(self.at, self.config)

    @cached_property
    def user(self) -> str:
        """The acting user."""
        from crmcli.store.identity import acting_user  # reading asks nobody who they are

        return acting_user(self.config, self.given_user)

    @property
    def moment(self) -> "Moment":
        """When, and by whom."""
        return self.moment_of(self.user)

    @property
    def reading_moment(self) -> "Moment":
        """When; reading asks nobody who they are."""
        return self.moment_of(self.given_user)

    def moment_of(self, user: str) -> "Moment":
        """Now, as somebody's."""
        from crmcli.domain.model.changes import Moment

        return Moment(at=self.at, by=user)

    @cached_property
    def viewing(self) -> DocumentBuilder:
        """How records look now, in this workspace."""
        return DocumentBuilder(self.config, self.at, lambda: self.questionnaires)

    def query(self, terms: Terms) -> "Query":
        """Return the query that these terms spell, and advise what it can never find; a query stays itself.

        Raises UsageError for an unknown key or value.
        """
        from crmcli.query.contradictions import list_contradictions
        from crmcli.query.query_model import Query
        from crmcli.query.query_parser import parse_query  # commands on given ids ask no query

        if isinstance(terms, Query):
            return terms
        asked = parse_query(terms, self.query_context)
        for contradiction in list_contradictions(asked, self.query_context):
            self.advise(contradiction)
        return asked

    @cached_property
    def answer_reader(self) -> "Reader":
        """How answers to questionnaires are read: days as of today, patterns as `search` compiles them."""
        from crmcli.domain.localization.days import parse_day
        from crmcli.domain.model.answer_types import Reader

        return Reader(partial(parse_day, today=self.today, config=self.config), self.search)

    @cached_property
    def query_context(self) -> "QueryContext":
        """Who asks, when, in which workspace, with how much patience."""
        from crmcli.query.query_model import QueryContext, WorkspaceNames

        names = WorkspaceNames(
            lambda name: self.reading().index.holds(name),
            lambda: self.questionnaires.names,
            lambda: self.questionnaires.questions(),
        )
        return QueryContext(self.config, self.today, lambda: self.user, names, self.search)

    @cached_property
    def questionnaires(self) -> "Questionnaires":
        """What is asked about each kind of project, where a query or a list asks for that."""
        from crmcli.store.questionnaire_files import Questionnaires

        return Questionnaires(self.workspace.root, self.workspace.derived)

    def reading(self) -> Reading:
        """The workspace to read.

        Raises UsageError where the given user is not one, as where something is written.
        """
        if self.given_user:
            checked_user(self.config, self.given_user)
        self.workspace.finish_interrupted()
        return Reading(self.workspace)

    def reading_for(self, query: "Query") -> Reading:
        """Return the workspace to answer a query from, and advise what the answer leaves out."""
        from crmcli.operations.steps.list_gaps import list_gaps

        reading = self.reading()
        self.report_gaps(list_gaps(reading, query))
        return reading

    def reading_all(self, kind: str) -> Reading:
        """Return the workspace to list `contacts` or `opportunities` from, and advise what is left out."""
        from crmcli.operations.steps.list_gaps import list_unreadable

        reading = self.reading()
        self.report_gaps(list_unreadable(reading, kind))
        return reading

    def report_gaps(self, gaps: Iterable[str]) -> None:
        """Advise what an answer leaves out, a line each."""
        for gap in gaps:
            self.advise(gap)

    @contextmanager
    def changing(self, by: str | None = None) -> Iterator["Writing"]:
        """The workspace to change, under the lock: what is put takes effect when the block ends well.

        A hook of the workspace is asked before, programs run after it. With `dry_run` nothing of it happens.
        Raises RefusedError where the hook says no.
        """
        from crmcli.store.writer import open_writer

        has_hooks = (self.workspace.data / "hooks").is_dir()
        if has_hooks and not self.dry_run:
            from crmcli.operations.steps import hooks

            hooks.is_allowed(self.workspace, self.ask_for_trust)  # asked before anything is locked
        with open_writer(self.workspace, self.moment_of(by or self.user), self.command) as session:
            yield session
            committed = session.changes
            if not self.dry_run:
                if has_hooks:
                    self.report_undone(hooks.run_before_commit(session))
                session.commit()
        if committed and not self.dry_run and (session.programs or has_hooks):
            from crmcli.operations.steps import hooks

            self.report_undone(hooks.run_after_commit(session, committed, self.ask_for_trust))

    @contextmanager
    def storing(self, by: str) -> Iterator["Writing"]:
        """The workspace to change, under the lock, where no hook has a say and no program runs."""
        from crmcli.store.writer import open_writer

        with open_writer(self.workspace, self.moment_of(by), self.command) as session:
            yield session
            if not self.dry_run:
                session.commit()

    def report_undone(self, problems: Sequence[str]) -> None:
        """Say what could not be done besides; the change itself stands."""
        for problem in problems:
            self.advise(problem)
        self.is_partly_done = self.is_partly_done or bool(problems)


def current_directory() -> Path:
    """The current directory.

    Raises UsageError where it was removed.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current directory is gone", hint="cd somewhere") from None
