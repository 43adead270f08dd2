"""`crm ingest`: file a message from standard input, for mail filters; no message is lost."""

import sys

import typer

from crmcli.cli import streams
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Report
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import IngestDocument
from crmcli.domain.model.record_names import describe_unsure, name_deal
from crmcli.domain.values.errors import Exit, TryAgainError, UsageError
from crmcli.operations.messages.ingest import ingest as file_message
from crmcli.operations.steps.file_message import Filed, Outcome

WORDS = {
    Outcome.NEW: "new",
    Outcome.REPLY: "reply on",
    Outcome.BOUNCE: "could not be delivered, noted on",
    Outcome.NOTED: "noted on",
    Outcome.KNOWN: "unchanged",
    Outcome.ASIDE: "put into quarantine/",
    Outcome.DROPPED: "dropped",
}


def ingest(ctx: typer.Context) -> int:
    """File a message from standard input: a new lead with its contact, or a reply on its record.

    Exits 0 for any message that could be stored, else 75, so that the mail server retries.

    \b
    Examples:
      crm ingest < pipeline_data/examples/demande-poele.eml
      crm ingest --dry-run < pipeline_data/examples/formulaire-web.eml
      cat pipeline_data/examples/demande-poele.eml | crm ingest -o json
    """
    call: CommandContext = ctx.obj
    if sys.stdin.isatty():
        raise UsageError("expects a message on standard input", hint="crm ingest < message.eml")
    content = message()
    if not content.strip():
        messages.print_warning("standard input is empty")
        return Exit.OK
    report(call, Filed(Outcome.DROPPED))  # refuse a wrong --fields before filing
    filed = file_message(call.request, content)
    if filed.outcome is Outcome.ASIDE:
        messages.print_warning(f"{WORDS[filed.outcome]}: {filed.reason}")
    call.request.is_partly_done = (
        False  # a program that did not run was reported; the mail server need not retry
    )
    try:
        report(call, filed).told()
        sys.stdout.flush()
    except OSError:  # the message is stored, so the mail server must not retry
        streams.silence_output()
    return Exit.OK


def message() -> bytes:
    """Return the message on standard input.

    Raises TryAgainError where it cannot be read.
    """
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise TryAgainError(f"cannot be read: {error.strerror}", where="standard input") from error


def report(call: CommandContext, filed: Filed) -> Report:
    """Return the outcome of filing a message, in the output format."""
    lead = ["would do:"] if call.request.dry_run else []
    said = (
        []
        if filed.outcome is Outcome.ASIDE
        else [*lead, line(filed), *describe_doubts(filed), *describe_offers(filed)]
    )
    return printing.report_changes(call, said, [document(filed)], columns_of(IngestDocument))


def line(filed: Filed) -> str:
    """Return the outcome of filing a message as a line for people."""
    deal = filed.change.after if filed.change else None
    what = f" {deal.kind} {name_deal(deal)}" if deal else ""
    reason = f" ({filed.reason})" if filed.reason else ""
    return f"{WORDS[filed.outcome]}{what}{reason}"


def describe_doubts(filed: Filed) -> list[str]:
    """Return lines about an unsure contact, and about contacts who may be the same as a new one."""
    deal, contact = filed.change.after if filed.change else None, filed.contact
    if deal is None or contact is None:
        return []
    unsure = [describe_unsure(deal, contact.name)] if deal.contact_unsure else []
    return [f"  {each}" for each in (*unsure, *(each.describe(contact) for each in filed.similar))]


def describe_offers(filed: Filed) -> list[str]:
    """Return lines with the commands that add what a message says of its sender."""
    return [f"  the message says more of its sender: {command}" for command in filed.offers]


def document(filed: Filed) -> IngestDocument:
    """Return the outcome of filing a message as `crm.ingested/1`."""
    deal = filed.change.after if filed.change else None
    return IngestDocument(
        outcome=str(filed.outcome),
        id=deal.id if deal else None,
        kind=str(deal.kind) if deal else None,
        title=deal.title if deal else None,
        contact=deal.contact if deal else None,
        contact_unsure=deal.contact_unsure if deal else None,
        similar=[each.contact.id or "" for each in filed.similar],
        reason=filed.reason or None,
        offers=list(filed.offers),
    )
