"""Filing incoming mail, each message in a transaction of its own; no message is lost."""

from crmcli.domain.values.errors import CrmError, PartlyError, TryAgainError
from crmcli.mail.incoming.parse import NoMailError, parse_bytes
from crmcli.operations.request import Request
from crmcli.operations.steps.file_message import Filed, Outcome, file_message, quarantine_message

INGEST = "ingest"  # the user recorded in the history


def ingest(request: Request, content: bytes) -> Filed:
    """File a message (RFC 5322): as a lead, on its record, or in quarantine where it cannot be filed.

    A mail server bounces a message whose delivery fails permanently, so no content of a message causes
    such a failure.

    Raises TryAgainError where the message could not be stored at all.
    """
    try:
        return file_in_transaction(request, content)
    except TryAgainError:
        raise
    except PartlyError as error:  # an interrupted change, now finished or rolled back
        request.advise(str(error))
    except Exception as error:
        return quarantine(request, content, describe_failure(error))
    try:
        return file_in_transaction(request, content)
    except Exception as error:
        return quarantine(request, content, describe_failure(error))


def describe_failure(error: Exception) -> str:
    """Return why a message could not be filed, in one line."""
    known = isinstance(error, CrmError | NoMailError)
    return str(error) if known else f"cannot be filed: {type(error).__name__}: {error}"


def file_in_transaction(request: Request, content: bytes) -> Filed:
    """File a message, or quarantine it if it must not be filed."""
    mail = parse_bytes(content)
    with request.changing(by=INGEST) as session:
        filed = file_message(session, mail, content, request.answer_reader)
        if filed.outcome is Outcome.ASIDE and not session.puts:
            filed = quarantine_message(session, content, filed.reason)
        return filed


def quarantine(request: Request, content: bytes, reason: str) -> Filed:
    """Store a message in quarantine, with the reason; no hook can refuse that.

    Raises TryAgainError where even that fails.
    """
    try:
        with request.storing(by=INGEST) as session:
            return quarantine_message(session, content, reason)
    except Exception as error:
        raise TryAgainError(f"the message could not be stored: {describe_failure(error)}") from error
