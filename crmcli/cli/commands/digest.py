"""`crm digest`: what happened since a day, for each owner and whole."""

import shlex
from typing import Annotated

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.value_format import day_style
from crmcli.cli.report_options import Total, print_report
from crmcli.domain.documents.report_documents import DigestDocument
from crmcli.domain.localization.translations import translate, translate_plural
from crmcli.operations.reporting.digest import make_digest
from crmcli.operations.request import accept


def digest(
    ctx: typer.Context,
    terms: QueryTerms = None,
    since: Annotated[
        str,
        typer.Option(metavar="DAY", help="7d, a day, or last (digest)"),
        offers.DIGEST_SINCE,
    ] = "7d",
    mail: Annotated[bool, typer.Option("--mail", help="put a mail to each user into the outbox")] = False,
    total: Total = None,
    explain: Explain = False,
) -> int:
    """Report what happened up to yesterday: created, moved, won, lost, stuck, paid; by owner and whole.

    \b
    Examples:
      crm digest
      crm digest --since 30d -o json
      crm digest --since last --mail --dry-run
    """
    call: CommandContext = ctx.obj
    wanted = call.query(terms or []).whatever_came
    if explain:
        return print_explanation(call, wanted)
    made = make_digest(call.request, wanted, since, mail=mail, check=accept, words=shlex.join(terms or []))
    day = day_style(call.request.config)
    if made.is_empty:
        messages.print_remark(translate("the last digest went up to {day}", day=day(made.until)))
    else:
        messages.print_remark(
            translate("from {first} to {last}", first=day(made.since), last=day(made.until))
        )
    if mail:
        count = len(made.letters)
        said = translate_plural("{count} mail queued", "{count} mails queued", count)
        if call.request.dry_run:
            said = translate_plural("{count} mail would be queued", "{count} mails would be queued", count)
        messages.print_remark(said)
    return print_report(call, DigestDocument, made.found.rows, made.found.totals, by="owner", total=total)
