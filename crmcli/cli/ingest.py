"""`crm ingest`: a message from standard input, filed; for mail filters, so it never loses one."""

import sys

import typer

from crmcli.cli import output
from crmcli.cli.invocation import Invocation
from crmcli.cli.output import Column
from crmcli.domain.documents import Document
from crmcli.domain.errors import CrmError, PartlyError, TryAgainError, UsageError
from crmcli.domain.moves import name
from crmcli.mail import ingest as filing
from crmcli.mail.ingest import Filed, Outcome
from crmcli.mail.received import NoMailError, understood

COLUMNS = (Column("outcome"), Column("id"), Column("kind"), Column("title", wraps=True), Column("reason"))
WORDS = {
    Outcome.NEW: "new",
    Outcome.REPLY: "reply on",
    Outcome.BOUNCE: "could not be delivered, noted on",
    Outcome.KNOWN: "nothing new",
    Outcome.ASIDE: "kept aside in quarantine/",
    Outcome.DROPPED: "dropped",
}


def ingest(ctx: typer.Context) -> int:
    """File a message from standard input: a new lead with its contact, or a reply on its record.

    Exit 0 whatever the message holds; 75 where it could not be stored, so that the mail server
    tries again.

    \b
    Examples:
      crm ingest < tests/mails/demande-poele.eml
      crm ingest --dry-run < tests/mails/html-outlook.eml
      cat tests/mails/base64.eml | crm ingest -o json
    """
    call: Invocation = ctx.obj
    if sys.stdin.isatty():
        raise UsageError("pipe a message into it", hint="crm ingest < message.eml")
    content = sys.stdin.buffer.read()
    if not content.strip():
        output.warn("nothing came in on standard input")
        return output.lines(call, [], [], COLUMNS)
    filed = filed_or_kept(call, content)
    lead = ["would be:"] if call.dry_run else []
    if filed.outcome is Outcome.ASIDE:
        output.warn(f"{WORDS[filed.outcome]}: {filed.reason}")
    return output.lines(
        call, [] if filed.outcome is Outcome.ASIDE else [*lead, line(filed)], [document(filed)], COLUMNS
    )


def filed_or_kept(call: Invocation, content: bytes) -> Filed:
    """What became of a message; one that cannot be filed is kept aside.

    Raises TryAgainError where it could not be stored at all.
    """
    try:
        return filed(call, content)
    except TryAgainError:
        raise
    except (
        PartlyError
    ) as error:  # a change, ours or another's, was interrupted: it is finished or taken back now
        output.warn(str(error))
    except (CrmError, NoMailError) as error:
        return kept(call, content, str(error))
    try:
        return filed(call, content)
    except CrmError as error:
        return kept(call, content, str(error))


def filed(call: Invocation, content: bytes) -> Filed:
    """File a message in one transaction."""
    mail = understood(content)
    with call.writing(by=filing.INGEST) as session:
        result = filing.file(session, mail, content)
        if result.outcome is Outcome.ASIDE and not session.puts:
            result = filing.set_aside(session, content, result.reason)
        if not call.dry_run:
            session.commit()
        return result


def kept(call: Invocation, content: bytes, reason: str) -> Filed:
    """Keep a message that cannot be filed, with the reason.

    Raises TryAgainError where even that fails.
    """
    try:
        with call.writing(by=filing.INGEST) as session:
            result = filing.set_aside(session, content, reason)
            if not call.dry_run:
                session.commit()
            return result
    except CrmError as error:
        raise TryAgainError(f"the message could not be stored: {error}") from error


def line(filed: Filed) -> str:
    """What became of a message, for people."""
    deal = filed.change.after if filed.change else None
    what = f" {deal.kind} {name(deal)}" if deal else ""
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
