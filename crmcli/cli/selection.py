"""Which records a command is about: references, a query, or ids on standard input; then each in turn."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated

import typer

from crmcli.cli import output
from crmcli.cli.invocation import Invocation
from crmcli.cli.views import OPPORTUNITY_COLUMNS
from crmcli.domain import describe, documents, matching, query
from crmcli.domain.changes import Change, Moment
from crmcli.domain.errors import CrmError, PartlyError, UsageError
from crmcli.domain.facts import Facts
from crmcli.domain.keys import Subject
from crmcli.mail.outbox import carried_out
from crmcli.store.session import Reading, Writing

Refs = Annotated[list[str], typer.Argument(metavar="REF…", help="ids, paths, a query, or - for stdin")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="change all records that a query finds")]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="do what can be done, name the rest, exit 7")]
Force = Annotated[bool, typer.Option("--force", help="go on where a rule of the stage says no (recorded)")]
Decide = Callable[[Facts, Moment], Change]


def subjects(reading: Reading, moment: Moment) -> list[Subject]:
    """All readable records with what queries look at."""
    deals = list(reading.opportunities())
    people = reading.contacts if any(deal.contact for deal in deals) else {}
    return [
        Subject(deal, reading.config, people.get(deal.contact) if deal.contact else None, moment.at)
        for deal in deals
    ]


def asked(call: Invocation, arguments: Sequence[str]) -> query.Query:
    """The query that these arguments spell."""
    mine = any(":" in argument and argument.endswith("me") for argument in arguments)
    mine = mine or any(argument.startswith("@") for argument in arguments)
    return query.parse(arguments, call.asker(me=mine))


def paths_to_change(call: Invocation, session: Writing, references: Sequence[str], yes: bool) -> list[str]:
    """The files of the records that a writing command names.

    Raises UsageError for a mixture of references and a query, or an unconfirmed bulk change.
    """
    if list(references) == ["-"]:
        references = from_stdin()
        return unique(session.opportunity_references.exact(each) for each in references)
    terms = [each for each in references if query.is_term(each)]
    if terms and len(terms) < len(references):
        raise UsageError("references and a query cannot be mixed", hint="text:word searches")
    if terms:
        return confirmed(queried(call, session, terms), yes)
    if sys.stdin.isatty():
        return unique(session.opportunity_references.loose(each) for each in references)
    return unique(session.opportunity_references.exact(each) for each in references)


def queried(call: Invocation, session: Writing, terms: Sequence[str]) -> list[str]:
    """The files of the records that a query means."""
    wanted = asked(call, terms)
    found = matching.select(wanted, subjects(session, session.moment))
    return [session.places[subject.deal.id] for subject in found if subject.deal.id]


def unique(paths: Iterable[str]) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(paths))


def from_stdin() -> list[str]:
    """The ids on standard input: one a line, or JSON objects with an `id`."""
    found = []
    for line in sys.stdin:
        if line.strip():
            found.append(id_of(line.strip()))
    return found


def id_of(line: str) -> str:
    """The id in a line of standard input."""
    if not line.startswith("{"):
        return line.split()[0]
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError):
        raise UsageError(f"no id in {line[:60]!r}", where="standard input") from None


def confirmed(paths: list[str], yes: bool) -> list[str]:
    """The records, if changing several at once is meant."""
    if len(paths) <= 1 or yes:
        return paths
    if not sys.stdin.isatty():
        raise UsageError(f"this would change {len(paths)} records", hint="--yes, or --dry-run to look")
    if not typer.confirm(f"Change {len(paths)} records?", err=True):
        raise typer.Abort()
    return paths


def change_each(
    call: Invocation,
    references: Sequence[str],
    decide: Decide,
    *,
    yes: bool = False,
    keep_going: bool = False,
) -> int:
    """Apply one decision to every record named, in one transaction; say what it did."""
    with call.writing() as session:
        paths = paths_to_change(call, session, references, yes or call.dry_run)
        made, failed = decided(session, paths, decide, keep_going)
        made = carried_out(session, made)
        if not call.dry_run:
            session.commit()
        code = said(call, session, made)
    for failure in failed:
        output.warn(str(failure))
    if failed:
        raise PartlyError(f"{len(made)} changed, {len(failed)} not")
    return code


def decided(
    session: Writing, paths: Sequence[str], decide: Decide, keep_going: bool
) -> tuple[list[Change], list[CrmError]]:
    """The changes that a decision makes to these records, and what could not be changed."""
    made, failed = [], []
    for path in paths:
        try:
            adopted = session.adopted(path)
            change = decide(session.facts(adopted.after), session.moment)
            made.append(adopted.then(change))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return made, failed


def said(call: Invocation, session: Reading, made: Sequence[Change]) -> int:
    """Print what changes did, or would do."""
    moment = Moment(at=call.at, by="")
    lead = ["would change:"] if call.dry_run and made else []
    lines = [line for change in made for line in describe.change(change, call.config)]
    for change in made:
        for notice in change.notices:
            output.warn(notice)
    shown = [documents.opportunity(session.facts(change.after), moment) for change in made]
    return output.lines(call, lead + lines, shown, OPPORTUNITY_COLUMNS)
