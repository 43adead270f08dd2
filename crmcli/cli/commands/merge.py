"""`crm merge`, `contact merge`: several records made into one, after a look at every field."""

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.columns import Column
from crmcli.cli.output.printing import Report
from crmcli.cli.selection import Refs, select_records
from crmcli.domain.explain.change_summary import Wording
from crmcli.domain.merging import merge_opportunities, merge_summary
from crmcli.domain.merging.merge_contacts import join_contacts
from crmcli.domain.merging.merge_records import MergeResult
from crmcli.domain.model.changes import Change
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.operations.change_records import recheck_selection
from crmcli.operations.contacts import find_changeable
from crmcli.operations.steps import replace_contact_ids
from crmcli.operations.steps.apply_change import apply_change
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

Yes = Annotated[bool, typer.Option("--yes", "-y", help="merge without asking")]
COLUMNS = (Column("id"), Column("kind"), Column("merged"), Column("fields", wraps=True))


def merge(ctx: typer.Context, references: Refs, yes: Yes = False) -> int:
    """Merge several leads and opportunities into one, after showing every field.

    Kept is an opportunity rather than a lead, then the one in the later stage, the more probable,
    the older. It takes missing values from the others; amounts are never summed. The ids of the
    others keep working. Closed records, two different answered questionnaires and due rewards are
    refused.

    \b
    Examples:
      crm merge kkvsm4kq enk3gr0s --dry-run
      crm merge kkvsm4kq enk3gr0s --yes
      crm undo
    """
    call: CommandContext = ctx.obj
    picked = select_records(call, references, yes=True)
    reading = call.request.reading()
    deals = [reading.opportunity(path) for path in picked.paths]
    ask(
        call,
        reading,
        merge_opportunities.join_opportunities(deals, call.request.config, call.request.reading_moment),
        yes,
    )
    with call.request.changing() as session:
        paths = recheck_selection(session, picked)
        made = put_deals(session, paths)
        report = said(call, session, made)
    return report.told()


def put_deals(session: Writing, paths: Sequence[str]) -> MergeResult[Opportunity]:
    """Put the record that stays, and take the others away."""
    found = {path: session.opportunity(path) for path in paths}
    for path, deal in found.items():
        if not deal.id:
            raise RefusedError("has no id yet", where=path, hint=f"crm check --fix {path}")
    order = merge_opportunities.order_by_master(list(found.values()), session.config)
    places = {deal.id: path for path, deal in found.items()}
    adopted = session.adopted(places[order[0].id])
    made = merge_opportunities.join_opportunities([adopted.after, *order[1:]], session.config, session.moment)
    apply_change(session, adopted.then(Change(before=adopted.after, after=made.record)))
    for deal in made.gone:
        session.remove(places[deal.id])
    return made


def merge_contacts(
    ctx: typer.Context,
    contacts: Annotated[
        list[str], typer.Argument(metavar="CONTACT CONTACT…", help="the first one is kept"), offers.CONTACT
    ],
    yes: Yes = False,
) -> int:
    """Merge several contacts into the first, after showing every field.

    It gets all e-mails, phones, addresses and tags, and takes other missing values from the others.
    Deals, rewards, people and fields that refer to the others are updated, and their ids keep
    working.

    \b
    Examples:
      crm contact create "P. Richard" --email p.richard@example.org --phone "02 97 25 11 11"
      crm contact merge f8dz9xw4 p.richard@example.org --dry-run
      crm contact merge f8dz9xw4 p.richard@example.org --yes
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    people = distinct(find_changeable(reading, each) for each in contacts)
    ask(call, reading, join_contacts(people, call.request.config, call.request.reading_moment), yes)
    with call.request.changing() as session:
        found = distinct(find_changeable(session, each.id or "") for each in people)
        made = join_contacts(found, call.request.config, session.moment)
        session.save_contact(made.record)
        gone = {each.id or "": made.record.id or "" for each in made.gone}
        changed = replace_contact_ids.everywhere(session, gone)
        for path in changed:
            if path in session.saved:
                session.refuse_circle(session.saved[path])
        for each in made.gone:
            session.remove(session.places[each.id or ""])
        report = said(call, session, made, [f"  {'updated':<22}{path}" for path in changed])
    return report.told()


def distinct(people: Iterable[Contact]) -> list[Contact]:
    """Each contact once."""
    return list({each.id: each for each in people}.values())


def ask(call: CommandContext, reading: Reading, made: MergeResult[Any], yes: bool) -> None:
    """Show what would become of every field, and ask whether that is meant.

    Raises UsageError where there is nobody to ask.
    """
    if yes or call.request.dry_run:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"this would merge {len(made.gone) + 1} records into {made.record.id}",
            hint="--yes, or --dry-run to preview",
        )
    for line in preview(call, reading, made):
        sys.stderr.write(f"{visible(line)}\n")
    typer.confirm("Merge?", err=True, abort=True)


def preview(call: CommandContext, reading: Reading, made: MergeResult[Any]) -> list[str]:
    """Every field with where it is from, and what is lost."""
    spelled = merge_summary.Naming(Wording(call.request.config), names(reading, made))
    lines = list(merge_summary.list_merge_lines(made, spelled))
    lost = [
        f"  comment of {each.id} is lost: {line}" for each in made.gone for line in remarks(reading, each)
    ]
    return lines + lost


def names(reading: Reading, made: MergeResult[Any]) -> dict[str, str]:
    """The names of the contacts that joined records name."""
    ids = {id for record in (made.record, *made.gone) for id in named_in(record) if id}
    return {id: person.name for id in ids if (person := reading.contact(id))}


def named_in(record: Opportunity | Contact) -> list[str | None]:
    """The contacts that a record names."""
    if isinstance(record, Contact):
        return [record.company]
    return [record.contact, record.referral.by if record.referral else None]


def remarks(reading: Reading, record: Opportunity | Contact) -> list[str]:
    """The comments in the file of a record that goes."""
    from crmcli.store.codec.comments import find_comments

    source = reading.sources.get(reading.places.get(record.id or "", ""))
    return find_comments(source.content.decode("utf-8")) if source and b"#" in source.content else []


def said(call: CommandContext, session: Writing, made: MergeResult[Any], also: Sequence[str] = ()) -> Report:
    """What was merged, as `-o` says."""
    lead = ["would merge:"] if call.request.dry_run else []
    lines = [*lead, *preview(call, session, made), *also]
    return printing.report_changes(call, lines, [merge_summary.build_merge_document(made)], COLUMNS)
