"""`crm reward list`, `reward grant`, `reward pay`: list, grant and pay the rewards of sponsors."""

from functools import partial
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import print_found
from crmcli.cli.output.explain_output import Explain
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.selection import KeepGoing, Refs, Yes, change_each, change_selected
from crmcli.domain.documents.referral_documents import RewardDocument
from crmcli.domain.explain.changed_parts import PartKind
from crmcli.domain.values.errors import CrmError, NotFoundError
from crmcli.operations import referrals
from crmcli.operations.referrals import Grant
from crmcli.store.reader import Reading


def list_rewards(
    ctx: typer.Context,
    terms: QueryTerms = None,
    state: Annotated[
        str,
        typer.Option(metavar="STATE", help="due, paid, void; separate several by commas"),
        offers.REWARD_STATE,
    ] = "",
    explain: Explain = False,
) -> int:
    """List the rewards of matching deals, due ones first.

    \b
    Examples:
      crm reward list
      crm reward list --state due -o ids
      crm reward list closed:-12mo.. -o csv --fields to_name,amount,state,at
    """
    call: CommandContext = ctx.obj
    states = [each.strip() for each in state.split(",") if each.strip()]
    wanted = call.query(terms or []).whatever_came
    find = partial(referrals.find_rewards, states=states)
    return print_found(call, wanted, find, columns_of(RewardDocument, call.request.config), explain=explain)


def grant(
    ctx: typer.Context,
    references: Refs,
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help="what is paid")] = "",
    kind: Annotated[str, typer.Option(metavar="TEXT", help="or what is given")] = "",
    to: Annotated[
        str, typer.Option(metavar="CONTACT", help="who gets it; the sponsor otherwise"), offers.CONTACT
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="also for a deal that is not won, or a second time")
    ] = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Grant a reward for a won deal: by hand, or what the rules give the sponsor.

    \b
    Examples:
      crm reward grant jb9cp4xc --amount 50 --to "Jeanne MARTIN"
      crm reward grant jb9cp4xc --kind "Un ramonage offert" --to "Jeanne MARTIN" --dry-run
      crm reward list --state due
    """
    operation = partial(
        referrals.grant_reward, grant=Grant(amount=amount, kind=kind.strip(), to=to), force=force
    )
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going, makes=PartKind.REWARDS)


def pay(
    ctx: typer.Context,
    things: Annotated[
        list[str],
        typer.Argument(metavar="REWARD…", help="reward ids, records with one reward due, or - for stdin"),
    ],
    keep_going: KeepGoing = False,
) -> int:
    """Mark due rewards paid.

    \b
    Examples:
      crm reward pay t22qk2k4 --dry-run
      crm reward pay t22qk2k4
      crm reward list --state due -o ids | crm reward pay -
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    pairs: dict[str, list[str]] = {}
    failed: list[CrmError] = []
    for thing in streams.read_ids() if things == ["-"] else things:
        try:
            path, id = due_one(call, reading, thing)
            pairs.setdefault(path, []).append(id)
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    operation = partial(referrals.pay_rewards, failed=failed)
    return change_selected(call, pairs, operation, keep_going=keep_going, makes=PartKind.REWARDS)


def due_one(call: CommandContext, reading: Reading, thing: str) -> tuple[str, str]:
    """Return the record's path and the reward's id for a reward, or for a record with only one reward due.

    Raises NotFoundError for an unknown id, RefusedError where none or several are due.
    """
    holder = referrals.find_holder(reading, thing)
    if holder is not None:
        return holder, thing
    try:
        path = call.record_to_change(reading, thing)
    except NotFoundError:
        raise NotFoundError(f"no reward or record {thing!r}", hint="crm reward list") from None
    return path, referrals.find_only_due(reading, path)
