"""Filing incoming mail, as new leads or on existing records; nothing is lost or filed twice."""

import hashlib
from pathlib import Path

from crmcli.domain.model.answer_types import Reader
from crmcli.domain.model.changes import Change
from crmcli.domain.model.record_types import Message
from crmcli.domain.values.ids import derive_id
from crmcli.mail.incoming.classify import MailKind, classify_mail
from crmcli.mail.incoming.message_text import shorten_message
from crmcli.mail.incoming.parse import Received
from crmcli.operations.steps.append_message import append_automatic, append_own, append_reply, append_report
from crmcli.operations.steps.filed import Filed as Filed
from crmcli.operations.steps.filed import Outcome as Outcome
from crmcli.operations.steps.find_thread import (
    find_thread,
    holder_of,
    holding,
    named_by_token,
    only_deal_of_recipient,
    sent_to,
    thread_of_forwarded,
)
from crmcli.operations.steps.lead_from_mail import lead_from_form, lead_from_own, lead_from_sender
from crmcli.store.writer import Writing


def file_message(session: Writing, mail: Received, content: bytes, reader: Reader) -> Filed:
    """File a message in the session: as a new lead, on an existing record, or in quarantine.

    Answers to questions about the project in a reply are read with `reader`. Raises RefusedError or
    UnreadableError where a rule or a record prevents filing.
    """
    known = filed_before(session, mail)
    if known is not None:
        return known
    if mail.loops:
        return Filed(Outcome.DROPPED, reason="we sent it ourselves")
    filed = file_by_kind(session, mail, content, reader)
    if filed.outcome is Outcome.ASIDE:
        return quarantine_message(session, content, filed.reason)
    return filed


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
        return Filed(Outcome.ASIDE, reason="a delivery report about nothing we know")
    return append_report(session, path, mail, content, report)


def file_automatic(session: Writing, mail: Received, content: bytes) -> Filed:
    """Note an automatic message on the record whose message it answers, or keep it aside."""
    path = holder_of(session, mail.answers) or named_by_token(session, mail)
    if path is None:
        return Filed(Outcome.ASIDE, reason=mail.automatic.reason if mail.automatic else "automatic")
    return append_automatic(session, path, mail, content)


def filed_before(session: Writing, mail: Received) -> Filed | None:
    """Return the outcome for a message whose id was filed before: `KNOWN` or `ASIDE`; None for a new id."""
    id = derive_id("message", mail.identity)
    for path in holding(session, [id]):
        deal = session.opportunity(path)
        for message in deal.messages:
            if message.id == id:
                if says_the_same(message, mail):
                    return Filed(Outcome.KNOWN, Change(before=deal, after=deal), "already filed")
                reason = f"another message with this Message-ID is on {deal.id}"
                return Filed(Outcome.ASIDE, reason=reason)
    return None


def says_the_same(message: Message, mail: Received) -> bool:
    """Tell whether a mail has the sender, subject and text of a filed message, and no earlier date."""
    if mail.forwarded is not None and message.from_ == str(mail.forwarded.sender):
        return message.subject == (mail.subject or None)  # its text is that of the mail it forwards
    same_day = mail.at is None or message.at is None or message.at == mail.at or message.at < mail.at
    return same_day and (message.from_ or "", message.subject or "", message.text or "") == (
        str(mail.sender or ""),
        mail.subject,
        shorten_message(mail.shown),
    )


def quarantine_message(session: Writing, content: bytes, reason: str) -> Filed:
    """Put a message into quarantine, with the reason, where a person can look at it."""
    name = hashlib.sha256(content).hexdigest()
    folder = Path("pipeline_data/quarantine")
    if session.content(str(folder / f"{name}.eml")) is not None:
        return Filed(Outcome.KNOWN, reason=f"already in quarantine: {reason}")
    session.put(str(folder / f"{name}.eml"), content, before=None)
    reasons = session.content(str(folder / f"{name}.txt"))
    session.put(str(folder / f"{name}.txt"), f"{reason}\n".encode(), before=reasons)
    return Filed(Outcome.ASIDE, reason=reason)
