"""`crm digest`: what happened since a day, for each owner and whole, also as a mail to each user."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta
from email.utils import format_datetime
from typing import NamedTuple

from crmcli.domain.documents.report_documents import DigestDocument
from crmcli.domain.localization.locale import day_text, money_text
from crmcli.domain.model.changes import TICK
from crmcli.domain.model.config import Config, User
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import from_bits
from crmcli.mail.header_names import REPORT
from crmcli.mail.outgoing.compose import domain_of, mailbox_of, sender_of
from crmcli.mail.outgoing.message_writer import Draft, write_message
from crmcli.mail.outgoing.outbox import OUTBOX
from crmcli.operations.reporting.report_scope import ReportOptions, read_bound
from crmcli.operations.reporting.run_report import ReportResult, run_report
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Query
from crmcli.store.local_state import due_report_memory
from crmcli.store.local_state.due_report_memory import Told

LAST = "last"
USUAL = timedelta(days=7)  # the first digest goes back so far
SPAN = re.compile(r"[0-9]+ *[a-z]+")
MEMORY = "digest"
Check = Callable[["Digest"], object]


class Digest(NamedTuple):
    """What happened from a day to another, and the mails about it: who gets them, and their content."""

    since: date
    until: date
    found: ReportResult
    letters: list[tuple[User, str, bytes]]

    @property
    def is_empty(self) -> bool:
        """Tell whether the period has no day: the last digest went up to yesterday."""
        return self.until < self.since


def make_digest(request: Request, terms: Terms, since: str, *, mail: bool, check: Check) -> Digest:
    """Return what happened since a day up to yesterday, or with `last` since the last such digest.

    With `mail`, each user with an e-mail address gets one about their deals and all deals. `check` gets the
    digest before anything is stored. Raises UsageError for what is not a day.
    """
    query = request.query(terms)
    is_last = since == LAST
    memory: AbstractContextManager[Told] = nullcontext({})
    if is_last:
        memory = due_report_memory.read_memory(request.workspace.root, MEMORY)
    with memory as told:
        first, until = find_period(request, since, told)
        digest = build_digest(request, query, first, until, mail=mail)
        check(digest)
        if not digest.is_empty and (is_last or digest.letters):
            store_digest(request, digest, told if is_last else None)
    return digest


def find_period(request: Request, since: str, told: Told) -> tuple[date, date]:
    """Return the first and the last day of a digest."""
    yesterday = request.today - timedelta(days=1)
    if since == LAST:
        last = max(told.values(), default=yesterday - USUAL)
        return last + timedelta(days=1), yesterday
    text = f"-{since}" if SPAN.fullmatch(since) else since
    found = read_bound(request, "--since", text, is_end=False)
    if found is None or found > yesterday:
        raise UsageError(
            f"--since {since}: a digest goes up to yesterday", hint="like 7d, 2026-11-01 or last"
        )
    return found, yesterday


def build_digest(request: Request, query: Query, first: date, until: date, *, mail: bool) -> Digest:
    """Return the digest of a period; one without a day has no rows."""
    if until < first:
        return Digest(first, until, ReportResult([], []), [])
    options = ReportOptions("owner", first.isoformat(), until.isoformat())
    digest = Digest(first, until, run_report(request, "digest", query, options), [])
    return digest._replace(letters=list(compose_letters(request, digest))) if mail else digest


def compose_letters(request: Request, digest: Digest) -> Iterator[tuple[User, str, bytes]]:
    """Yield the mail to each user: their own figures, and those of all."""
    config = request.config
    for user in config.users:
        if user.email is None:
            request.advise(f"{user.id} has no e-mail address in crm.yaml")
            continue
        id = from_bits(int.from_bytes(os.urandom(8), "big"))
        yield user, id, write_message(compose_letter(request, user, user.email, id, digest))


def compose_letter(request: Request, user: User, address: str, id: str, digest: Digest) -> Draft:
    """Return the mail to one user."""
    config, language = request.config, request.config.language
    days = {"first": day_text(digest.since, config), "last": day_text(digest.until, config)}
    sender = sender_of(config)
    own = [row for row in digest.found.rows if row.id == user.id]
    parts = [language.translate("From {first} to {last}", **days)]
    parts += [part for row in own for part in describe_row(row, language.translate("Your deals"), config)]
    parts += [
        part
        for row in digest.found.totals
        for part in describe_row(row, language.translate("All deals"), config)
    ]
    return Draft(
        mailboxes={"From": [sender], "To": [mailbox_of(user.name or user.id, address)]},
        texts={
            "Subject": language.translate("Digest from {first} to {last}", **days),
            "Date": format_datetime(request.at),
            "Auto-Submitted": "auto-generated",
            REPORT: "digest",
        },
        ids={
            "Message-ID": [f"<{id}.digest@{domain_of(sender)}>"],
            "List-Id": [f"<digest.{domain_of(sender)}>"],
        },
        text="\n".join(parts) + "\n",
    )


def describe_row(row: DigestDocument, title: str, config: Config) -> Sequence[str]:
    """Return the lines of a mail about the figures of an owner, or of all."""
    language = config.language
    pipeline = f" ({row.pipeline})" if isinstance(row.pipeline, str) else ""
    won, lost = (money_text(amount, config) for amount in (row.won_revenue, row.lost_revenue))
    return (
        "",
        f"{title}{pipeline}",
        "  " + language.translate("new leads: {count}", count=row.leads),
        "  " + language.translate("created: {count}", count=row.created),
        "  " + language.translate("moved: {count}", count=row.moved),
        "  " + language.translate("won: {count}, for {amount}", count=row.won, amount=won),
        "  " + language.translate("lost: {count}, for {amount}", count=row.lost, amount=lost),
        "  " + language.translate("stuck: {count}", count=row.stuck),
        "  " + language.translate("rewards paid: {amount}", amount=money_text(row.paid, config)),
    )


def store_digest(request: Request, digest: Digest, told: Told | None) -> None:
    """Put the mails into the outbox, and the last day into the memory of digests, in one transaction."""
    with request.changing(by=TICK) as session:
        for _, id, content in digest.letters:
            session.put(f"{OUTBOX}/{id}.eml", content, before=None)
        if told is not None:
            told[digest.until.isoformat()] = digest.until
            due_report_memory.write_memory(session, MEMORY, told, request.today)
