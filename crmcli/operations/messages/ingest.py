"""Filing incoming mail: single messages and whole mailboxes, several in a transaction; nothing is lost."""

from collections.abc import Callable, Iterable, Sequence

from crmcli.domain.values.errors import PartlyError, TryAgainError
from crmcli.mail.incoming.mailboxes import Found
from crmcli.operations.messages.known_mail import remember_filed
from crmcli.operations.messages.parse_ahead import Incoming, describe_failure, parse_batches
from crmcli.operations.request import Request
from crmcli.operations.steps.file_message import Filed, Outcome, file_message, quarantine_message
from crmcli.store.local_state.filed_mail import FiledMail
from crmcli.store.unreadable import UnreadableError
from crmcli.store.writer import Writing

INGEST = "ingest"  # the user recorded in the history


def ingest(request: Request, content: bytes) -> Filed:
    """File a message (RFC 5322): as a lead, on its record, or in quarantine where it cannot be filed.

    A mail server bounces a message whose delivery fails permanently, so no content of a message causes
    such a failure. Raises TryAgainError where the workspace cannot be read, or the message not be stored.
    """
    [filed] = file_together(request, [Incoming.of(content)])
    if filed.outcome is Outcome.TRY_AGAIN:
        raise TryAgainError(filed.reason)
    return filed


def ingest_all(
    request: Request, messages: Iterable[Found], tell: Callable[[Sequence[tuple[Filed, Incoming]]], object]
) -> None:
    """File many messages, some hundred in a transaction; `tell` gets the outcomes of each transaction.

    A message that must be tried again stops none of the others. Raises TryAgainError where nothing can be
    stored any more.
    """
    memory = FiledMail(request.workspace.derived)
    with request.one_commit():
        for batch in parse_batches(messages):
            filed = list(zip(file_together(request, batch), batch, strict=True))
            if not request.dry_run:
                remember_filed(memory, filed)
            tell(filed)


def file_together(request: Request, messages: Sequence[Incoming]) -> list[Filed]:
    """File messages in one transaction, or each in one of its own if that fails.

    Raises TryAgainError where the workspace cannot be read or written.
    """
    try:
        return file_in_transaction(request, messages)
    except PartlyError as error:  # an interrupted change, now finished or rolled back
        request.advise(str(error))
        return file_in_transaction(request, messages)
    except (TryAgainError, UnreadableError):
        raise
    except Exception as error:  # the commit was refused, by a hook or the file system
        if len(messages) == 1:
            return [store_aside(request, messages[0].content, describe_failure(error))]
    return [filed for each in messages for filed in file_together(request, [each])]


def file_in_transaction(request: Request, messages: Sequence[Incoming]) -> list[Filed]:
    """File messages in one transaction; what one of them causes does not concern the others."""
    with request.changing(by=INGEST) as session:
        session.require_config()  # what cannot be read as a message waits, too, while crm.yaml is broken
        return [file_or_keep(session, each, request) for each in messages]


def file_or_keep(session: Writing, message: Incoming, request: Request) -> Filed:
    """File a message in the session; put it into quarantine where it cannot be filed.

    One whose record cannot be read stays out, to be tried again.
    """
    if message.mail is None:
        return quarantine_message(session, message.content, message.fault, Outcome.QUARANTINED)
    try:
        with session.attempt():
            return file_message(session, message.mail, message.content, request.answer_reader)
    except UnreadableError as error:
        return Filed(Outcome.TRY_AGAIN, reason=str(error))
    except TryAgainError:
        raise
    except Exception as error:  # of any type: its bytes are kept, whatever they are
        return quarantine_message(session, message.content, describe_failure(error), Outcome.QUARANTINED)


def store_aside(request: Request, content: bytes, reason: str) -> Filed:
    """Store a message in quarantine, with the reason; no hook can refuse that.

    Raises TryAgainError where even that fails.
    """
    if request.dry_run:
        return Filed(Outcome.QUARANTINED, reason=reason)
    try:
        with request.storing(by=INGEST) as session:
            return quarantine_message(session, content, reason, Outcome.QUARANTINED)
    except Exception as error:
        raise TryAgainError(f"the message could not be stored: {describe_failure(error)}") from error
