"""`crm due --mail`: the due report as one e-mail to each of us, into the outbox or through a command."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.columns import Column
from crmcli.domain.localization.days import Span
from crmcli.domain.localization.offsets import parse_offset
from crmcli.domain.model.changes import TICK
from crmcli.domain.model.staleness import last_reaching
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.domain.values.ids import from_bits
from crmcli.mail import due_report
from crmcli.mail.due_report import Digest
from crmcli.mail.message_writer import write_message
from crmcli.mail.outbox import OUTBOX
from crmcli.query.keys import keys_by_name
from crmcli.query.query_model import Query, Term
from crmcli.store.local_state import due_report_memory, programs
from crmcli.store.local_state.coverage import split_words
from crmcli.store.local_state.due_report_memory import Told
from crmcli.store.reader import Reading

SENDING = 60  # seconds that a command may take for one message
ESCALATED = "!"  # before the key of what was told a manager
REPORT_COLUMNS = (
    Column("id"),
    Column("user", "for"),
    Column("activities", right=True),
    Column("overdue", right=True),
    Column("escalated", right=True),
    Column("subject", wraps=True),
)


class Delivery(NamedTuple):
    """How the report leaves: a command instead of the outbox, the name of its memory, when to escalate."""

    send: str
    since_last: str
    escalate: str


class Letter(NamedTuple):
    """A message to one of us, and the keys of what it tells."""

    digest: Digest
    id: str
    content: bytes
    subject: str
    keys: tuple[str, ...]


def mailed(call: CommandContext, wanted: Query, delivery: Delivery) -> int:
    """Mail what is due to whoever has to do it; nothing to those who have nothing to do."""
    command = split_words(delivery.send)
    if delivery.send and not command:
        raise UsageError(f"--send {delivery.send!r} is not a command", hint="like --send 'sendmail -t'")
    with memory_of(call, delivery.since_last) as told:
        sent = delivered(call, wanted, delivery, command, told)
    if not sent and call.output.format == "table":
        return Exit.OK
    return printing.report_changes(
        call, list(map(line, sent)), list(map(document, sent)), REPORT_COLUMNS
    ).told()


def memory_of(call: CommandContext, name: str) -> AbstractContextManager[Told]:
    """What a report by name has told; a nameless one remembers nothing."""
    return due_report_memory.read_memory(call.request.workspace.root, name) if name else nullcontext({})


def delivered(
    call: CommandContext, wanted: Query, delivery: Delivery, command: Sequence[str], told: Told
) -> list[Letter]:
    """The messages about what was not told yet, on their way; `told` grows by what they tell."""
    reading = call.request.reading()
    printing.warn_about(reading, wanted)
    own = list(reading.index.activities(wanted, call.request.viewing))
    late = late_ones(call, reading, wanted, delivery.escalate)
    found = due_report.by_person(own, late, call.request.config)
    digests = [fresh for digest in found.digests if (fresh := untold(digest, told))]
    letters = [letter(call, digest) for digest in digests]
    if command:
        sent = through(call, command, letters, delivery.since_last, told)
    else:
        sent = into_outbox(call, letters, delivery.since_last, told)
    call.request.report_undone(found.untold)
    return sent


def untold(digest: Digest, told: Told) -> Digest | None:
    """The part of a digest that was not told this person yet; None where nothing is left."""
    user = digest.user.id
    own = [each for each in digest.activities if key(each, user) not in told]
    escalated = [each for each in digest.escalated if ESCALATED + key(each, user) not in told]
    return Digest(digest.user, own, escalated) if own or escalated else None


def late_ones(call: CommandContext, reading: Reading, wanted: Query, span: str) -> list[Document]:
    """The activities of a query that are so late that somebody else should know; none without a span."""
    if not span:
        return []
    if parse_offset(span).number <= 0:
        raise UsageError(f"--escalate {span} is not a time span", hint="like 3d")
    if not any(user.manager for user in call.request.config.users):
        raise UsageError("--escalate: nobody has a manager in crm.yaml", hint="manager: ID of a user")
    last = last_reaching(span, call.request.today, call.request.config)
    term = Term(keys_by_name()["due"], (Span(None, last),))
    return list(reading.index.activities(wanted._replace(terms=(*wanted.terms, term)), call.request.viewing))


def key(activity: Document, user: str) -> str:
    """What makes an activity new to somebody: put off to another day, or handed on, it is told again."""
    name = activity["id"] or f"{activity['opportunity']} {activity['summary']}"
    return f"{name} {activity['due']} {user}"


def letter(call: CommandContext, digest: Digest) -> Letter:
    """The message to one of us."""
    id = from_bits(int.from_bytes(os.urandom(8), "big"))
    draft = due_report.compose_report(
        digest, call.request.workspace.root, call.request.config, id, call.request.reading_moment
    )
    user = digest.user.id
    own = [key(each, user) for each in digest.activities]
    escalated = [ESCALATED + key(each, user) for each in digest.escalated]
    return Letter(digest, id, write_message(draft), draft.texts["Subject"], (*own, *escalated))


def into_outbox(call: CommandContext, letters: Sequence[Letter], name: str, told: Told) -> list[Letter]:
    """Put the messages into the outbox, and what they tell into the report's memory, in one change."""
    if not letters:
        return []
    with call.request.changing(by=TICK) as session:
        for each in letters:
            session.put(f"{OUTBOX}/{each.id}.eml", each.content, before=None)
        if name:
            told |= {key: call.request.today for each in letters for key in each.keys}
            due_report_memory.write_memory(session, name, told, call.request.today)
    return list(letters)


def through(
    call: CommandContext, command: Sequence[str], letters: Sequence[Letter], name: str, told: Told
) -> list[Letter]:
    """Hand each message to a command; what has left is remembered at once, what has not is told again."""
    if call.request.dry_run:
        return list(letters)
    sent: list[Letter] = []
    for each in letters:
        ended = programs.run_words(
            list(command), each.content, root=call.request.workspace.root, timeout=SENDING, environment={}
        )
        if not ended.is_success:
            said = f": {ended.said}" if ended.said else ""
            whose = f"the report for {each.digest.user.id} did not leave"
            call.request.report_undone([f"{whose}, {command[0]} {ended.in_words}{said}"])
            continue
        sent.append(each)
        if name:
            told |= dict.fromkeys(each.keys, call.request.today)
            with call.request.changing(by=TICK) as session:
                due_report_memory.write_memory(session, name, told, call.request.today)
    return sent


def line(each: Letter) -> str:
    """What one of us is told, for people."""
    late = f", {each.digest.overdue} overdue" if each.digest.overdue else ""
    others = f", {len(each.digest.escalated)} of others that are late" if each.digest.escalated else ""
    count = len(each.digest.activities)
    what = f"{count} {'activity' if count == 1 else 'activities'}"
    return f"mail {each.id} for {each.digest.user.id}: {what}{late}{others}"


def document(each: Letter) -> Document:
    """`crm.report/1`: a report to one of us."""
    return {
        "schema": "crm.report/1",
        "id": each.id,
        "user": each.digest.user.id,
        "to": each.digest.user.email,
        "subject": each.subject,
        "activities": len(each.digest.activities),
        "overdue": each.digest.overdue,
        "escalated": len(each.digest.escalated),
    }
