"""`crm ingest`: a message from standard input, filed; for mail filters, so it never loses one."""

import sys

import typer

from crmcli.cli import streams
from crmcli.cli.commands.answer_reader import reader
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.columns import Column
from crmcli.cli.output.printing import Report
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import CrmError, Exit, PartlyError, TryAgainError, UsageError
from crmcli.mail.parse import NoMailError, parse_bytes
from crmcli.operations.steps import file_message as filing
from crmcli.operations.steps.file_message import Filed, Outcome

COLUMNS = (Column("outcome"), Column("id"), Column("kind"), Column("title", wraps=True), Column("reason"))
WORDS = {
    Outcome.NEW: "new",
    Outcome.REPLY: "reply on",
    Outcome.BOUNCE: "could not be delivered, noted on",
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
        raise UsageError("pipe a message into it", hint="crm ingest < message.eml")
    content = message()
    if not content.strip():
        messages.print_warning("nothing came in on standard input")
        return Exit.OK
    report(call, Filed(Outcome.DROPPED))  # a wrong --fields is told before anything is filed
    filed = filed_or_kept(call, content)
    if filed.outcome is Outcome.ASIDE:
        messages.print_warning(f"{WORDS[filed.outcome]}: {filed.reason}")
    call.request.is_partly_done = (
        False  # a program that did not run is told, and is not a reason to send it again
    )
    try:
        report(call, filed).told()
        sys.stdout.flush()
    except OSError:  # the message is stored: whoever handed it over must not do so again
        streams.silence_output()
    return Exit.OK


def message() -> bytes:
    """The message on standard input.

    Raises TryAgainError where it cannot be read.
    """
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise TryAgainError(f"cannot be read: {error.strerror}", where="standard input") from error


def report(call: CommandContext, filed: Filed) -> Report:
    """What became of a message, as `-o` says."""
    lead = ["would do:"] if call.request.dry_run else []
    said = [] if filed.outcome is Outcome.ASIDE else [*lead, line(filed)]
    return printing.report_changes(call, said, [document(filed)], COLUMNS)


def filed_or_kept(call: CommandContext, content: bytes) -> Filed:
    """What became of a message; one that cannot be filed is kept aside.

    A mail server returns a message to its sender where a delivery ends in any way but these two,
    so nothing that one message brings about may end this command otherwise.

    Raises TryAgainError where it could not be stored at all.
    """
    try:
        return filed(call, content)
    except TryAgainError:
        raise
    except PartlyError as error:  # an interrupted change, ours or another's: finished or taken back now
        messages.print_warning(str(error))
    except Exception as error:
        return kept(call, content, reason_of(error))
    try:
        return filed(call, content)
    except Exception as error:
        return kept(call, content, reason_of(error))


def reason_of(error: Exception) -> str:
    """Why a message could not be filed, in one line."""
    known = isinstance(error, CrmError | NoMailError)
    return str(error) if known else f"cannot be filed: {type(error).__name__}: {error}"


def filed(call: CommandContext, content: bytes) -> Filed:
    """File a message in one transaction."""
    mail = parse_bytes(content)
    with call.request.changing(by=filing.INGEST) as session:
        result = filing.file(session, mail, content, reader(call))
        if result.outcome is Outcome.ASIDE and not session.puts:
            result = filing.set_aside(session, content, result.reason)
        return result


def kept(call: CommandContext, content: bytes, reason: str) -> Filed:
    """Keep a message that cannot be filed, with the reason.

    Raises TryAgainError where even that fails.
    """
    try:
        with call.request.storing(by=filing.INGEST) as session:  # no hook has a say in it
            return filing.set_aside(session, content, reason)
    except Exception as error:
        raise TryAgainError(f"the message could not be stored: {reason_of(error)}") from error


def line(filed: Filed) -> str:
    """What became of a message, for people."""
    deal = filed.change.after if filed.change else None
    what = f" {deal.kind} {name_deal(deal)}" if deal else ""
    reason = f" ({filed.reason})" if filed.reason else ""
    return f"{WORDS[filed.outcome]}{what}{reason}"


def document(filed: Filed) -> Document:
    """`crm.ingested/1`: what became of a message."""
    deal = filed.change.after if filed.change else None
    return {
        "schema": "crm.ingested/1",
        "outcome": str(filed.outcome),
        "id": deal.id if deal else None,
        "kind": str(deal.kind) if deal else None,
        "title": deal.title if deal else None,
        "contact": deal.contact if deal else None,
        "reason": filed.reason or None,
    }
