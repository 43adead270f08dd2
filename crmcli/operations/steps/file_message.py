"""Filing incoming mail, as new leads or on existing records; nothing is lost or filed twice."""

import re
from datetime import UTC, datetime

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.answer_types import Reader
from crmcli.domain.model.changes import Change
from crmcli.domain.model.record_types import Direction, Message
from crmcli.domain.values.ids import derive_id
from crmcli.mail.incoming.classify import MailKind, classify_mail, find_form
from crmcli.mail.incoming.form_message import read_form_message
from crmcli.mail.incoming.message_identity import compute_identity
from crmcli.mail.incoming.parse import Received
from crmcli.mail.outgoing.outbox import SUFFIX
from crmcli.operations.steps.append_message import (
    append_automatic,
    append_own,
    append_reply,
    append_report,
    append_variant,
)
from crmcli.operations.steps.filed import Filed as Filed
from crmcli.operations.steps.filed import Outcome as Outcome
from crmcli.operations.steps.find_thread import (
    find_thread,
    holder_of,
    named_by_token,
    only_deal_of_recipient,
    sent_to,
    thread_of_forwarded,
)
from crmcli.operations.steps.lead_from_mail import lead_from_form, lead_from_own, lead_from_sender
from crmcli.store.quarantine import dropped_path, mail_path, reason_path
from crmcli.store.writer import Writing

DROPPED_BEFORE = sentence("dropped from the inbox before")


def file_message(session: Writing, mail: Received, content: bytes, reader: Reader) -> Filed:
    """File a message in the session: as a new lead, on an existing record, or in quarantine.

    Answers to questions about the project in a reply are read with `reader`. Raises RefusedError or
    UnreadableError where a rule or a record prevents filing.
    """
    known = filed_before(session, mail)
    if known is not None:
        return known
    if is_sent_by_us(session, mail):
        return keep_own(session, mail, content)
    if (variant := find_variant(session, mail)) is not None:
        return append_variant(session, *variant, mail, content)
    filed = file_by_kind(session, mail, content, reader)
    if filed.outcome is Outcome.ASIDE:
        return quarantine_message(session, content, filed.reason)
    return filed


def accept_message(session: Writing, mail: Received, content: bytes, reader: Reader) -> Filed:
    """File a message as that of a person, whatever it looks like: on its record, or as a new lead."""
    known = filed_on_record(session, mail)
    if known is not None:
        return known
    path = find_thread(session, mail)
    if path is not None and mail.automatic:
        return append_automatic(session, path, mail, content)
    if path is not None:
        return append_reply(session, path, mail, content, reader)
    form = find_form(mail, session.config)
    if form is not None and form.values:
        return lead_from_form(session, mail, content, form, reader, force=True)
    return lead_from_sender(session, mail, content, reader, force=True)


def file_by_kind(session: Writing, mail: Received, content: bytes, reader: Reader) -> Filed:
    """File a message by what it is; `classify_mail` says in which order that is asked."""
    kind, form = classify_mail(mail, session.config)
    if kind is MailKind.REPORT:
        return file_report(session, mail, content)
    if kind is MailKind.AUTOMATIC:
        return file_automatic(session, mail, content)
    if form is not None and not (mail.is_answer and holder_of(session, mail.answers)):
        return lead_from_form(session, mail, content, form, reader)
    path = find_thread(session, mail)
    if kind is MailKind.OURS:
        path = path or thread_of_forwarded(session, mail) or only_deal_of_recipient(session, mail)
        return (
            append_own(session, path, mail, content)
            if path
            else lead_from_own(session, mail, content, reader)
        )
    if path is not None:
        return append_reply(session, path, mail, content, reader)
    return lead_from_sender(session, mail, content, reader)


def file_report(session: Writing, mail: Received, content: bytes) -> Filed:
    """Note a delivery report on the record whose message did not arrive, or keep it aside."""
    report = mail.report
    assert report is not None
    path = holder_of(session, report.ids) or sent_to(session, report.addresses)
    if path is None:
        return Filed(Outcome.ASIDE, reason=sentence("a delivery report about nothing we know"))
    return append_report(session, path, mail, content, report)


def file_automatic(session: Writing, mail: Received, content: bytes) -> Filed:
    """Note an automatic message on the record whose message it answers, or keep it aside."""
    path = holder_of(session, mail.answers) or named_by_token(session, mail)
    if path is None:
        return Filed(Outcome.ASIDE, reason=mail.automatic.reason if mail.automatic else sentence("automatic"))
    return append_automatic(session, path, mail, content)


def filed_before(session: Writing, mail: Received) -> Filed | None:
    """Return the outcome for a message that was filed before: on a record, in quarantine, or dropped."""
    known = filed_on_record(session, mail)
    if known is not None:
        return known
    if kept_form := filed_submission(session, mail):
        return kept_form
    if session.content(mail_path(mail.identity)) is not None:
        return Filed(Outcome.KNOWN, reason=sentence("already in quarantine"))
    if session.content(dropped_path(mail.identity)) is not None:
        return Filed(Outcome.KNOWN, reason=DROPPED_BEFORE)
    if session.content(own_path(mail)) is not None:
        return Filed(Outcome.KNOWN, reason=sentence("we sent it ourselves"))
    return None


def filed_on_record(session: Writing, mail: Received) -> Filed | None:
    """Return the outcome for a message that a record has."""
    id = derive_id("message", mail.identity)
    for path in session.deals_with_messages([id]):
        deal = session.opportunity(path)
        if any(each.id == id for each in deal.messages):
            return Filed(Outcome.KNOWN, Change(before=deal, after=deal), sentence("already filed"))
    return None


def filed_submission(session: Writing, mail: Received) -> Filed | None:
    """Return the outcome for a web form that was sent again and filed before; None for other messages.

    A visitor who presses twice sends it at another time, so that it is another message.
    """
    if mail.message_id is None or read_form_message(mail, session.config) is None:
        return None
    for path in session.deals_with_messages([mail.message_id]):
        deal = session.opportunity(path)
        if any(each.message_id == mail.message_id for each in deal.messages):
            return Filed(Outcome.KNOWN, Change(before=deal, after=deal), sentence("already filed"))
    return None


def find_variant(session: Writing, mail: Received) -> tuple[str, Message] | None:
    """Return the message with the id, sender and date of this one but another body, with its record's path.

    Mailing lists and scanners change the body of a copy. Messages of programs that always use the same
    Message-ID differ in sender or date, and are new ones.
    """
    if mail.message_id is None or mail.at is None:
        return None
    sender = str(mail.sender) if mail.sender else None
    for path in session.deals_with_messages([mail.message_id]):
        for each in session.opportunity(path).messages:
            if (each.message_id, each.from_, each.at) == (mail.message_id, sender, mail.at):
                return path, each
    return None


def is_sent_by_us(session: Writing, mail: Received) -> bool:
    """Tell whether a message with our own mark has an id that we sent; anybody can write the mark."""
    if not mail.loops or mail.message_id is None:
        return False
    file = re.split("[.@]", mail.message_id.strip("<>"))[0] + SUFFIX
    if session.mail_folder(file) is not None:
        return True
    return any(
        each.message_id == mail.message_id and each.direction is Direction.OUT
        for path in session.deals_with_messages([mail.message_id])
        for each in session.opportunity(path).messages
    )


def keep_own(session: Writing, mail: Received, content: bytes) -> Filed:
    """Store the bytes of a message that we sent and that came back; it makes nothing else."""
    session.put(own_path(mail), content, before=None)
    return Filed(Outcome.DROPPED, reason=sentence("we sent it ourselves"))


def own_path(mail: Received) -> str:
    """Return the path of a message that we sent and that came back, by its identity."""
    day = mail.at or datetime(1970, 1, 1, tzinfo=UTC)
    return f"pipeline_data/mail/{day:%Y/%m}/{mail.identity}.eml"


def quarantine_message(
    session: Writing, content: bytes, reason: str, outcome: Outcome = Outcome.ASIDE
) -> Filed:
    """Put a message into quarantine, with the reason, where `crm inbox` lists it."""
    identity = compute_identity(content)
    path, noted = mail_path(identity), reason_path(identity)
    if session.content(path) is not None:
        return Filed(Outcome.KNOWN, reason=sentence("already in quarantine"))
    if session.content(dropped_path(identity)) is not None:
        return Filed(Outcome.KNOWN, reason=DROPPED_BEFORE)
    session.put(path, content, before=None)
    session.put(noted, f"{session.config.language.say(reason)}\n".encode(), before=session.content(noted))
    return Filed(outcome, reason=reason)
