"""`crm report pipeline`: the number and revenue of records by stage."""

import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import AsOf, go_back
from crmcli.cli.output import printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.figure_documents import PipelineDocument
from crmcli.operations.reports import only_opportunities, report_pipeline


def pipeline(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False, as_of: AsOf = "") -> int:
    """Report count, expected and weighted revenue by stage; leads only with is:lead in the query.

    \b
    Examples:
      crm report pipeline
      crm report pipeline owner:paul
      crm report pipeline -o json
    """
    call: CommandContext = ctx.obj
    go_back(call, as_of)
    wanted = only_opportunities(call.query(terms or []))
    if explain:
        return print_explanation(call, wanted)
    rows = report_pipeline(call.request, wanted)
    named = ("pipeline",) if call.request.config.pipelines else ()
    columns = columns_of(PipelineDocument, call.request.config, usual=(*named, *PipelineDocument.usual))
    return printing.print_rows(call, rows if call.output.format == "table" else rows[:-1], columns)
