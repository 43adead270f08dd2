"""`crm digest`: what happened since a day, for each owner and whole, also as a mail to each user."""

import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta
from typing import NamedTuple

from crmcli.domain.model.changes import TICK
from crmcli.domain.model.config import User
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import from_bits
from crmcli.mail.outgoing.message_writer import write_message
from crmcli.mail.outgoing.outbox import OUTBOX
from crmcli.mail.outgoing.reports.digest_letter import DigestFigures, compose_digest
from crmcli.operations.reporting.report_scope import ReportOptions, read_bound
from crmcli.operations.reporting.run_report import ReportResult, run_report
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Query
from crmcli.store.local_state import due_report_memory
from crmcli.store.local_state.due_report_memory import Told

LAST = "last"
USUAL = timedelta(days=7)  # the first digest goes back so far
SPAN = re.compile(r"[0-9]+ *[a-z]+")
SEEN, MAILED = "digest", "digest-mail"  # memories: who looks at it takes nothing from the mails
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


def make_digest(
    request: Request, terms: Terms, since: str, *, mail: bool, check: Check, words: str = ""
) -> Digest:
    """Return what happened since a day up to yesterday, or with `last` since the last such digest.

    With `mail`, each user with an e-mail address gets one about their deals and all deals. `words` are those
    of the query, which the mail tells; each query has its own last digest. `check` gets the
    digest before anything is stored. Raises UsageError for what is not a day.
    """
    query = request.query(terms)
    is_last = since == LAST
    memory: AbstractContextManager[Told] = nullcontext({})
    if is_last:
        memory = due_report_memory.read_memory(request.workspace.root, memory_of(words, mail=mail))
    with memory as told:
        first, until = find_period(request, since, told)
        digest = build_digest(request, query, first, until)
        if mail and not digest.is_empty:
            digest = digest._replace(letters=list(compose_letters(request, digest, words)))
        check(digest)
        if not digest.is_empty and (is_last or digest.letters):
            store_digest(request, digest, told if is_last else None, memory_of(words, mail=mail))
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


def build_digest(request: Request, query: Query, first: date, until: date) -> Digest:
    """Return the digest of a period; one without a day has no rows."""
    if until < first:
        return Digest(first, until, ReportResult([], []), [])
    options = ReportOptions("owner", first.isoformat(), until.isoformat())
    return Digest(first, until, run_report(request, "digest", query, options), [])


def compose_letters(request: Request, digest: Digest, words: str) -> Iterator[tuple[User, str, bytes]]:
    """Yield the mail to each user: their own figures, those of each owner, and those of all."""
    root, config = request.workspace.root, request.config
    figures = DigestFigures(digest.since, digest.until, digest.found.rows, digest.found.totals, words)
    for user in config.users:
        if user.email is None:
            request.advise(f"{user.id} has no e-mail address in crm.yaml")
            continue
        id = from_bits(int.from_bytes(os.urandom(8), "big"))
        yield user, id, write_message(compose_digest(user, figures, root, config, id, request.reading_moment))


def memory_of(words: str, *, mail: bool) -> str:
    """Return the name of the memory of what was told: mails have their own, and so has each query."""
    name = MAILED if mail else SEEN
    return f"{name}-{zlib.crc32(words.encode()):08x}" if words else name


def store_digest(request: Request, digest: Digest, told: Told | None, name: str) -> None:
    """Put the mails into the outbox, and the last day into the memory of digests, in one transaction."""
    with request.changing(by=TICK) as session:
        for _, id, content in digest.letters:
            session.put(f"{OUTBOX}/{id}.eml", content, before=None)
        if told is not None:
            told[digest.until.isoformat()] = digest.until
            due_report_memory.write_memory(session, name, told, request.today)
