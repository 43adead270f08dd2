"""Which records a command is about: references, a query, or ids on standard input; then each in turn."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Annotated, NamedTuple, TypeVar

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.explain_output import explain_instead
from crmcli.cli.output.printing import Report
from crmcli.cli.output.table_columns import record_columns
from crmcli.domain.explain import change_summary
from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records import documents
from crmcli.domain.values.errors import CrmError, PartlyError, UsageError
from crmcli.operations.apply_change import apply_change
from crmcli.query import evaluation
from crmcli.query.key_values import QueryRecord
from crmcli.query.query_parser import Query, is_term
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

Refs = Annotated[
    list[str], typer.Argument(metavar="REF…", help="ids, paths, a query, or - for stdin"), offers.RECORDS
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="change all matching records")]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="skip and report failures, exit 7")]
Force = Annotated[bool, typer.Option("--force", help="override stage requirements (recorded)")]
T = TypeVar("T")
Decide = Callable[[Writing, Facts], Change]


class Selection(NamedTuple):
    """The files of the records that a command is about, and the query that found them, if one did."""

    paths: list[str]
    query: Query | None = None
    failed: tuple[CrmError, ...] = ()  # references that mean nothing, where the rest is wanted all the same


def select_records(
    call: CommandContext, references: Sequence[str], *, yes: bool, keep_going: bool = False
) -> Selection:
    """The records that a writing command names; nothing is locked while somebody is asked.

    Raises UsageError for a mixture of references and a query, or an unconfirmed bulk change.
    """
    reading = call.reading()
    known = reading.opportunity_references
    terms = [each for each in references if is_term(each)]
    if not terms:
        explain_instead(call, None)
    if list(references) == ["-"]:
        return resolve_references(from_stdin(), known.exact, keep_going)
    if terms and len(terms) < len(references):
        raise UsageError("references and a query cannot be mixed", hint="text:word searches")
    if terms:
        wanted = call.query(terms)
        explain_instead(call, wanted)
        paths = [path for path, id in reading.index.places(wanted, call.viewing) if id]
        return Selection(confirm_bulk_change(paths, yes or call.dry_run), wanted)
    if sys.stdin.isatty():
        return resolve_references(references, lambda word: call.record(reading, word), keep_going)
    return resolve_references([call.row("opportunity", each) for each in references], known.exact, keep_going)


def resolve_references(
    references: Iterable[str], path_of: Callable[[str], str], keep_going: bool
) -> Selection:
    """The files that references mean, each once."""
    paths, failed = [], []
    for reference in references:
        try:
            paths.append(path_of(reference))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return Selection(list(dict.fromkeys(paths)), failed=tuple(failed))


def recheck_selection(session: Writing, picked: Selection) -> list[str]:
    """Those of the chosen records that the query still means, now that nobody else writes."""
    wanted = picked.query
    if wanted is None:
        return picked.paths
    deals = {path: session.opportunity(path) for path in picked.paths}
    return [path for path, deal in deals.items() if evaluation.is_meant(wanted, query_record(session, deal))]


def query_record(session: Writing, deal: Opportunity) -> QueryRecord:
    """A record as queries see it."""
    facts = session.facts(deal)
    return QueryRecord(
        deal,
        session.config,
        facts.contact,
        session.moment.at,
        company=facts.company,
        questionnaires=session.questionnaires,
    )


def from_stdin() -> list[str]:
    """The ids on standard input: one a line, or JSON objects with an `id`."""
    return [id_of(line.strip()) for line in streams.read_stdin().splitlines() if line.strip()]


def id_of(line: str) -> str:
    """The id in a line of standard input."""
    if not line.startswith("{"):
        return line.split()[0]
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"no id in {line[:60]!r}", where="standard input") from None


def confirm_bulk_change(found: list[T], yes: bool, noun: str = "records") -> list[T]:
    """What a query found, if changing several at once is meant."""
    if len(found) <= 1 or yes:
        return found
    if not sys.stdin.isatty():
        raise UsageError(f"this would change {len(found)} {noun}", hint="--yes, or --dry-run to preview")
    if not typer.confirm(f"Change {len(found)} {noun}?", err=True):
        raise typer.Abort()
    return found


def change_each(
    call: CommandContext,
    references: Sequence[str],
    decide: Decide,
    *,
    yes: bool = False,
    keep_going: bool = False,
) -> int:
    """Apply one decision to every record named, in one transaction; say what it did."""
    picked = select_records(call, references, yes=yes, keep_going=keep_going)
    return change_chosen(call, picked, decide, keep_going=keep_going)


def change_chosen(
    call: CommandContext, picked: Selection, decide: Decide, *, keep_going: bool = False
) -> int:
    """Apply one decision to the chosen records, in one transaction; say what it did."""
    with call.writing() as session:
        made, failed = decide_each(session, recheck_selection(session, picked), decide, keep_going)
        failed = [*picked.failed, *failed]
        report = report_records(call, session, made)
        call.commit(session)
    code = report.told()
    for failure in failed:
        messages.print_failure(failure)
    if failed:
        raise PartlyError(f"{len(made)} changed, {len(failed)} failed")
    return code


def decide_each(
    session: Writing, paths: Sequence[str], decide: Decide, keep_going: bool
) -> tuple[list[Change], list[CrmError]]:
    """The changes that a decision makes to these records, and what could not be changed."""
    made, failed = [], []
    for path in paths:
        try:
            with session.attempt() if keep_going else nullcontext():
                adopted = session.adopted(path)
                change = decide(session, session.facts(adopted.after))
                made += apply_change(session, adopted.then(change))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return made, failed


def report_records(
    call: CommandContext, session: Reading, made: Sequence[Change], also: Sequence[str] = ()
) -> Report:
    """What changes do, or would do, and what is done besides."""
    lead = ["would change:"] if call.dry_run and made else []
    lines = [
        line
        for change in made
        for line in change_summary.summarize_change(change, call.config, change_summary.Wording(call.config))
    ]
    for change in made:
        for notice in change.notices:
            messages.print_warning(notice)
    shown = (documents.build_opportunity(session.facts(change.after), call.at) for change in made)
    return printing.report_changes(call, [*lead, *lines, *also], shown, record_columns(call.config))
