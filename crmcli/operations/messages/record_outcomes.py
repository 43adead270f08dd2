"""What became of the mails that were to be sent: in their folders, on their records, and beside them.

These are facts, so no hook of the workspace is asked; `post-change` gets each.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.model.record_types import Instant
from crmcli.domain.values.errors import CrmError
from crmcli.mail.outgoing import outbox_reader
from crmcli.mail.outgoing.attempts import add_attempt, read_note, shorten_reason, write_note
from crmcli.mail.outgoing.outbox import note_path
from crmcli.mail.outgoing.outbox_reader import Waiting
from crmcli.mail.outgoing.transport import Handover, Result
from crmcli.operations.request import Request
from crmcli.operations.steps.move_outgoing import (
    find_holder,
    mark_holder,
    move_outgoing,
    path_in,
    tell_owner,
)
from crmcli.store.writer import Writing

SEND = "send"  # the user recorded with these changes
STATES = {
    Handover.SENT: MailState.SENT,
    Handover.KEPT: MailState.QUEUED,
    Handover.FAILED: MailState.FAILED,
    Handover.UNCERTAIN: MailState.UNCERTAIN,
}


class Claim(NamedTuple):
    """A mail that this process sends: as it waited, as it is sent, and the lock on its file."""

    mail: Waiting
    waiting: bytes
    content: bytes
    descriptor: int


def current_instant(request: Request) -> Instant:
    """Return the time now, for a request that may take long; as given by `--now` where it is."""
    return request.at if request.given_now else datetime.now(UTC).replace(microsecond=0)


def record_or_report(request: Request, claim: Claim, result: Result) -> Waiting:
    """Record the outcome of a mail; where that fails, say so: the mail then shows as uncertain."""
    try:
        return record_outcome(request, claim, result)
    except CrmError as error:
        known = f"the mail server's answer was {result.handover}"
        request.report_undone([f"mail {claim.mail.id}: {known}, but it could not be recorded: {error}"])
        return claim.mail._replace(state=MailState.UNCERTAIN, reason=error.what)


def record_outcome(request: Request, claim: Claim, result: Result) -> Waiting:
    """Record what became of a claimed mail; return it with its state."""
    at, mail = current_instant(request), claim.mail
    reason = shorten_reason(request.config.language.say(result.reason))
    with request.recording(by=SEND) as session:
        if result.handover is Handover.KEPT:
            return keep_mail(session, claim, reason, at)
        if result.handover is Handover.SENT:
            move_outgoing(session, mail.id, MailFolder.SENDING, MailFolder.SENT, claim.content)
            mark_sent(request, session, mail, at)
        elif result.handover is Handover.FAILED:
            fail_mail(session, mail, MailFolder.SENDING, claim.content, reason, at)
        else:
            deal = mark_holder(session, mail.id, mail.record, {"sending": at, "reason": reason})
            tell_owner(session, deal, mail.id, MailState.UNCERTAIN, at)
    return mail._replace(state=STATES[result.handover], reason=reason, attempts=mail.attempts + 1)


def mark_sent(request: Request, session: Writing, mail: Waiting, at: Instant) -> None:
    """Mark a mail as sent on its record; where the record cannot be written now, its file alone tells so."""
    try:
        with session.attempt():
            mark_holder(session, mail.id, mail.record, {"sent": at})
    except CrmError as error:
        request.report_undone([f"mail {mail.id} was sent, which its record does not say: {error}"])


def keep_mail(session: Writing, claim: Claim, reason: str, at: Instant) -> Waiting:
    """Put a claimed mail back into the outbox, with the reason and the time of the next attempt."""
    mail = claim.mail
    move_outgoing(session, mail.id, MailFolder.SENDING, MailFolder.OUTBOX, claim.waiting)
    mark_holder(session, mail.id, mail.record, {})
    return note_attempt(session, mail, claim.waiting, reason, at)


def note_attempt(session: Writing, mail: Waiting, content: bytes, reason: str, at: Instant) -> Waiting:
    """Note a failed attempt beside a waiting mail; after days of them, the mail has failed."""
    attempts = add_attempt(read_note(session, mail.id), at, reason)
    mail = mail._replace(attempts=attempts.tries, reason=attempts.reason)
    if attempts.is_given_up:
        fail_mail(session, mail, MailFolder.OUTBOX, content, reason, at)
        return mail._replace(state=MailState.FAILED)
    path = note_path(mail.id)
    session.put(path, write_note(attempts), before=session.content(path))
    return mail._replace(state=MailState.QUEUED, next=f"{attempts.next:%Y-%m-%dT%H:%M:%SZ}")


def fail_mail(
    session: Writing, mail: Waiting, folder: MailFolder, content: bytes, reason: str, at: Instant
) -> None:
    """Move a mail to `failed/`, mark it on its record, and plan an activity for the owner."""
    move_outgoing(session, mail.id, folder, MailFolder.FAILED, content)
    deal = mark_holder(session, mail.id, mail.record, {"failed": at, "reason": reason})
    tell_owner(session, deal, mail.id, MailState.FAILED, at)


def release_claim(request: Request, claim: Claim) -> None:
    """Put a claimed mail back that was not handed over, as it was."""
    with request.recording(by=SEND) as session:
        move_outgoing(session, claim.mail.id, MailFolder.SENDING, MailFolder.OUTBOX, claim.waiting)
        mark_holder(session, claim.mail.id, claim.mail.record, {})


def postpone_mails(request: Request, mails: Sequence[Waiting], reason: str) -> None:
    """Note a failed attempt beside each of these mails that still waits."""
    at = current_instant(request)
    with request.recording(by=SEND) as session:
        for each in mails:
            content = session.content(path_in(MailFolder.OUTBOX, each.id))
            if content is not None:
                note_attempt(session, each, content, request.config.language.say(reason), at)


def ask_about_orphans(request: Request) -> None:
    """Plan an activity for the owner of each mail whose sender died before the outcome was known."""
    found = outbox_reader.list_waiting(request.reading(), (MailFolder.SENDING,)).mails
    orphans = [each for each in found if each.state == MailState.UNCERTAIN]
    if not orphans:
        return
    with request.recording(by=SEND) as session:
        for each in orphans:
            deal = find_holder(session, each.id, each.record)
            tell_owner(session, deal, each.id, MailState.UNCERTAIN, current_instant(request))


def hold_unreachable(request: Request, mail: Waiting, reason: str) -> Waiting:
    """Keep a mail back that would not arrive, with the reason; return it with its state."""
    at, reason = current_instant(request), request.config.language.say(reason)
    with request.recording(by=SEND) as session:
        content = session.content(path_in(MailFolder.OUTBOX, mail.id))
        if content is not None:
            move_outgoing(session, mail.id, MailFolder.OUTBOX, MailFolder.HELD, content)
            mark_holder(session, mail.id, mail.record, {"held": at, "reason": shorten_reason(reason)})
    return mail._replace(state=MailState.HELD, reason=reason, next=None)
