"""Messages of records, whole: their text as it came, and their attachments."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.model.record_types import Message, Opportunity
from crmcli.domain.values.errors import NotFoundError, RefusedError
from crmcli.domain.values.ids import is_id
from crmcli.mail.incoming import message_body
from crmcli.mail.incoming.attachments import is_cut_mail, list_attachments, part_content
from crmcli.mail.incoming.file_names import safe_names
from crmcli.mail.incoming.parse import parse_message, parse_uncut
from crmcli.mail.outgoing.outbox_reader import read_regular
from crmcli.operations.request import Request
from crmcli.operations.steps.gather_personal_data import list_places
from crmcli.store.reader import Reading
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Tree


class StoredMessage(NamedTuple):
    """A message of a record, with the record and the bytes of its file."""

    deal: Opportunity
    message: Message
    content: bytes


class SavedFile(NamedTuple):
    """An attachment: its message, its name as sent, kind and size, and its name when saved."""

    message: str
    name: str
    kind: str
    size: int
    file: str


def find_entries(reading: Reading, reference: str, record: str | None) -> list[tuple[Opportunity, Message]]:
    """Return the message with an id, else all messages of the record at a path, the newest last."""
    if is_id(reference):
        for path in reading.index.messages([reference]):
            deal = reading.opportunity(path)
            found = [(deal, each) for each in deal.messages if each.id == reference]
            if found:
                return found
    if record is None:
        return []
    whole = reading.opportunity(record)
    return [(whole, each) for each in whole.messages]


def is_message(reading: Reading, reference: str) -> bool:
    """Tell whether a reference is the id of a message."""
    return bool(find_entries(reading, reference, None))


def load_message(reading: Reading, deal: Opportunity, message: Message) -> StoredMessage:
    """Return a message with its bytes.

    Raises NotFoundError where its file is not on this machine, RefusedError for a link.
    """
    for path in list_places(message.file or ""):
        content = read_regular(reading.root, path)
        if content is not None:
            return StoredMessage(deal, message, content)
    what = f"the file of message {message.id} is not here ({message.file or 'none is recorded'})"
    raise NotFoundError(what, hint="received mail is kept on the machine that ingested it (mail.in_git)")


def load_messages(reading: Reading, entries: list[tuple[Opportunity, Message]]) -> Iterator[StoredMessage]:
    """Yield messages with their bytes; of several, those without attachments need no file.

    Raises NotFoundError where a file with attachments is not on this machine.
    """
    for deal, message in entries:
        try:
            yield load_message(reading, deal, message)
        except NotFoundError:
            if message.attachments or len(entries) == 1:
                raise


def newest_message(reading: Reading, reference: str, record: str | None) -> StoredMessage:
    """Return the message with an id, or the newest one of a record.

    Raises NotFoundError for a record without messages.
    """
    entries = find_entries(reading, reference, record)
    if not entries:
        raise NotFoundError(f"{reference} has no messages")
    return load_message(reading, *entries[-1])


def whole_text(stored: StoredMessage) -> str:
    """Return the whole text of a message, with what it quotes and its signature."""
    return message_body.readable_text(parse_message(stored.content))


def list_files(reading: Reading, reference: str, record: str | None) -> list[SavedFile]:
    """Return the attachments of a message, or of all of a record, with the names to save them under."""
    found = [
        (stored.message.id or "", each.entry)
        for stored in load_messages(reading, find_entries(reading, reference, record))
        for each in list_attachments(parse_message(stored.content))
    ]
    names = safe_names(each.name or "" for _, each in found)
    return [
        SavedFile(id, each.name or "", each.type or "", each.size or 0, name)
        for (id, each), name in zip(found, names, strict=True)
    ]


def read_files(reading: Reading, reference: str, record: str | None) -> Iterator[bytes]:
    """Yield the contents of the attachments that `list_files` lists, in the same order."""
    for stored in load_messages(reading, find_entries(reading, reference, record)):
        attached = list_attachments(parse_message(stored.content))
        if any(is_cut_mail(each.part) for each in attached):
            attached = list_attachments(parse_uncut(stored.content))[: len(attached)]
        for each in attached:
            yield part_content(each.part, stored.content)


def save_files(
    request: Request, reading: Reading, reference: str, record: str | None, target: Path
) -> list[SavedFile]:
    """Save the attachments of a message or a record into a directory; files there are not replaced.

    Raises RefusedError if a file of the same name is there, or if nothing is attached.
    """
    found = list_files(reading, reference, record)
    if not found:
        raise RefusedError("has no attachments", where=reference)
    for each in found:
        if (target / each.file).exists() or (target / each.file).is_symlink():
            raise RefusedError("exists already", where=str(target / each.file), hint="give another directory")
    if not request.dry_run:
        with files.told_as_storage_error():
            files.make_private(target).close()
            with Tree(target) as tree:
                contents = read_files(reading, reference, record)
                for each, content in zip(found, contents, strict=True):
                    tree.make("").put(each.file, content, files.PRIVATE)
                tree.sync({""})
    return found
