"""Sending of the mails in the outbox, each claimed before it is handed to the mail server.

A mail is claimed in one transaction (its file moves to `sending/`, locked by this process) and its outcome
is recorded in another. Between the two the workspace is not locked, and no other sender takes it. One whose
outcome was never recorded stays in `sending/`, where it is uncertain: it is shown, and not sent again.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from crmcli.domain.model.config import Transport
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.model.record_types import Instant
from crmcli.domain.values.errors import CrmError, NotFoundError, RefusedError
from crmcli.mail.outgoing import outbox_reader
from crmcli.mail.outgoing.attempts import add_attempt, read_note, shorten_reason, write_note
from crmcli.mail.outgoing.choose_transport import open_courier
from crmcli.mail.outgoing.compose import domain_of, sender_of
from crmcli.mail.outgoing.envelope import address_mail, stamp_mail
from crmcli.mail.outgoing.outbox import note_path
from crmcli.mail.outgoing.outbox_reader import Waiting, describe_mail
from crmcli.mail.outgoing.transport import Courier, Handover, Result, UnreachableError
from crmcli.operations.request import Request
from crmcli.operations.steps.choose_sender import refuse_other_machine
from crmcli.operations.steps.move_outgoing import (
    find_holder,
    mark_holder,
    move_outgoing,
    path_in,
    tell_owner,
)
from crmcli.store.local_state import trust
from crmcli.store.transactions.lock import lock_file
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


Report = Callable[[Waiting], object]


def send_outbox(
    request: Request, ids: Sequence[str] = (), report: Report = lambda mail: None
) -> list[Waiting]:
    """Send the mails that are due, or those with these ids; return them as they are afterwards.

    `report` is called with each as soon as its outcome is known. A mail that could not be sent stays, with
    the reason; the request is marked partly done.

    Raises RefusedError on a machine that does not send, and where the mail settings are not complete or not
    trusted; UnreachableError where the mail server is not reached.
    """
    config = request.config
    if config.mail.transport is Transport.NONE:
        raise RefusedError("mail.transport is none: nothing is sent", where="crm.yaml", hint="docs/mail.md")
    refuse_other_machine(request.workspace.root, config.mail.sender)
    ask_about_orphans(request)
    due = list_due(request, ids)
    if request.dry_run or not due:
        return due
    refuse_untrusted(request)
    courier = open_courier(request.workspace.root, config.mail)
    try:
        return list(deliver_each(request, courier, due, report))
    finally:
        courier.close()


def refuse_untrusted(request: Request) -> None:
    """Check that the user trusts the mail server and the programs that the settings name.

    Raises RefusedError where they do not: a password and all mail would go to whoever wrote the settings.
    """
    workspace = request.workspace
    if trust.is_trusted(workspace):
        return
    if not request.ask_for_trust(workspace):
        raise RefusedError("the mail settings are not trusted on this machine", hint="crm trust --list")
    trust.trust_workspace(workspace)


def list_due(request: Request, ids: Sequence[str]) -> list[Waiting]:
    """Return the queued mails to send now: all that do not wait for a later attempt, or those with these ids.

    Files that are not mails are reported. Raises NotFoundError for an id that does not wait.
    """
    found = outbox_reader.list_waiting(request.reading(), (MailFolder.OUTBOX,))
    if not ids:
        request.report_undone([str(error) for error in found.unusable])
        now = f"{current_instant(request):%Y-%m-%dT%H:%M:%SZ}"
        return [each for each in found.mails if each.next is None or each.next <= now]
    known = {each.id: each for each in found.mails}
    for id in ids:
        if id not in known:
            raise NotFoundError(f"no mail {id!r} is queued", hint="crm outbox list")
    return [known[id] for id in dict.fromkeys(ids)]


def current_instant(request: Request) -> Instant:
    """Return the time now, for a request that may take long; as given by `--now` where it is."""
    return request.at if request.given_now else datetime.now(UTC).replace(microsecond=0)


def deliver_each(
    request: Request, courier: Courier, due: Sequence[Waiting], report: Report
) -> Iterator[Waiting]:
    """Send mails one after the other, and yield each with its outcome.

    Raises UnreachableError where the mail server is not reached; what is left then waits for a later attempt.
    """
    for place, mail in enumerate(due):
        try:
            courier.open()
            done = deliver_mail(request, courier, mail)
        except UnreachableError as error:
            postpone_mails(request, due[place:], error.what)
            raise
        except CrmError as error:
            request.report_undone([f"mail {mail.id} stays: {error}"])
            continue
        if done is not None:
            report(done)
            yield done


def deliver_mail(request: Request, courier: Courier, mail: Waiting) -> Waiting | None:
    """Claim one mail, hand it over, and record the outcome; None where another sender was faster."""
    claim = claim_mail(request, mail)
    if claim is None:
        return None
    try:
        try:
            result = hand_over(request, courier, claim)
        except BaseException:  # also on Ctrl-C
            if not courier.is_handed_over:
                release_claim(request, claim)
            raise
        return record_or_report(request, claim, result)
    finally:
        os.close(claim.descriptor)


def record_or_report(request: Request, claim: Claim, result: Result) -> Waiting:
    """Record the outcome of a mail; where that fails, say so: the mail then shows as uncertain."""
    try:
        return record_outcome(request, claim, result)
    except CrmError as error:
        known = f"the mail server's answer was {result.handover}"
        request.report_undone([f"mail {claim.mail.id}: {known}, but it could not be recorded: {error}"])
        return claim.mail._replace(state=MailState.UNCERTAIN, reason=error.what)


def hand_over(request: Request, courier: Courier, claim: Claim) -> Result:
    """Hand a claimed mail to the mail server; one that cannot be sent as it is has failed."""
    try:
        envelope = address_mail(claim.content, sender_of(request.config).email)
    except RefusedError as error:
        return Result(Handover.FAILED, error.what)
    return courier.deliver(envelope)


def claim_mail(request: Request, mail: Waiting) -> Claim | None:
    """Move a mail to `sending/`, dated now, and mark it on its record; None where it is gone, or was sent.

    Raises RefusedError where a mail with its id is uncertain, UnreadableError where its record is.
    """
    at = current_instant(request)
    with request.storing(by=SEND) as session:
        content = outbox_reader.read_mail(session.root, path_in(MailFolder.OUTBOX, mail.id))
        if content is None or drop_if_sent(session, mail, at):
            return None
        if session.content(path_in(MailFolder.SENDING, mail.id)) is not None:
            raise RefusedError("may have been sent already", hint=f"crm outbox drop {mail.id}")
        found = describe_mail(mail.id, content)
        stamped = stamp_claimed(request, mail.id, content, at)
        move_outgoing(session, mail.id, MailFolder.OUTBOX, MailFolder.SENDING, stamped)
        mark_holder(session, mail.id, found.record, {"sending": at})
        session.commit()
        descriptor = lock_file(session.root, path_in(MailFolder.SENDING, mail.id))
    return Claim(found._replace(attempts=mail.attempts), content, stamped, descriptor)


def stamp_claimed(request: Request, id: str, content: bytes, at: Instant) -> bytes:
    """Return a mail as it is sent; unchanged where its head is wrong, which is then its failure."""
    try:
        return stamp_mail(content, at, f"<{id}@{domain_of(sender_of(request.config))}>")
    except RefusedError:
        return content


def drop_if_sent(session: Writing, mail: Waiting, at: Instant) -> bool:
    """Drop a waiting mail whose id stands in `sent/`, as two clones can bring about; tell whether it was."""
    if session.content(path_in(MailFolder.SENT, mail.id)) is None:
        return False
    session.remove(path_in(MailFolder.OUTBOX, mail.id))
    mark_holder(session, mail.id, mail.record, {"sent": at})
    return True


def record_outcome(request: Request, claim: Claim, result: Result) -> Waiting:
    """Record what became of a claimed mail; return it with its state."""
    at, mail = current_instant(request), claim.mail
    reason = shorten_reason(result.reason)
    with request.storing(by=SEND) as session:
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
    with request.storing(by=SEND) as session:
        move_outgoing(session, claim.mail.id, MailFolder.SENDING, MailFolder.OUTBOX, claim.waiting)
        mark_holder(session, claim.mail.id, claim.mail.record, {})


def postpone_mails(request: Request, mails: Sequence[Waiting], reason: str) -> None:
    """Note a failed attempt beside each of these mails that still waits."""
    at = current_instant(request)
    with request.storing(by=SEND) as session:
        for each in mails:
            content = session.content(path_in(MailFolder.OUTBOX, each.id))
            if content is not None:
                note_attempt(session, each, content, reason, at)


def ask_about_orphans(request: Request) -> None:
    """Plan an activity for the owner of each mail whose sender died before the outcome was known."""
    found = outbox_reader.list_waiting(request.reading(), (MailFolder.SENDING,)).mails
    orphans = [each for each in found if each.state == MailState.UNCERTAIN]
    if not orphans:
        return
    with request.storing(by=SEND) as session:
        for each in orphans:
            deal = find_holder(session, each.id, each.record)
            tell_owner(session, deal, each.id, MailState.UNCERTAIN, current_instant(request))
