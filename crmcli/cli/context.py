"""One call of `crm`: the options that every command has, who calls, when, on which workspace."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crmcli.cli.completion import offers
from crmcli.cli.output import messages
from crmcli.cli.output.formats import FORMATS
from crmcli.cli.output.progress import Bar
from crmcli.cli.regex_timeout import Patience
from crmcli.domain.localization.zones import find_zone, local_day
from crmcli.domain.model.config import Config, checked_user
from crmcli.domain.model.record_types import Instant
from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.errors import AmbiguousError, NotFoundError, UsageError
from crmcli.query.contradictions import list_contradictions
from crmcli.query.query_parser import Query, QueryContext, WorkspaceNames, is_saved, parse_query
from crmcli.store.codec.typed_values import FIRST_YEAR, LAST_YEAR
from crmcli.store.reader import Reading
from crmcli.store.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from crmcli.domain.model.changes import Moment
    from crmcli.store.questionnaire_files import Questionnaires
    from crmcli.store.transactions.journal import FileChange
    from crmcli.store.writer import Writing


def common_options(
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FORMAT", help=", ".join(FORMATS)), offers.FORMAT
    ] = "table",
    fields: Annotated[str, typer.Option(metavar="A,B,C", help="only these columns")] = "",
    template: Annotated[
        str, typer.Option(metavar="JINJA", help="one line per record, see crm help formats")
    ] = "",
    headers: Annotated[bool, typer.Option("--headers/--no-headers", help="print the header line")] = True,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="print nothing on success")] = False,
    empty: Annotated[bool, typer.Option("-e", help="exit 1 if the result is empty")] = False,
    directory: Annotated[
        str, typer.Option("-C", metavar="DIR", help="workspace directory ($CRM_WORKSPACE)")
    ] = "",
    user: Annotated[
        str, typer.Option("--as", metavar="USER", help="acting user ($CRM_USER)"), offers.USER
    ] = "",
    errors: Annotated[
        str, typer.Option(metavar="FORMAT", help="print errors as text or json"), offers.ERROR_FORMAT
    ] = "",
    now: Annotated[str, typer.Option(metavar="T", help="use T as the current time ($CRM_NOW)")] = "",
) -> None:
    """The options that every command has."""


def write_options(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would happen; change nothing")
    ] = False,
) -> None:
    """The options of commands that write."""


def query_options(
    explain: Annotated[bool, typer.Option("--explain", help="explain the query; do nothing")] = False,
) -> None:
    """The option of commands that change what a query finds."""


class CommandContext:
    """What one command was called with, beside its own arguments."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.output: str = options.get("output", "table")  # a questionnaire has formats of its own
        self.fields: list[str] = [name for name in options["fields"].split(",") if name]
        self.headers: bool = options["headers"]
        self.quiet: bool = options["quiet"]
        self.empty_fails: bool = options["empty"]
        self.dry_run: bool = options.get("dry_run", False)
        self.explain: bool = options.get("explain", False)
        self.directory: str = options["directory"]
        self.given_user: str = options["user"]
        self.given_now: str = options["now"] or os.environ.get("CRM_NOW", "")
        self.template: str = options.get("template", "")  # e-mails have a template of their own
        self.committed: tuple[FileChange, ...] = ()
        self.is_partly_done = False
        if options["errors"] not in ("text", "json"):
            raise UsageError(f"unknown format {options['errors']!r} of errors", hint="text, json")
        if self.template and self.output != "table":
            raise UsageError(f"--template and -o {self.output} are two ways to print", hint="leave one out")
        if options["fields"] and not self.fields:
            raise UsageError(f"--fields {options['fields']!r} names no column")
        if self.output not in FORMATS:
            raise UsageError(f"unknown format {self.output!r}", hint=", ".join(FORMATS))

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace that this command works on."""
        found = find_workspace(self.directory, os.environ.get("CRM_WORKSPACE"), current_directory())
        found.progress = Bar()
        found.advise = messages.print_warning
        return found

    @cached_property
    def config(self) -> Config:
        """What its `crm.yaml` says."""
        return self.workspace.config

    @cached_property
    def at(self) -> Instant:
        """Now, or what `--now` says: an instant, or a day (noon in the workspace's zone)."""
        if not self.given_now:
            return datetime.now(UTC).replace(microsecond=0)
        name = self.config.timezone if self.workspace.is_configured else "UTC"
        return self.given(find_zone(name)).astimezone(UTC).replace(microsecond=0)

    def given(self, place: tzinfo | None) -> datetime:
        """What `--now` says, in this zone unless it names one; else the clock.

        Raises UsageError for what is not an instant.
        """
        if not self.given_now:
            return datetime.now(place)
        try:
            given = datetime.fromisoformat(self.given_now)
        except ValueError:
            raise UsageError(
                f"--now {self.given_now}: no instant", hint="like 2026-11-24T09:00 or 2026-11-24"
            ) from None
        if "T" not in self.given_now and " " not in self.given_now:
            given = given.replace(hour=12)
        if not FIRST_YEAR <= given.year <= LAST_YEAR:
            raise UsageError(f"--now {self.given_now} is too far away")
        return given if given.tzinfo else given.replace(tzinfo=place)

    @property
    def day(self) -> date:
        """The day by this machine's clock, or `--now`; needs no workspace."""
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

    def query(self, terms: Sequence[str]) -> Query:
        """The query that these arguments spell; what cannot be found by it is said."""
        try:
            asked = parse_query(terms, self.asker)
        except UsageError as error:
            raise detect_shell_redirection(error, terms) or error from None
        for contradiction in list_contradictions(asked, self.asker):
            messages.print_warning(contradiction)
        return asked

    @cached_property
    def asker(self) -> QueryContext:
        """Who asks, when, in which workspace, with how much patience."""
        return QueryContext(self.config, self.today, lambda: self.user, self.beyond, Patience().searching)

    @cached_property
    def questionnaires(self) -> "Questionnaires":
        """What is asked about each kind of project, where a query or a list asks for that."""
        from crmcli.store.questionnaire_files import Questionnaires

        return Questionnaires(self.workspace.root, self.workspace.derived)

    @property
    def beyond(self) -> WorkspaceNames:
        """What the records and the questionnaires know of names."""
        return WorkspaceNames(
            lambda name: self.reading().index.holds(name),
            lambda: self.questionnaires.names,
            lambda: self.questionnaires.questions(),
        )

    def row(self, kind: str, word: str) -> str:
        """The id of the opportunity, activity or contact in a row, where a word like `@3` names one."""
        from crmcli.cli import row_references

        return row_references.resolve_row_reference(self.workspace, kind, word)

    def record(self, reading: Reading, word: str) -> str:
        """The path of the record that a word means to whoever reads; a saved query means the one it finds."""
        if is_saved(word):
            return self.only_one(reading, word)
        return reading.opportunity_references.loose(self.row("opportunity", word))

    def record_to_change(self, reading: Reading, word: str) -> str:
        """The path of the record that a word means to a writing command: loosely at a terminal only."""
        if sys.stdin.isatty() or is_saved(word):
            return self.record(reading, word)
        return reading.opportunity_references.exact(self.row("opportunity", word))

    def only_one(self, reading: Reading, saved: str) -> str:
        """The path of the only record that a saved query finds.

        Raises NotFoundError, or AmbiguousError with the candidates.
        """
        found = list(reading.index.opportunities(self.query([saved]), self.viewing))
        if not found:
            raise NotFoundError(f"{saved} finds no opportunity", hint=f"crm list {saved} --explain")
        if len(found) > 1:
            lines = [f"{each['id'] or '-'}  {each['title']}" for each in found[:20]]
            raise AmbiguousError(f"{len(found)} records match {saved!r}:", lines)
        return str(found[0]["path"])

    def reading(self) -> Reading:
        """The workspace to read.

        Raises UsageError where `--as` names nobody, as where something is written.
        """
        if self.given_user:
            checked_user(self.config, self.given_user)
        self.workspace.finish_interrupted()
        return Reading(self.workspace)

    @contextmanager
    def writing(self, by: str | None = None) -> Iterator["Writing"]:
        """The workspace to write, under the lock."""
        import shlex

        from crmcli.store.writer import open_writer

        if has_hooks(self.workspace) and not self.dry_run:
            from crmcli.cli import hooks

            hooks.ask_for_trust(self.workspace)  # asked before anything is locked
        command = shlex.join(["crm", *sys.argv[1:]])
        with open_writer(self.workspace, self.moment_of(by or self.user), command) as session:
            yield session
        if self.committed and (session.programs or has_hooks(self.workspace)):
            from crmcli.cli import hooks

            self.left_undone(hooks.run_after_commit(session, self.committed))
            self.committed = ()

    def commit(self, session: "Writing", undoes: int | None = None) -> None:
        """Make what a command put into the session happen, unless it is only to be looked at.

        Raises RefusedError where the workspace's own hook says no.
        """
        if self.dry_run:
            return
        if has_hooks(self.workspace):
            from crmcli.cli import hooks

            self.left_undone(hooks.run_before_commit(session))
        self.committed = session.changes
        session.commit(undoes)

    def left_undone(self, problems: Sequence[str]) -> None:
        """Say what could not be done besides; the change itself stands, and the exit code is 7."""
        for problem in problems:
            messages.print_warning(problem)
        self.is_partly_done = self.is_partly_done or bool(problems)


def has_hooks(workspace: Workspace) -> bool:
    """Has the workspace programs of its own that look at changes?"""
    return (workspace.data / "hooks").is_dir()


def current_directory() -> Path:
    """The current directory.

    Raises UsageError where it was removed.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current directory is gone", hint="cd somewhere") from None


def detect_shell_redirection(error: UsageError, terms: Sequence[str]) -> UsageError | None:
    """What happened where `revenue:>5000` became `revenue:`, and all that is printed a file named 5000."""
    try:
        name = Path(os.readlink(f"/proc/self/fd/{sys.stdout.fileno()}")).name
    except (OSError, ValueError):
        return None
    cut = next((term for term in terms if term.endswith(":")), None)
    if cut is None or not name.lstrip("=").isdigit():
        return None
    number = name.lstrip("=")
    return UsageError(
        f"the shell took > for a redirection into the file {name}", hint=f"{cut[:-1]}.gt:{number}"
    )
