"""Parsing incoming messages before anything is locked: the next batch on all cores, while one is filed."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from crmcli.domain.values.errors import CrmError
from crmcli.mail.incoming.parse import NoMailError, Received, parse_bytes
from crmcli.store.index.workers import Workers, count_cores

MOST = 500  # messages filed in one transaction
MOST_BYTES = 16 * 1024 * 1024  # of the messages in one transaction, unless it is a single one
WORTH_PROCESSES = 30  # messages; for fewer, starting processes is not worth it


class Incoming(msgspec.Struct, frozen=True):
    """A message as received, and what it says."""

    content: bytes
    mail: Received | None = None
    fault: str = ""  # why it could not be parsed

    @classmethod
    def of(cls, content: bytes) -> "Incoming":
        """Parse a message; one that cannot be parsed has the reason instead."""
        return cls(content, *parse_content(content))


def parse_content(content: bytes) -> tuple[Received | None, str]:
    """Return what a message says, or why it could not be parsed."""
    try:
        return parse_bytes(content), ""
    except Exception as error:  # of any type: its bytes are kept, whatever they are
        return None, describe_failure(error)


def describe_failure(error: Exception) -> str:
    """Return why a message could not be filed, in one line."""
    known = isinstance(error, CrmError | NoMailError)
    return str(error) if known else f"cannot be filed: {type(error).__name__}: {error}"


def parse_batches(contents: Iterable[bytes]) -> Iterator[list[Incoming]]:
    """Yield messages in batches, each for one transaction; the next one is being parsed by then."""
    before: Parsing | None = None
    try:
        for batch in list_batches(contents):
            current, before = before, Parsing(batch)
            if current is not None:
                yield current.finish()
        if before is not None:
            yield before.finish()
    finally:
        if before is not None:
            before.workers.stop()


class Parsing:
    """A batch of messages that is being parsed by other processes, if it is large enough for that."""

    def __init__(self, batch: Sequence[bytes]) -> None:
        self.batch = batch
        cores = count_cores()
        count = cores if len(batch) >= WORTH_PROCESSES and cores > 1 else 0
        self.workers = Workers(parse_content, batch, count)

    def finish(self) -> list[Incoming]:
        """Return the parsed messages; what is missing, since a process died, is parsed here."""
        found = list(self.workers.answers())
        self.workers.stop()
        found += map(parse_content, self.batch[len(found) :])
        return [
            Incoming(content, mail, fault) for content, (mail, fault) in zip(self.batch, found, strict=True)
        ]


def list_batches(contents: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the messages in batches."""
    batch: list[bytes] = []
    size = 0
    for each in contents:
        if batch and (len(batch) >= MOST or size + len(each) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(each)
    if batch:
        yield batch
