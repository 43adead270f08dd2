"""`crm move`, `win`, `lose`, `reopen`, `next`: move records between stages, close and reopen them."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.questions import ask_yes_no
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.selection import Force, KeepGoing, Refs, Yes, change_each, change_selected, select_records
from crmcli.domain.documents.review_documents import NextDocument
from crmcli.domain.explain import change_summary
from crmcli.domain.localization.translations import screen_language, translate
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import name_lost_reason
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Percent
from crmcli.domain.model.status import Status, chance_of, stages_climbed, status_of
from crmcli.domain.records import transitions
from crmcli.domain.records.documents import plain_data
from crmcli.domain.rules import unsent_mails
from crmcli.domain.values.visible_text import visible
from crmcli.operations import opportunities

To = Annotated[str, typer.Option(metavar="STAGE", help="the stage"), offers.STAGE_TO_ENTER]

KeepMails = Annotated[bool, typer.Option("--keep-mails", help="leave unsent mails in the outbox")]
Message = Annotated[str, typer.Option("-m", "--message", metavar="TEXT", help="add a note")]


def move(
    ctx: typer.Context,
    references: Refs,
    to: To,
    probability: Annotated[str, typer.Option(metavar="P", help="0 to 100, instead of the stage's")] = "",
    force: Force = False,
    keep_mails: KeepMails = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Move records to another stage: set its probability and run its rules, once per visit.

    \b
    Examples:
      crm move xgcej9p8 --to negotiation --dry-run
      crm move xgcej9p8 --to negotiation --probability 80
      crm move stage:visit --to quoted --yes
    """

    operation = partial(
        opportunities.move, to=to, probability=probability, force=force, keep_mails=keep_mails
    )
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going)


def win(
    ctx: typer.Context,
    references: Refs,
    message: Message = "",
    qualify: Annotated[bool, typer.Option("--qualify", help="turn leads into opportunities first")] = False,
    force: Force = False,
    keep_mails: KeepMails = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Mark records won: move them to the next won stage and cancel planned activities.

    Mails that rules of earlier stages queued and that were not sent are withdrawn.

    \b
    Examples:
      crm win xgcej9p8 --dry-run
      crm win xgcej9p8 -m "Acompte reçu"
      crm list @gros stage:negotiation -o ids | crm win -
    """

    operation = partial(opportunities.win, note=message, qualify=qualify, force=force, keep_mails=keep_mails)
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going)


def lose(
    ctx: typer.Context,
    references: Refs,
    reason: Annotated[
        str, typer.Option(metavar="REASON", help="one of crm.yaml's lost_reasons"), offers.LOST_REASON
    ] = "",
    message: Message = "",
    keep_mails: KeepMails = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Mark records lost: they keep their stage; planned activities are cancelled.

    Mails that rules queued and that were not sent are withdrawn.

    \b
    Examples:
      crm lose xgcej9p8 --reason postponed --dry-run
      crm lose xgcej9p8 --reason price -m "1 200 € de trop"
      crm lose stage:contacted touched:..-4d --reason no-answer --yes
    """

    operation = partial(opportunities.lose, reason=reason, note=message, keep_mails=keep_mails)
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going)


def reopen(
    ctx: typer.Context,
    references: Refs,
    to: Annotated[str, typer.Option(metavar="STAGE", help="the stage"), offers.OPEN_STAGE] = "",
    revive: Annotated[
        bool | None,
        typer.Option("--revive/--no-revive", help="plan cancelled activities again (asked at a terminal)"),
    ] = None,
    mails: Annotated[
        bool | None,
        typer.Option("--mails/--no-mails", help="queue withdrawn mails again (asked at a terminal)"),
    ] = None,
    force: Force = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Reopen closed records in their former stage, with their former probability.

    \b
    Examples:
      crm reopen dmspama0
      crm reopen bbssmqtf --to contacted --revive
      crm reopen is:lost --yes
    """

    call: CommandContext = ctx.obj
    records = select_records(call, references, yes=yes, keep_going=keep_going)
    revive = (
        ask_for(call, records.paths, list_cancelled, translate("Plan these again?"))
        if revive is None
        else revive
    )
    mails = (
        ask_for(call, records.paths, list_withdrawn, translate("Queue these mails again?"))
        if mails is None
        else mails
    )
    operation = partial(opportunities.reopen, to=to, revive=revive, mails=mails, force=force)
    return change_selected(call, records, operation, keep_going=keep_going)


def ask_for(
    call: CommandContext, paths: Sequence[str], listing: Callable[[Facts], list[str]], question: str
) -> bool:
    """Ask at a terminal whether to bring back what closing these records cancelled or withdrew."""
    if call.request.dry_run or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    reading = call.request.reading()
    found = [line for path in paths for line in listing(reading.facts(reading.opportunity(path)))]
    for line in found:
        sys.stderr.write(f"  {visible(line)}\n")
    return bool(found) and ask_yes_no(question, default=True)


def list_cancelled(facts: Facts) -> list[str]:
    """Return a line for each activity that the closing of a record cancelled."""
    cancelled = transitions.cancelled_by_closing(facts.opportunity)
    return [f"{each.due or translate('no date')}  {each.summary or each.type}" for each in cancelled]


def list_withdrawn(facts: Facts) -> list[str]:
    """Return a line for each mail that the closing of a record withdrew."""
    return [unsent_mails.name_mail(each) for each in unsent_mails.list_withdrawn(facts)]


def next_stages(
    ctx: typer.Context, reference: Annotated[str, typer.Argument(metavar="REF"), offers.RECORD]
) -> int:
    """Show each stage that a record can move to, with what the move would do or what prevents it.

    \b
    Examples:
      crm next xgcej9p8
      crm next xgcej9p8 -o json
      crm next kkvsm4kq --fields stage,probability -o tsv
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    facts = reading.facts(reading.opportunity(call.record(reading, reference)))
    wording = (
        change_summary.Wording(call.request.config, reading.name_contact, hides_ids=True)
        if call.output.is_for_people
        else change_summary.AS_IN_FILES
    )
    rows = [
        NextDocument(
            id=facts.opportunity.id or "",
            stage=stage.id,
            label=stage.title,
            probability=plain_data(chance_in(facts, stage.id)),
            allowed=not obstacles,
            does=[
                translate("refused: {obstacle}", obstacle=screen_language().say(each)) for each in obstacles
            ]
            or would_do(facts, stage.id, call.request.reading_moment, wording),
        )
        for stage, obstacles in transitions.next_stages(facts)
    ]
    return printing.print_rows(call, closed(facts) or rows, columns_of(NextDocument))


def chance_in(facts: Facts, stage: str) -> Percent:
    """Return the probability that a deal has once it is moved to a stage, before rules of the stage."""
    return chance_of(None, None, [stage, *stages_climbed(facts.opportunity)], facts.config)[0]


def closed(facts: Facts) -> list[NextDocument]:
    """Return the row of a lost deal, which says how to reopen it; none for other deals."""
    deal = facts.opportunity
    if status_of(deal, facts.config) is not Status.LOST:
        return []
    does = [
        translate(
            "lost ({reason}); {command}",
            reason=name_lost_reason(facts.config, deal.lost),
            command=f"crm reopen {deal.id}",
        )
    ]
    return [
        NextDocument(
            id=deal.id or "", stage=deal.stage or facts.config.stages[0].id, allowed=False, does=does
        )
    ]


def would_do(facts: Facts, to: str, moment: Moment, wording: change_summary.Wording) -> list[str]:
    """Return lines about what else moving a deal to a stage would do."""
    change = transitions.move_deal(facts, to, moment)
    return [line.strip() for line in change_summary.summarize_change(change, facts.config, wording)[2:]]
