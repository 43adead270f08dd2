"""`crm reward list`, `reward pay`: what sponsors get for the deals they brought."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import reward_columns
from crmcli.cli.selection import (
    KeepGoing,
    change_selected,
    from_stdin,
)
from crmcli.domain.records.documents import Document
from crmcli.domain.rules import rewards
from crmcli.domain.values.errors import CrmError, NotFoundError, RefusedError
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.operations import opportunities
from crmcli.query.query_model import Query
from crmcli.store.reader import Reading

STATES = (rewards.DUE, rewards.PAID, rewards.VOID)


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
    wanted = call.query(terms or []).whatever_came
    asked = [each.strip() for each in state.split(",") if each.strip()]
    for each in asked:
        if each not in STATES:
            raise unknown_entry("state of a reward", each, list(STATES))
    if explain:
        return print_explanation(call, wanted)
    reading = call.request.reading()
    printing.warn_about(reading, wanted)
    found = [each for each in rewards_of(call, reading, wanted) if not asked or each["state"] in asked]
    return printing.print_rows(call, found, reward_columns(call.request.config))


def rewards_of(call: CommandContext, reading: Reading, wanted: Query) -> list[Document]:
    """`crm.reward/1` of the deals that a query means, those due first, then by day."""
    having = wanted._replace(terms=(*wanted.terms, *call.query(["reward:any"]).terms))
    found = [
        {
            "schema": "crm.reward/1",
            "id": each.get("id"),
            "state": each.get("state"),
            "amount": each.get("amount"),
            "kind": each.get("kind"),
            "to": each.get("to"),
            "to_name": person.name if (person := reading.contact(each.get("to"))) else None,
            "link": each.get("link"),
            "at": each.get("at"),
            "opportunity": deal["id"],
            "title": deal["title"],
            "rule": each.get("rule"),
        }
        for deal in reading.index.opportunities(having, call.request.viewing)
        for each in deal["rewards"]
    ]
    places = {state: place for place, state in enumerate(STATES)}
    return sorted(found, key=lambda each: (places.get(each["state"], len(places)), each["at"] or ""))


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
    for thing in from_stdin() if things == ["-"] else things:
        try:
            path, id = due_one(call, reading, thing)
            pairs.setdefault(path, []).append(id)
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    operation = partial(opportunities.pay_rewards, failed=failed)
    return change_selected(call, pairs, operation, keep_going=keep_going)


def due_one(call: CommandContext, reading: Reading, thing: str) -> tuple[str, str]:
    """The record's path and the reward's id that a word means: a reward, or a record with exactly one due.

    Raises NotFoundError where it means nothing, RefusedError where nothing or several are due.
    """
    holders = holding(reading, thing)
    if holders:
        return holders[0], thing
    try:
        path = call.record_to_change(reading, thing)
    except NotFoundError:
        raise NotFoundError(f"no reward or record {thing!r}", hint="crm reward list") from None
    deal = reading.opportunity(path)
    due = [each.id for each in deal.rewards if each.state == rewards.DUE and each.id]
    if len(due) != 1:
        raise RefusedError(
            f"{thing} has {len(due) or 'no'} reward{'s' if len(due) > 1 else ''} due",
            hint=f"crm reward list id:{deal.id}",
        )
    return path, due[0]


def holding(reading: Reading, id: str) -> Sequence[str]:
    """The records that hold a reward with this id."""
    paths = reading.index.referring_to(id)
    deals = ((path, reading.opportunity(path)) for path in paths if "/opportunities/" in path)
    return [path for path, deal in deals if id in [each.id for each in deal.rewards]]
