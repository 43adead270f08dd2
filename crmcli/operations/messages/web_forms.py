"""Web forms: what a visitor sends is kept at once, and filed as a message as soon as possible."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from crmcli.domain.incoming.form_submission import Submission, read_submission
from crmcli.domain.incoming.form_texts import field_label
from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.config import Config
from crmcli.domain.model.web_forms import WebForm
from crmcli.domain.values.errors import CrmError, TryAgainError, UsageError
from crmcli.domain.values.list_entries import known_entry
from crmcli.mail.incoming.form_message import submission_key, write_submission
from crmcli.operations.messages.ingest import file_together
from crmcli.operations.messages.parse_ahead import Incoming
from crmcli.operations.request import Request
from crmcli.operations.steps.filed import Filed, Outcome
from crmcli.store.form_spool import MOST_FILES, read_spooled, remove_spooled, spool_form, spool_name
from crmcli.store.unreadable import UnreadableError

MOST, MOST_BYTES = 100, 16 * 1024 * 1024  # of forms filed in one transaction
SIGNING, SECRET_BYTES = "form-signing-key", 32


class Visit(NamedTuple):
    """The pages of a visitor: which page they filled in, its link, and the link of the page before."""

    id: str = ""  # of the page as it was served; empty if that is not known
    page: str = ""
    referrer: str = ""


def known_form(config: Config, name: str) -> WebForm:
    """Return the form with this id; the only one for an empty name.

    Raises UsageError for an unknown one, or where several are declared and none is named.
    """
    if not config.forms:
        raise UsageError("crm.yaml declares no forms", hint="see docs/web-form.md")
    if name:
        return known_entry("form", name, config.forms)
    if len(config.forms) > 1:
        names = ", ".join(each.id for each in config.forms)
        raise UsageError("several forms are declared", hint=f"--form NAME, one of {names}")
    return config.forms[0]


def check_submission(
    request: Request,
    form: WebForm,
    pairs: Sequence[tuple[str, str]],
    visit: Visit,
    config: Config | None = None,
) -> Submission:
    """Return what a visitor sent, checked against the declaration of the form."""
    return read_submission(form, config or request.config, pairs, page=visit.page, referrer=visit.referrer)


def message_of(
    request: Request, submission: Submission, visit: Visit, reason: str, config: Config
) -> tuple[str, bytes]:
    """Return the key and the message of a submission; `reason` says why it is to be kept aside, if so."""
    key = submission_key(submission, config, visit.id or f"{request.at:%Y-%m-%d}")
    return key, write_submission(submission, config, request.at, key, reason)


def keep_submission(
    request: Request, submission: Submission, visit: Visit, reason: str = "", config: Config | None = None
) -> None:
    """Store a submission in the spool, which does not wait for the lock of the workspace.

    `config` is used instead of the workspace's, which may be unreadable just now. Raises TryAgainError where
    it cannot be stored.
    """
    key, content = message_of(request, submission, visit, reason, config or request.config)
    spool_form(request.workspace.root, key, content)


def file_submission(request: Request, submission: Submission, visit: Visit, reason: str = "") -> Filed:
    """Store a submission and file it, as a lead or in quarantine; it waits where that is not possible now.

    Raises TryAgainError where it cannot be stored; whoever sent it must send it again.
    """
    key, content = message_of(request, submission, visit, reason, request.config)
    if request.dry_run:
        return file_together(request, [Incoming.of(content)])[0]
    spool_form(request.workspace.root, key, content)
    filed = dict(file_waiting(request, first=spool_name(key), most=MOST))
    return filed.get(spool_name(key)) or Filed(Outcome.KNOWN, reason=sentence("already filed"))


def file_spooled(request: Request) -> list[Filed]:
    """File the forms that wait in the spool; each is removed only once it is filed, and filed only once.

    Nothing is raised where the workspace is locked or cannot be read: the forms wait. What is more than crm
    would let wait, as somebody else's copy of a workspace may bring it, is left to the next call.
    """
    return [filed for _, filed in file_waiting(request)]


def file_leftovers(request: Request) -> None:
    """File some of the forms that wait, besides what was asked for; nothing is told, and nothing fails."""
    if not request.dry_run:
        own = Request(str(request.workspace.root), now=request.given_now)
        with suppress(CrmError, OSError):
            for _ in file_waiting(own, most=MOST):
                pass


def file_waiting(request: Request, *, first: str = "", most: int = MOST_FILES) -> Iterator[tuple[str, Filed]]:
    """Yield the names of forms in the spool, and what became of each; one may be named to be the first."""
    root = request.workspace.root
    waiting = islice(read_spooled(root, first), most)
    for part in list_parts(waiting):
        try:
            outcomes = file_together(request, [Incoming.of(content) for _, content in part])
        except (TryAgainError, UnreadableError) as error:  # the next would only wait for the lock again
            yield from ((name, Filed(Outcome.TRY_AGAIN, reason=str(error))) for name, _ in part)
            return
        found = [(name, filed) for (name, _), filed in zip(part, outcomes, strict=True)]
        done = [name for name, filed in found if filed.outcome is not Outcome.TRY_AGAIN]
        if done and not request.dry_run:
            remove_spooled(root, done)
        yield from found


def list_parts(waiting: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Yield forms in parts, each for one transaction; no more than one is in memory."""
    part: list[tuple[str, bytes]] = []
    for each in waiting:
        part.append(each)
        if len(part) >= MOST or sum(len(content) for _, content in part) >= MOST_BYTES:
            yield part
            part = []
    if part:
        yield part


def page_secret(request: Request) -> bytes:
    """Return the secret with which served pages are signed, created where missing.

    It lies among the derived files, which are believed only in the workspace and by the user that made them:
    a workspace from somebody else cannot bring a secret that they know. Without a place for these files, the
    secret is that of this process.
    """
    derived = request.workspace.derived
    known = derived.read(SIGNING)
    if known is None or len(known) != SECRET_BYTES:
        known = os.urandom(SECRET_BYTES)
        derived.keep(SIGNING, known)
    return known


def describe_faults(submission: Submission, config: Config) -> tuple[str, ...]:
    """Return a line for each field that is wrong, for the visitor; a program that fills in all gets none."""
    fields = {field.name: field_label(field, config) for field in submission.form.fields}
    faults = {} if submission.trapped else submission.faults
    return tuple(f"{fields[name]} – {fault}" for name, fault in faults.items())


def aside_reason(submission: Submission) -> str:
    """Return why a submission is to be kept aside; empty for a complete one of a person."""
    if submission.trapped:
        return sentence(
            "a form in which the hidden field {field!r} was filled in", field=submission.form.honeypot
        )
    if submission.faults:
        return sentence("a form with wrong or missing fields: {fields}", fields=", ".join(submission.faults))
    return ""
