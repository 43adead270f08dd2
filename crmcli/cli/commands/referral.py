"""`crm referral list`, `referral tree`: list referred deals, and draw who referred whom."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from crmcli.cli.commands.contact import named
from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import print_found
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.output.value_format import money_style
from crmcli.domain.documents.referral_documents import ReferralDocument, TreeDocument
from crmcli.domain.documents.typed_document import Document, as_document
from crmcli.domain.localization.translations import translate, translate_plural
from crmcli.domain.model.status import Status
from crmcli.domain.values.visible_text import visible
from crmcli.operations.referrals import find_referrals, select_referred
from crmcli.report.referral_trees import group_by_sponsor, grow_trees, order_sponsors, sponsor_name
from crmcli.report.tree_lines import Branch, draw_trees


def list_referrals(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """List referred deals, open and closed, with who referred them.

    \b
    Examples:
      crm referral list
      crm referral list link:neighbour is:won
      crm referral list -o csv --fields sponsor_name,contact_name,expected_revenue
    """
    call: CommandContext = ctx.obj
    wanted = select_referred(call.request, call.query(terms or []))
    columns = columns_of(ReferralDocument, call.request.config)
    return print_found(call, wanted, find_referrals, columns, explain=explain)


def tree(
    ctx: typer.Context,
    who: Annotated[
        str,
        typer.Argument(metavar="[CONTACT]", help="only deals referred by this contact, directly or not"),
        offers.CONTACT,
    ] = "",
) -> int:
    """Draw who referred whom, with the outcome of each deal.

    \b
    Examples:
      crm referral tree
      crm referral tree "Bernard LEROY"
      crm referral tree -o json
    """
    call: CommandContext = ctx.obj
    rows = [as_document(each) for each in find_referrals(call.request)]
    by_sponsor = group_by_sponsor(rows)
    if who:
        person = named(call, call.request.reading(), who)
        roots = [person.id or ""] if person.id in by_sponsor else []
    else:
        roots = order_sponsors(by_sponsor)
    below = grow_trees(roots, by_sponsor)
    roots = list(below)
    if call.output.is_for_people:
        if not call.output.quiet:
            lines = draw_trees(
                Branch(root_text(call, by_sponsor, id), tuple(drawings(call, below[id]))) for id in roots
            )
            printing.print_text("\n".join(map(visible, lines)))
        return printing.build_report(call, [], ()).code if call.output.empty_fails and not roots else 0
    nested = [TreeDocument(id=id, name=sponsor_name(by_sponsor, id), brought=below[id]) for id in roots]
    return printing.print_rows(call, nested, columns_of(TreeDocument))


def root_text(call: CommandContext, by_sponsor: Mapping[str, Sequence[Document]], id: str) -> str:
    """Return the line of a sponsor at the top of a tree, with the number and revenue of direct referrals."""
    own = by_sponsor[id]
    won = [row for row in own if row["outcome"] == Status.WON]
    sums = translate_plural("{count} referred", "{count} referred", len(own))
    if won:
        revenue = money_style(call.request.config)(sum(row["expected_revenue"] or 0 for row in won))
        sums += f", {translate('{amount} won', amount=revenue)}"
    return f"{sponsor_name(by_sponsor, id)}  ({id})  {sums}"


def drawings(call: CommandContext, rows: Sequence[Document]) -> list[Branch]:
    """Return the deals as branches of a tree."""
    return [Branch(text_of(call, row), tuple(drawings(call, row["brought"]))) for row in rows]


def text_of(call: CommandContext, row: Document) -> str:
    """Return a deal as a line: contact, title, stage, revenue, link and id."""
    stands = translate("lost") if row["outcome"] == Status.LOST else row["stage_label"]
    amount = money_style(call.request.config)(row["expected_revenue"])
    parts = [
        row["contact_name"] or translate("nobody"),
        row["title"],
        stands,
        amount,
        row["link_label"] or "",
    ]
    return "  ".join(part for part in parts if part) + f"  ({row['id'] or '-'})"
