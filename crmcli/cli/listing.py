"""The common body of commands that print the results of a query."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.columns import Column
from crmcli.cli.output.explain_output import print_explanation
from crmcli.cli.output.printing import AnyDocument
from crmcli.cli.output.value_format import clock_style
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import translate
from crmcli.operations.request import Request
from crmcli.query.query_model import Query
from crmcli.store.form_spool import describe_spool
from crmcli.store.quarantine import describe_quarantine

Pick = Annotated[bool, typer.Option("--pick", help="choose rows, with fzf if it is there; print their ids")]
AsOf = Annotated[
    str, typer.Option("--as-of", metavar="WHEN", help="as it was at the end of a day, or in a git revision")
]
Find = Callable[[Request, Query], Iterable[AnyDocument]]  # an operation of `reports` or `referrals`


def go_back(call: CommandContext, when: str) -> None:
    """Have a command read the workspace as it was at a time, if one is given; tell people the commit."""
    if not when:
        return
    from crmcli.operations.history.past_records import open_past  # with git, which few commands need

    past = open_past(call.request, when)
    call.request = past
    messages.print_remark(
        translate("as of {day}, {commit}", day=clock_style(past.config)(past.at), commit=past.past.name)
    )


def warn_of_quarantine(call: CommandContext) -> None:
    """Tell people how many messages wait in quarantine, and how many web forms wait to be filed."""
    root = call.request.workspace.root
    for told in (describe_quarantine(root), *describe_spool(root)) if call.output.is_for_people else ():
        if told:
            sys.stdout.flush()  # the warning stands below what was found
            messages.print_warning(told)


def list_rows(
    call: CommandContext, rows: Sequence[Document], columns: Sequence[Column], view: str, *, pick: bool
) -> int:
    """Print the rows of a list whose columns a view may change, or let the user choose some of them."""
    if not pick:
        return printing.print_rows(call, rows, columns, view)
    from crmcli.cli.row_picker import pick_rows  # with what lays out tables, which is slow to import

    return pick_rows(call, rows, columns, view)


def print_found(
    call: CommandContext, query: Query, find: Find, columns: Sequence[Column], *, explain: bool
) -> int:
    """Print what an operation finds for a query, or only explain the query; return the exit code."""
    if explain:
        return print_explanation(call, query)
    return printing.print_rows(call, find(call.request, query), columns)
