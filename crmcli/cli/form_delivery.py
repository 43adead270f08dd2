"""`crm ingest --format form`: a web form on standard input, as a web server hands it to a program (CGI)."""

import os
import sys

from crmcli.cli.output import messages
from crmcli.domain.incoming.form_bodies import LARGEST, BodyError, decode_body
from crmcli.domain.values.errors import TryAgainError
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


def file_form(request: Request, name: str) -> Filed:
    """File the form on standard input; with wrong fields it is kept in quarantine, and these are named.

    Content type, length and page are read from CONTENT_TYPE, CONTENT_LENGTH and HTTP_REFERER. A form that
    cannot be read is kept, too. Raises TryAgainError where nothing can be stored.
    """
    form = known_form(request.config, name)
    body = read_body()
    try:
        pairs = decode_body(os.environ.get("CONTENT_TYPE", ""), body)
    except BodyError as error:
        filed = store_aside(request, body, f"a form that {error}")
        messages.print_warning(f"kept aside: {filed.reason}")
        return filed
    visit = Visit(page=os.environ.get("HTTP_REFERER", ""))
    submission = check_submission(request, form, pairs, visit)
    filed = file_submission(request, submission, visit, aside_reason(submission))
    for line in describe_faults(submission, request.config):
        messages.print_warning(line)
    if filed.outcome in (Outcome.ASIDE, Outcome.QUARANTINED):
        messages.print_warning(f"kept aside: {filed.reason}")
    elif filed.outcome is Outcome.TRY_AGAIN:
        messages.print_warning(f"stored, to be filed by crm tick: {filed.reason}")
    return filed


def read_body() -> bytes:
    """Return the body on standard input: as long as CONTENT_LENGTH says, or up to its end.

    Raises TryAgainError where it cannot be read, or is much larger than a form.
    """
    declared = os.environ.get("CONTENT_LENGTH", "")
    most = int(declared[:12]) if declared.isdigit() else 64 * LARGEST
    try:
        body = sys.stdin.buffer.read(min(most, 64 * LARGEST) + (0 if declared.isdigit() else 1))
    except OSError as error:
        raise TryAgainError(f"cannot be read: {error.strerror}", where="standard input") from error
    if len(body) > 64 * LARGEST or most > 64 * LARGEST:
        raise TryAgainError("is too large for a form", where="standard input")
    return body
