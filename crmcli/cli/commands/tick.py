"""`crm tick`: make the changes that are due; for cron, as often as every minute."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec
import typer

from crmcli.cli.commands.list import QueryTerms
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.explain_output import Explain, print_explanation
from crmcli.cli.output.table_columns import record_columns
from crmcli.cli.selection import report_records
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.explain import change_summary
from crmcli.domain.localization.translations import translate
from crmcli.domain.localization.zones import local_day
from crmcli.domain.values.errors import PartlyError
from crmcli.operations.change_records import ChangeReport
from crmcli.operations.steps.filed import Filed, Outcome
from crmcli.operations.tick import TickReport, include_closed
from crmcli.operations.tick import tick as run_tick

LONG = timedelta(hours=36)  # without a tick after which a warning is printed


def tick(ctx: typer.Context, terms: QueryTerms = None, explain: Explain = False) -> int:
    """Run delayed rules and handle stale deals, late and recurring activities, and stages edited in files.

    Safe to run at any time, on any number of machines; nothing is done twice.

    \b
    Examples:
      crm tick
      crm tick --dry-run
      crm tick stage:quoted --now 2027-01-15
    """
    call: CommandContext = ctx.obj
    wanted = include_closed(call.query(terms or []))
    if explain:
        return print_explanation(call, wanted)
    printer = TickPrinter(call)
    return printer.print(run_tick(call.request, wanted, check=printer.add))


class TickPrinter:
    """A printer that collects the changes of all batches and prints them at the end."""

    def __init__(self, call: CommandContext) -> None:
        self.call = call
        self.lines: list[str] = []
        self.documents: list[Document] = []

    def add(self, report: ChangeReport) -> None:
        """Collect the changes of a batch; raise, before they are stored, if they cannot be printed."""
        report_records(self.call, report)
        config = self.call.request.config
        wording = change_summary.Wording(config, report.reading.name_contact)
        for change in report.changes:
            self.lines += change_summary.summarize_change(change, config, wording)
        if not self.call.output.is_for_people:
            self.documents += report.documents(self.call.request)

    def add_forms(self, forms: Sequence[Filed]) -> None:
        """Collect what became of the web forms that waited to be filed."""
        if not forms:
            return
        from crmcli.cli.commands.ingest import describe_outcome, document

        for filed in forms:
            if filed.outcome is Outcome.TRY_AGAIN:
                messages.print_warning(f"a web form waits: {filed.reason}")
                continue
            self.lines.append(translate("web form: {outcome}", outcome=describe_outcome(filed)))
            if not self.call.output.is_for_people:
                self.documents.append(msgspec.to_builtins(document(filed, "web form")))

    def print(self, report: TickReport) -> int:
        """Print the changes, then the failures; return the exit code.

        Raises PartlyError where something could not be done.
        """
        self.add_forms(report.forms)
        for line in (*describe_gap(self.call, report), *describe_held(self.call, report)):
            messages.print_warning(line)
        lead = [translate("would change:")] if self.call.request.dry_run and report.changed else []
        columns = record_columns(self.call.request.config)
        code = printing.report_changes(self.call, [*lead, *self.lines], self.documents, columns).told()
        for failure in report.failed:
            messages.print_failure(failure)
        if report.failed:
            raise PartlyError(f"{report.changed} changed, {len(report.failed)} failed")
        return code


def describe_held(call: CommandContext, report: TickReport) -> Iterator[str]:
    """Yield a line for each rule that waits; with `--quiet`, as cron calls it, only once a day."""
    if report.held and not (call.output.quiet and is_same_day(report, call)):
        yield from map(str, report.held)


def is_same_day(report: TickReport, call: CommandContext) -> bool:
    """Tell whether the run before was on the same day."""
    previous = report.previous
    return previous is not None and local_day(previous, call.request.config) == call.request.today


def describe_gap(call: CommandContext, report: TickReport) -> Iterator[str]:
    """Yield a warning if tick had not run for a long time."""
    previous = report.previous
    if previous is not None and call.request.at - previous > LONG and not call.output.quiet:
        days = (call.request.at - previous).days
        yield f"the last tick was {days} days ago; caught up with {report.changed} records, each once"
