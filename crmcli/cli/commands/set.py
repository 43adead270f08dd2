"""`crm set`, `tag`, `note`, `delete`: records changed where they stand."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import record_columns
from crmcli.cli.output.value_format import visible
from crmcli.cli.selection import Decide, KeepGoing, Refs, Yes, change_each, recheck_selection, select_records
from crmcli.domain.model.changes import Change
from crmcli.domain.model.config import FieldType
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.records import documents, editing, transitions
from crmcli.domain.records.editing import ASSIGNMENT, Assignment, parse_assignment
from crmcli.domain.records.marketing import enlarge_lists
from crmcli.domain.values.errors import UsageError
from crmcli.mail.outbox import waiting_for
from crmcli.operations.find_or_create_contact import find_contact
from crmcli.store.writer import Writing

PEOPLE = ("contact", "referral.by")
Arguments = Annotated[
    list[str],
    typer.Argument(metavar="REF… FIELD=VALUE…", help="tags+=x adds, budget= clears"),
    offers.ASSIGNMENTS,
]


New = Annotated[bool, typer.Option("--new", help="add an unknown campaign, medium or source to crm.yaml")]


def set_fields(
    ctx: typer.Context,
    arguments: Arguments,
    new: New = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Set fields of records; an empty value clears, tags+= adds and tags-= removes.

    \b
    Examples:
      crm set xgcej9p8 revenue=9500 close=2w
      crm set xgcej9p8 fields.brand=Contura tags+=urgent budget= source="Radio locale" --new
      crm set stage:negotiation priority=3 --yes
    """
    assignments = [parse_assignment(each) for each in arguments if re.fullmatch(ASSIGNMENT, each)]
    references = [each for each in arguments if not re.fullmatch(ASSIGNMENT, each)]
    if not assignments or not references:
        raise UsageError("set needs records and assignments", hint="crm set k7f3q9mx priority=2")
    decide = listing(assignments) if new else assigning(assignments)
    return change_each(ctx.obj, references, decide, yes=yes, keep_going=keep_going)


def assigning(assignments: Sequence[Assignment]) -> Decide:
    """The decision to set these fields."""

    def decide(session: Writing, facts: Facts) -> Change:
        known = [with_id(session, each) for each in assignments]
        after = editing.apply_assignments(facts, known, session.moment)
        return Change(before=facts.opportunity, after=after)

    return decide


def listing(assignments: Sequence[Assignment]) -> Decide:
    """The decision to set these fields, origins that are not in crm.yaml yet being listed there first."""

    def decide(session: Writing, facts: Facts) -> Change:
        session.configure(enlarge_lists(session.config, assignments))
        return assigning(assignments)(session, session.facts(facts.opportunity))

    return decide


def with_id(session: Writing, assignment: Assignment) -> Assignment:
    """The assignment with the contact's id where it names one in another way."""
    field = session.config.custom_field(assignment.field.removeprefix("fields."))
    names_somebody = assignment.field in PEOPLE or (field is not None and field.type is FieldType.CONTACT)
    if not names_somebody or not assignment.value:
        return assignment
    return assignment._replace(value=find_contact(session, assignment.value).id or "")


def tag(
    ctx: typer.Context,
    references: Refs,
    add: Annotated[list[str], typer.Option(metavar="TAG", help="may be repeated"), offers.TAG] = [],  # noqa: B006
    remove: Annotated[
        list[str], typer.Option(metavar="TAG", help="may be repeated"), offers.TAG_TO_REMOVE
    ] = [],  # noqa: B006
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Add tags to records and remove tags.

    \b
    Examples:
      crm tag xgcej9p8 --add urgent --remove rika
      crm list stage:quoted -o ids | crm tag - --add devis
      crm tag revenue:10000.. --add gros --yes
    """
    if not add and not remove:
        raise UsageError("no tag is given", hint="--add TAG, --remove TAG")
    if empty_or_both := [tag for tag in [*add, *remove] if not tag.strip() or (tag in add and tag in remove)]:
        raise UsageError(f"{empty_or_both[0]!r} can be put on or taken off, one tag at a time")
    given = [Assignment("tags", "-", ",".join(remove)), Assignment("tags", "+", ",".join(add))]
    return change_each(ctx.obj, references, assigning(given), yes=yes, keep_going=keep_going)


def note(
    ctx: typer.Context,
    references: Refs,
    message: Annotated[str, typer.Option("-m", "--message", metavar="TEXT", help="the note; - reads stdin")],
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Add a note to the history of records.

    \b
    Examples:
      crm note xgcej9p8 -m "Rappeler après 18 h"
      date | crm note xgcej9p8 -m -
      crm note stage:quoted -m "Tarifs 2027 envoyés" --yes
    """
    text = (streams.read_stdin() if message == "-" else message).strip()
    if not text:
        raise UsageError("the note is empty", hint="-m TEXT")

    def decide(session: Writing, facts: Facts) -> Change:
        return transitions.add_note(facts.opportunity, text, session.new_id(), session.moment)

    return change_each(ctx.obj, references, decide, yes=yes, keep_going=keep_going)


def delete(ctx: typer.Context, references: Refs, yes: Yes = False) -> int:
    """Delete records and their queued mails; asks first. crm undo restores them.

    \b
    Examples:
      crm delete teqcvdqh --yes
      crm delete is:lost touched:..-30d --dry-run
      crm list stage:new kind:lead -o ids | crm delete - --dry-run
    """
    call: CommandContext = ctx.obj
    picked = select_records(call, references, yes=True)
    if not (yes or call.dry_run):
        confirm(picked.paths)
    with call.writing() as session:
        deals = {path: session.opportunity(path) for path in recheck_selection(session, picked)}
        mails = [mail for deal in deals.values() for mail in waiting_for(session, deal)]
        for path in [*deals, *mails]:
            session.remove(path)
        word = "would delete" if call.dry_run else "deleted"
        said = [f"{word} {transitions.name_deal(deal)}" for deal in deals.values()]
        said += [f"  with {mail}" for mail in mails]
        shown = [documents.build_opportunity(session.facts(deal), call.at) for deal in deals.values()]
        report = printing.report_changes(call, said, shown, record_columns(call.config))
        call.commit(session)
    return report.told()


def confirm(paths: Sequence[str]) -> None:
    """Ask whether these records are really meant to go."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"this would delete {len(paths)} record{'s' if len(paths) > 1 else ''}",
            hint="--yes, or --dry-run to preview",
        )
    for path in paths:
        sys.stderr.write(f"{visible(path)}\n")
    typer.confirm("Delete?", err=True, abort=True)
