"""`crm ingest --format form`: a web form on standard input, as a web server hands it to a program (CGI)."""

import os
import sys

from crmcli.cli.output import messages
from crmcli.domain.incoming.form_bodies import LARGEST, BodyError, decode_body
from crmcli.domain.incoming.form_texts import form_texts
from crmcli.domain.values.errors import TryAgainError, UsageError
from crmcli.operations.messages.ingest import store_aside
from crmcli.operations.messages.web_forms import (
    Visit,
    aside_reason,
    check_submission,
    describe_faults,
    file_submission,
    known_form,
)
from crmcli.operations.request import Request
from crmcli.operations.steps.filed import Filed, Outcome

MOST_BYTES = 64 * LARGEST  # of a body; one that is larger than a form is kept, too, within this


def file_form(request: Request, name: str) -> Filed:
    """File the form on standard input; with wrong fields it is kept in quarantine, and these are told.

    Method, content type, length and page are read from the variables of CGI (RFC 3875). A form that cannot
    be read is kept, too. Raises TryAgainError where nothing can be stored, UsageError for a request that
    sends no form.
    """
    form = known_form(request.config, name)
    method = os.environ.get("REQUEST_METHOD", "POST")
    if method != "POST":
        raise UsageError(f"a form is sent with POST, not {method[:20]}")
    body = read_body()
    try:
        pairs = decode_body(os.environ.get("CONTENT_TYPE", ""), body)
    except BodyError as error:
        filed = store_aside(request, body, f"a form that {error}")
        told = form_texts(request.config)["large" if len(body) > LARGEST else "unread"]
        messages.print_warning(f"kept aside: {filed.reason}")
        return filed._replace(faults=(told,))
    visit = Visit(page=os.environ.get("HTTP_REFERER", ""))
    submission = check_submission(request, form, pairs, visit)
    faults = describe_faults(submission, request.config)
    filed = file_submission(request, submission, visit, aside_reason(submission))
    for line in faults:
        messages.print_warning(line)
    if filed.outcome in (Outcome.ASIDE, Outcome.QUARANTINED):
        messages.print_warning(f"kept aside: {filed.reason}")
    is_waiting = filed.outcome is Outcome.TRY_AGAIN  # its bytes are safe in the spool
    return filed._replace(faults=faults, outcome=Outcome.WAITING if is_waiting else filed.outcome)


def read_body() -> bytes:
    """Return the body on standard input: as long as CONTENT_LENGTH says, or up to its end.

    Raises TryAgainError where it cannot be read, is much larger than a form, or ends too soon: the visitor
    has gone, or the connection was lost, and half a form would become a lead beside the whole one.
    """
    text = os.environ.get("CONTENT_LENGTH", "")
    declared = int(text[:12]) if text.isascii() and text.isdigit() else None
    try:
        body = sys.stdin.buffer.read(min(MOST_BYTES + 1, MOST_BYTES + 1 if declared is None else declared))
    except OSError as error:
        raise TryAgainError(f"cannot be read: {error.strerror}", where="standard input") from error
    if len(body) > MOST_BYTES:
        raise TryAgainError("is too large for a form", where="standard input")
    if declared is not None and len(body) < declared:
        raise TryAgainError(f"ends after {len(body)} of {declared} bytes", where="standard input")
    return body
