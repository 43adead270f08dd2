"""`crm report html`: the pipeline as a static site."""

from typing import Annotated

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, go_back
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.screen_language import speak_of_workspace
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.site.build_site import build_site
from crmcli.domain.documents.report_documents import SiteDocument
from crmcli.domain.localization.translations import translate, translate_plural
from crmcli.domain.values.errors import Exit
from crmcli.operations.reporting.publish_site import check_target, publish_site


def html(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="where the site is written")],
    terms: QueryTerms = None,
    anonymise: Annotated[
        bool, typer.Option("--anonymise", help="show no names, and no texts that somebody typed")
    ] = False,
    explain: Explain = False,
    as_of: AsOf = "",
) -> int:
    """Write the pipeline as a static site: board, reports, who referred whom, what is due, all deals.

    It has open, won and lost deals unless the query says which. It opens from the disk, without a network
    and without scripts. Written again, only changed pages change, and those of deals that do not match any
    more are removed.

    \b
    Examples:
      crm report html site
      crm report html site owner:marie created:-12mo..
      crm report html site --anonymise
    """
    call: CommandContext = ctx.obj
    go_back(call, as_of)
    wanted = call.query(terms or [])
    if explain:
        return print_explanation(call, wanted.whatever_came)
    target = check_target(folder, call.request.workspace.root / "pipeline_data")
    with speak_of_workspace(call.request):
        report = publish_site(
            target, build_site(call.request, wanted, is_anonymous=anonymise), is_anonymous=anonymise
        )
    if not call.output.is_for_people:
        document = SiteDocument(path=str(target / "index.html"), **report._asdict())
        return printing.print_rows(call, [document], columns_of(SiteDocument))
    if not call.output.quiet:
        pages = translate_plural("{count} page", "{count} pages", report.pages)
        changed = translate_plural("{count} written", "{count} written", report.written)
        removed = translate_plural("{count} removed", "{count} removed", report.removed)
        counted = f"{pages}, {changed}, {removed}"
        printing.print_text(translate("{label}: {text}", label=str(target / "index.html"), text=counted))
    return Exit.OK
