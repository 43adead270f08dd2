"""Parsing incoming messages before anything is locked: the next batch on all cores, while one is filed."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from crmcli.domain.values.errors import CrmError
from crmcli.mail.incoming.mailboxes import Found
from crmcli.mail.incoming.parse import NoMailError, Received, parse_bytes
from crmcli.store.index.workers import Workers, count_cores

MOST = 500  # messages filed in one transaction
MOST_BYTES = 16 * 1024 * 1024  # of the messages in one transaction, unless it is a single one
WORTH_PROCESSES = 30  # messages; for fewer, starting processes is not worth it

Parsed = tuple[Received | None, str]  # what a message says, or why it could not be parsed


class Incoming(msgspec.Struct, frozen=True):
    """A message as received, and what it says."""

    content: bytes
    mail: Received | None = None
    fault: str = ""  # why it could not be parsed
    source: str = ""  # the file, with the number of the message in it if it has several
    letter: Path | None = None  # the file, if it is one of a Maildir

    @classmethod
    def of(cls, content: bytes) -> "Incoming":
        """Parse a message; one that cannot be parsed has the reason instead."""
        return cls(content, *parse_content(content))


def parse_content(content: bytes) -> Parsed:
    """Return what a message says, or why it could not be parsed."""
    try:
        return parse_bytes(content), ""
    except Exception as error:  # of any type: its bytes are kept, whatever they are
        return None, describe_failure(error)


def describe_failure(error: Exception) -> str:
    """Return why a message could not be filed, in one line."""
    known = isinstance(error, CrmError | NoMailError)
    return str(error) if known else f"cannot be filed: {type(error).__name__}: {error}"


def parse_batches(messages: Iterable[Found]) -> Iterator[list[Incoming]]:
    """Yield messages in batches, each for one transaction; the next one is being parsed by then.

    Nothing is read ahead of a few large messages, so that no more of them are in memory than need be.
    """
    before: Parsing | None = None
    try:
        for batch in list_batches(messages):
            current, before = before, Parsing(batch)
            if current is not None:
                yield current.finish()
            if not before.is_ahead:
                yield before.finish()
                before = None
        if before is not None:
            yield before.finish()
    finally:
        if before is not None:
            before.workers.stop()


class Parsing:
    """A batch of messages that is being parsed by other processes, if it is large enough for that."""

    def __init__(self, batch: Sequence[Found]) -> None:
        self.batch = batch
        cores = count_cores()
        self.is_ahead = len(batch) >= WORTH_PROCESSES and cores > 1
        self.workers = Workers(parse_found, batch, cores if self.is_ahead else 0)

    def finish(self) -> list[Incoming]:
        """Return the parsed messages; what is missing, since a process died, is parsed here."""
        found = list(self.workers.answers())
        self.workers.stop()
        found += map(parse_found, self.batch[len(found) :])
        return [
            Incoming(each.content, mail, fault, each.source, each.letter)
            for each, (mail, fault) in zip(self.batch, found, strict=True)
        ]


def parse_found(found: Found) -> Parsed:
    """Return what a message of a mailbox says, or why it could not be parsed."""
    return parse_content(found.content)


def list_batches(messages: Iterable[Found]) -> Iterator[list[Found]]:
    """Yield the messages in batches."""
    batch: list[Found] = []
    size = 0
    for each in messages:
        if batch and (len(batch) >= MOST or size + len(each.content) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(each.content)
    if batch:
        yield batch
