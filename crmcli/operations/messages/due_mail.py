"""The due report as one e-mail to each user: their activities, and late ones escalated to them."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from typing import NamedTuple

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.offsets import parse_span
from crmcli.domain.model.changes import TICK
from crmcli.domain.model.urgency import is_late, late_limit
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import from_bits
from crmcli.mail.outgoing.message_writer import write_message
from crmcli.mail.outgoing.outbox import OUTBOX
from crmcli.mail.outgoing.reports import due_report
from crmcli.mail.outgoing.reports.due_report import Digest
from crmcli.operations.request import Request
from crmcli.query.query_model import Query
from crmcli.store.local_state import due_report_memory, programs
from crmcli.store.local_state.coverage import split_words
from crmcli.store.local_state.due_report_memory import Told
from crmcli.store.reader import Reading

SENDING = 60  # seconds that a command may take for one message
ESCALATED = "!"  # prefix of the keys of escalated activities


class Delivery(NamedTuple):
    """How the report is sent: a command instead of the outbox, the name of its memory, when to escalate."""

    send: str = ""
    since_last: str = ""
    escalate: str = ""


class Letter(NamedTuple):
    """A message to one user, with the keys of the activities in it."""

    digest: Digest
    id: str
    content: bytes
    subject: str
    keys: tuple[str, ...]


def mail_due(request: Request, wanted: Query, delivery: Delivery = Delivery()) -> list[Letter]:  # noqa: B008
    """Mail the matching activities to their assignees, or to the owners of their records.

    Return the messages that were queued or sent; users with nothing to report get none. Raises UsageError
    for a wrong command, name or span, TryAgainError where the same report is being sent now.
    """
    command = split_words(delivery.send)
    if delivery.send and not command:
        raise UsageError(f"--send {delivery.send!r} is not a command", hint="like --send 'sendmail -t'")
    name = delivery.since_last
    memory = due_report_memory.read_memory(request.workspace.root, name) if name else nullcontext(Told())
    with memory as told:
        letters, untold = compose_letters(request, wanted, delivery.escalate, told)
        if command:
            sent = send_letters(request, command, letters, name, told)
        else:
            sent = queue_letters(request, letters, name, told)
        request.report_undone(untold)
    return sent


def compose_letters(
    request: Request, wanted: Query, escalate: str, told: Told
) -> tuple[list[Letter], list[str]]:
    """Return the messages about activities not reported yet, and a line for each that reaches nobody."""
    reading = request.reading_for(wanted)
    own = list(reading.index.activities(wanted, request.viewing))
    late = find_late(request, reading, wanted, escalate)
    found = due_report.by_person(own, late, request.config)
    digests = [fresh for digest in found.digests if (fresh := drop_told(digest, told))]
    return [compose_letter(request, digest) for digest in digests], found.untold


def drop_told(digest: Digest, told: Told) -> Digest | None:
    """Return a digest without what its user was told before; None if nothing is left."""
    user = digest.user.id
    own = [each for each in digest.activities if key_of(each, user) not in told]
    escalated = [each for each in digest.escalated if ESCALATED + key_of(each, user) not in told]
    return Digest(digest.user, own, escalated) if own or escalated else None


def find_late(request: Request, reading: Reading, wanted: Query, span: str) -> list[Document]:
    """Return the matching activities that are late by a span, such as 3d; none without a span."""
    if not span:
        return []
    if parse_span(span).number <= 0:
        raise UsageError(f"--escalate {span} is not a time span", hint="like 3d or 4h")
    if not any(user.manager for user in request.config.users):
        raise UsageError("--escalate: nobody has a manager in crm.yaml", hint="manager: ID of a user")
    found = reading.index.activities(wanted, request.viewing)
    limit = cache(lambda user: late_limit(span, request.at, request.config, user))

    def is_late_now(each: Document) -> bool:
        return bool(each["due"]) and is_late(each["due"], each.get("time"), limit(each["assignee"]))

    return [each for each in found if is_late_now(each)]


def key_of(activity: Document, user: str) -> str:
    """Return the key of an activity in reports to a user; it is new after a snooze or a reassignment."""
    name = activity["id"] or f"{activity['opportunity']} {activity['summary']}"
    return f"{name} {activity['due']} {user}"


def compose_letter(request: Request, digest: Digest) -> Letter:
    """Return the message to one user."""
    id = from_bits(int.from_bytes(os.urandom(8), "big"))
    draft = due_report.compose_report(
        digest, request.workspace.root, request.config, id, request.reading_moment
    )
    user = digest.user.id
    own = [key_of(each, user) for each in digest.activities]
    escalated = [ESCALATED + key_of(each, user) for each in digest.escalated]
    return Letter(digest, id, write_message(draft), draft.texts["Subject"], (*own, *escalated))


def queue_letters(request: Request, letters: Sequence[Letter], name: str, told: Told) -> list[Letter]:
    """Put the messages into the outbox, and their keys into the report's memory, in one transaction."""
    if not letters:
        return []
    with request.changing(by=TICK) as session:
        for each in letters:
            session.put(f"{OUTBOX}/{each.id}.eml", each.content, before=None)
        if name:
            told |= {key: request.today for each in letters for key in each.keys}
            due_report_memory.write_memory(session, name, told, request.today)
    return list(letters)


def send_letters(
    request: Request, command: Sequence[str], letters: Sequence[Letter], name: str, told: Told
) -> list[Letter]:
    """Pass each message to a command; remember sent ones at once, so only failed ones are sent again."""
    if request.dry_run:
        return list(letters)
    sent: list[Letter] = []
    for each in letters:
        ended = programs.run_words(
            list(command), each.content, root=request.workspace.root, timeout=SENDING, environment={}
        )
        if not ended.is_success:
            said = f": {ended.said}" if ended.said else ""
            whose = f"the report for {each.digest.user.id} did not leave"
            request.report_undone([f"{whose}, {command[0]} {ended.in_words}{said}"])
            continue
        sent.append(each)
        if name:
            told |= dict.fromkeys(each.keys, request.today)
            with request.changing(by=TICK) as session:
                due_report_memory.write_memory(session, name, told, request.today)
    return sent
