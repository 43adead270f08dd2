"""Queueing of mails that a person writes: a new one about a record, or the answer to a message."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Message
from crmcli.domain.rules.mail_outcomes import find_message
from crmcli.domain.values.errors import AmbiguousError, NotFoundError
from crmcli.mail.outgoing import written_mail
from crmcli.mail.outgoing.compose import choose_recipients, render_template
from crmcli.mail.outgoing.enclosures import enclose_files
from crmcli.mail.outgoing.outbox import enter_message
from crmcli.mail.outgoing.written_mail import Written
from crmcli.operations.change_records import ChangeReport, Check
from crmcli.operations.messages.undeliverable import refuse_undeliverable
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.apply_change import apply_change, put_in_outbox
from crmcli.operations.steps.keep_files import with_files
from crmcli.store.reader import Reading


class Answered(NamedTuple):
    """A message to answer, and the path of its record."""

    path: str
    message: Message


def find_answered(reading: Reading, id: str) -> Answered:
    """Return the message with this id.

    Raises NotFoundError where there is none, AmbiguousError for one that several records have.
    """
    found: list[Answered] = []
    for path in reading.index.messages([id]):
        message = find_message(reading.opportunity(path), id)
        found += [Answered(path, message)] if message else []
    if not found:
        raise NotFoundError(f"no message {id!r}", hint="crm show REF shows the ids of messages")
    if len(found) > 1:
        raise AmbiguousError(f"{len(found)} records have message {id!r}:", [each.path for each in found])
    return found[0]


def begin_mail(request: Request, reading: Reading, path: str, name: str = "") -> Written:
    """Return a new mail about a record to begin with, from a template if one is named."""
    facts = reading.facts(reading.opportunity(path))
    root: Path = request.workspace.root
    to = ""
    if facts.contact and facts.contact.reachable_emails:
        to = str(choose_recipients(facts, facts.contact, None)[0])
    if not name:
        text = written_mail.begin_mail(facts, root, request.moment, request.user)
        return Written(to, "", text)
    language = facts.contact.language if facts.contact else None
    rendered = render_template(facts, root, name, request.moment, language or "")
    found = rendered.headers
    return Written(found.get("To") or to, found["Subject"], rendered.body, found.get("Cc", ""))


def begin_answer(request: Request, reading: Reading, answered: Answered) -> Written:
    """Return an answer to begin with: recipient, subject, and the message quoted."""
    facts = reading.facts(reading.opportunity(answered.path))
    original = written_mail.find_original(reading, answered.message)
    text = written_mail.begin_answer(
        facts, request.workspace.root, request.moment, request.user, answered.message
    )
    return Written(original.answer_to, written_mail.answer_subject(answered.message.subject or ""), text)


def queue_written(
    request: Request,
    path: str,
    written: Written,
    *,
    attach: Sequence[str] = (),
    answers: str = "",
    check: Check = accept,
) -> ChangeReport:
    """Put a mail that a person wrote into the outbox, and add it to the messages of its record.

    `answers` is the id of the message that it answers. `attach` are files kept with the record, by id or
    name, or paths of files that are then kept with it. Raises RefusedError for a mail without text, subject
    or recipient, and for an address that mail came back from.
    """
    written_mail.check_written(written)
    with request.changing() as session:
        refuse_undeliverable(session, written.to, written.cc, written.bcc)
        adopted = session.adopted(path)
        deal, files = with_files(session, adopted.after, attach)
        facts: Facts = session.facts(deal)
        message = find_message(deal, answers) if answers else None
        original = written_mail.find_original(session, message) if message else None
        composed = written_mail.compose_written(
            facts, written, session.new_id(), session.moment, enclose_files(session, deal, files), original
        )
        entered = enter_message(deal, composed.message)
        changes = apply_change(session, adopted.then(Change(before=adopted.after, after=entered)))
        put_in_outbox(session, composed.message.id or "", composed.content)
        report = ChangeReport(changes, (), session)
        check(report)
    return report
