"""`crm context`: what one wants to know about a record in the minute before a call."""

import typer

from crmcli.cli.commands.show import Ref, named
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.pages.context_page import format_context_markdown, format_context_page
from crmcli.domain.documents.report_documents import ContextDocument
from crmcli.domain.values.errors import Exit
from crmcli.operations.reporting.context import brief, build_context_document


def context(ctx: typer.Context, reference: Ref) -> int:
    """Show what one wants to know before a call: phone, state, last contacts, questions, what comes.

    \b
    Examples:
      crm context xgcej9p8
      crm context longere
      crm context xgcej9p8 -o md
    """
    call: CommandContext = ctx.obj
    facts, moment = named(call, call.request.reading(), reference), call.request.reading_moment
    briefing = brief(facts, moment)
    if call.output.format == "md" and not call.output.columns:
        if not call.output.quiet:
            printing.print_text(format_context_markdown(briefing, moment))
        return Exit.OK
    return printing.print_page(
        call,
        build_context_document(briefing, moment),
        lambda: format_context_page(briefing, moment),
        columns_of(ContextDocument, call.request.config),
    )
