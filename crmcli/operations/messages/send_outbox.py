"""Sending of the mails in the outbox, each claimed before it is handed to the mail server.

A mail is claimed in one transaction (its file moves to `sending/`, locked by this process) and its outcome
is recorded in another. Between the two the workspace is not locked, and no other sender takes it. One whose
outcome was never recorded stays in `sending/`, where it is uncertain: it is shown, and not sent again.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from crmcli.domain.model.config import Transport
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Instant
from crmcli.domain.values.errors import CrmError, NotFoundError, RefusedError
from crmcli.mail.outgoing import outbox_reader
from crmcli.mail.outgoing.choose_transport import open_courier
from crmcli.mail.outgoing.compose import domain_of, sender_of
from crmcli.mail.outgoing.envelope import address_mail, stamp_mail
from crmcli.mail.outgoing.outbox_reader import Waiting, describe_mail
from crmcli.mail.outgoing.transport import Courier, Handover, Result, UnreachableError
from crmcli.operations.messages.record_outcomes import (
    SEND,
    Claim,
    ask_about_orphans,
    current_instant,
    hold_unreachable,
    postpone_mails,
    record_or_report,
    release_claim,
)
from crmcli.operations.messages.undeliverable import explain_undeliverable
from crmcli.operations.request import Request
from crmcli.operations.steps.choose_sender import refuse_other_machine
from crmcli.operations.steps.move_outgoing import mark_holder, move_outgoing, path_in
from crmcli.store.local_state import trust
from crmcli.store.transactions.lock import lock_file
from crmcli.store.writer import Writing

LONGEST_RUN = 3600  # seconds; what is left then waits for the next run

Report = Callable[[Waiting], object]


def send_outbox(
    request: Request,
    ids: Sequence[str] = (),
    report: Report = lambda mail: None,
    clock: Callable[[], float] = monotonic,
) -> list[Waiting]:
    """Send the mails that are due, or those with these ids; return them as they are afterwards.

    `report` is called with each as soon as its outcome is known. A mail that could not be sent stays, with
    the reason; the request is marked partly done. One to an address that mail came back from is held back.
    `clock` returns seconds.

    Raises RefusedError on a machine that does not send, and where the mail settings are not complete or not
    trusted; UnreachableError where the mail server is not reached.
    """
    with request.one_commit():
        return send_due(request, ids, report, clock)


def send_due(
    request: Request, ids: Sequence[str], report: Report, clock: Callable[[], float]
) -> list[Waiting]:
    """Send the mails that are due, in transactions of their own; return them as they are afterwards."""
    config = request.config
    if config.mail.transport is Transport.NONE:
        raise RefusedError("mail.transport is none: nothing is sent", where="crm.yaml", hint="docs/mail.md")
    refuse_other_machine(request.workspace.root, config.mail.sender)
    ask_about_orphans(request)
    due = list_due(request, ids)
    held, due = hold_undeliverable(request, due, report)
    if request.dry_run or not due:
        return [*held, *due]
    refuse_untrusted(request)
    courier = open_courier(request.workspace.root, config.mail)
    try:
        return [*held, *deliver_each(request, courier, due, report, clock)]
    finally:
        courier.close()


def hold_undeliverable(
    request: Request, due: Sequence[Waiting], report: Report
) -> tuple[list[Waiting], list[Waiting]]:
    """Hold back the mails to addresses that mail came back from; return them, and the others."""
    held: list[Waiting] = []
    others: list[Waiting] = []
    reading = request.reading()
    for mail in due:
        why = explain_undeliverable(reading, mail.to, mail.cc)
        if not why:
            others.append(mail)
            continue
        try:
            held.append(hold_unreachable(request, mail, why))
        except CrmError as error:
            request.report_undone([f"mail {mail.id} stays: {error}"])
            continue
        if not request.dry_run:
            report(held[-1])
    return held, others


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
    """Return the queued mails to send now: those that are ready, or those with these ids.

    Files that are not mails are reported. Raises NotFoundError for an id that does not wait.
    """
    found = outbox_reader.list_waiting(request.reading(), (MailFolder.OUTBOX,))
    if not ids:
        request.report_undone([str(error) for error in found.unusable])
        now = f"{current_instant(request):%Y-%m-%dT%H:%M:%SZ}"
        ready = [each for each in found.mails if each.next is None or each.next <= now]
        return ready[: request.config.mail.most_per_run]
    known = {each.id: each for each in found.mails}
    for id in ids:
        if id not in known:
            raise NotFoundError(f"no mail {id!r} is queued", hint="crm outbox list")
    return [known[id] for id in dict.fromkeys(ids)]


def deliver_each(
    request: Request,
    courier: Courier,
    due: Sequence[Waiting],
    report: Report,
    clock: Callable[[], float],
) -> Iterator[Waiting]:
    """Send mails one after the other, and yield each with its outcome.

    Raises UnreachableError where the mail server is not reached; what is left then waits for a later attempt.
    """
    end = clock() + LONGEST_RUN
    for place, mail in enumerate(due):
        if clock() > end:
            request.report_undone([f"{len(due) - place} mails wait for the next run: this one took an hour"])
            return
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


def hand_over(request: Request, courier: Courier, claim: Claim) -> Result:
    """Hand a claimed mail to the mail server; one that cannot be sent as it is has failed."""
    try:
        envelope = address_mail(claim.content, sender_of(request.config).email)
    except RefusedError as error:
        return Result(Handover.FAILED, error.what)
    return courier.deliver(envelope)


def claim_mail(request: Request, mail: Waiting) -> Claim | None:
    """Move a mail to `sending/`, dated now, and mark it on its record; None where it is gone, or was sent.

    Raises RefusedError where a mail with its id is uncertain or a hook refuses, UnreadableError where its
    record cannot be read.
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
        request.ask_hooks(session)
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
