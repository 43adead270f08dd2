"""`crm due`, `activity list`: what is to be done, on which deal, by whom and when."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

import typer

from crmcli.cli import output
from crmcli.cli.find import Explain, QueryTerms, explained
from crmcli.cli.invocation import Invocation
from crmcli.cli.views import activity_columns
from crmcli.domain.documents import Document
from crmcli.domain.errors import UsageError
from crmcli.domain.query import Query
from crmcli.store.reading import Reading

FARTHEST = 36525  # days, a century


def list_activities(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """List activities over all records: planned ones, or those that state: asks for.

    \b
    Examples:
      crm activity list
      crm activity list assignee:me type:call,visit due:..7d
      crm activity list state:done summary:~devis -o csv
    """
    call: Invocation = ctx.obj
    wanted = call.query(terms or [])
    wanted = wanted if wanted.names_state else wanted.only_planned
    if explain:
        return explained(wanted)
    return output.rows(call, list(documented(call, call.reading(), wanted)), activity_columns(call.config))


def due(
    ctx: typer.Context,
    terms: QueryTerms = None,
    days: Annotated[int, typer.Option(metavar="N", help="how many days ahead")] = 7,
    explain: Explain = False,
) -> int:
    """What is overdue, due today and in the next days; prints nothing where nothing is. For cron, too.

    \b
    Examples:
      crm due
      crm due assignee:me --days 0
      crm due is:overdue -o jsonl
    """
    call: Invocation = ctx.obj
    if not 0 <= days <= FARTHEST:
        raise UsageError(f"--days {days}: not before today, nor beyond {FARTHEST} days")
    wanted = call.query(terms or []).due_by(call.today + timedelta(days=days))
    if explain:
        return explained(wanted)
    return output.rows(call, list(documented(call, call.reading(), wanted)), activity_columns(call.config))


def documented(call: Invocation, reading: Reading, wanted: Query) -> Iterable[Document]:
    """The activities that a query means, over open, won and lost records, by deadline."""
    output.warn_about(reading, wanted)
    return reading.index.activities(wanted, call.viewing)
