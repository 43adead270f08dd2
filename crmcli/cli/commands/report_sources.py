"""`crm report sources`, `report referrals`: where deals come from, and what comes of them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.commands.reward import rewards_of
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import source_columns, sponsor_columns
from crmcli.domain.records.documents import Document, plain_data
from crmcli.domain.rules import rewards
from crmcli.domain.values.list_entries import Named, unknown_entry
from crmcli.report import origin_figures
from crmcli.report.origin_figures import Origin


def sources(
    ctx: typer.Context,
    terms: QueryTerms = None,
    by: Annotated[
        str, typer.Option(metavar="WHAT", help="source, medium or campaign"), offers.ORIGIN
    ] = "source",
    explain: Explain = False,
) -> int:
    """Report deals by marketing origin: open, won, lost, win rate, revenue; leads separately.

    \b
    Examples:
      crm report sources
      crm report sources --by campaign created:-12mo..
      crm report sources --by medium -o csv
    """
    call: CommandContext = ctx.obj
    listed = lists_of(call)
    if by not in listed:
        raise unknown_entry("origin", by, list(listed))
    wanted = call.query(terms or []).whatever_came
    if explain:
        return print_explanation(call, wanted)
    reading = call.request.reading()
    rows = origin_figures.by_list(reading.index.tallied(by, wanted, call.request.viewing), listed[by])
    printing.warn_about(reading, wanted)
    documents = [{"schema": "crm.source/1", "by": by, **figures(each)} for each in rows]
    return printing.print_rows(call, documents, source_columns(call.request.config, by))


def lists_of(call: CommandContext) -> dict[str, Sequence[Named]]:
    """The lists of crm.yaml that origins are taken from."""
    lists = call.request.config.marketing
    return {"source": lists.sources, "medium": lists.mediums, "campaign": lists.campaigns}


def referrals(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Report for each sponsor the deals referred, open, won, lost, their revenue and the rewards.

    \b
    Examples:
      crm report referrals
      crm report referrals link:neighbour
      crm report referrals created:-12mo.. -o csv
    """
    call: CommandContext = ctx.obj
    wanted = call.query(terms or []).whatever_came
    if explain:
        return print_explanation(call, wanted)
    reading = call.request.reading()
    tallies = reading.index.tallied("referred_by", wanted, call.request.viewing)
    sponsors = [each.value for each in tallies if each.value]
    names = {id: person.name for id in sponsors if (person := reading.contact(id))}
    printing.warn_about(reading, wanted)
    earned = rewards_of(call, reading, wanted)
    documents: list[Document] = []
    for row in origin_figures.sort_by_person(tallies, names):
        own = [each for each in earned if each["to"] == row.id]
        documents.append({"schema": "crm.sponsor/1", **figures(row), **sums(own)})
    return printing.print_rows(call, documents, sponsor_columns(call.request.config))


def figures(row: Origin) -> Document:
    """What came of the deals of one origin."""
    tally = row.figures
    return {
        "id": row.id,
        "label": row.label,
        "leads": tally.leads,
        "deals": tally.open + tally.won + tally.lost,
        "open": tally.open,
        "won": tally.won,
        "lost": tally.lost,
        "win_rate": plain_data(row.win_rate),
        "expected_revenue": plain_data(tally.expected),
        "weighted_revenue": plain_data(tally.weighted),
        "won_revenue": plain_data(tally.revenue),
    }


def sums(earned: Sequence[Document]) -> Document:
    """What somebody is owed and was paid; what is not money by its name."""

    def total(state: str) -> float | int:
        return sum(each["amount"] or 0 for each in earned if each["state"] == state)

    kinds = [each["kind"] for each in earned if each["state"] == rewards.DUE and each["kind"]]
    return {"rewards_due": total(rewards.DUE), "rewards_paid": total(rewards.PAID), "kinds_due": kinds}
