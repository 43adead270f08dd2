"""The outbox: every mail that waits to leave is a file, entered in its record in the same change."""

from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.changes import Change
from crmcli.domain.errors import NotFoundError
from crmcli.domain.model import Direction, Message, Opportunity
from crmcli.store.reading import Reading
from crmcli.store.session import Writing

OUTBOX = "pipeline_data/outbox"


class Waiting(NamedTuple):
    """A mail in the outbox: its id, when it was queued, to whom, about what, on which record."""

    id: str
    queued: str  # an instant, UTC
    to: str
    subject: str
    record: str


def carried_out(session: Writing, change: Change) -> Change:
    """Put a changed record, and the mails that leave because of it, into the session.

    Raises RefusedError where a mail cannot be rendered; nothing of this change is put then.
    """
    after = change.after
    composed = []
    for mail in change.mails:
        from crmcli.mail.compose import compose  # Python's mail package, where there is a mail

        letter = compose(session.facts(after), session.root, mail.template, mail.message, session.moment)
        after = entered(after, letter.message)
        composed.append(letter)
    for letter in composed:
        path = f"{OUTBOX}/{letter.message.file}"
        session.put(path, letter.content, before=session.content(path))
    session.save(after)
    return replace(change, after=after)


def entered(deal: Opportunity, message: Message) -> Opportunity:
    """The deal with a message in its list, once."""
    known = tuple(each for each in deal.messages if each.id != message.id)
    return replace(deal, messages=(*known, message))


def waiting_for(session: Reading, deal: Opportunity) -> list[str]:
    """The paths of a deal's mails that wait to leave."""
    paths = [
        f"{OUTBOX}/{each.file}" for each in deal.messages if each.direction is Direction.OUT and each.file
    ]
    return [path for path in paths if session.content(path) is not None]


def waiting(session: Reading) -> list[Waiting]:
    """The mails waiting to leave, in the order they were queued."""
    files = (session.root / OUTBOX).glob("*.eml")
    found = [described(path.stem, path.read_bytes()) for path in files]
    return sorted(found, key=lambda each: (each.queued, each.id))


def described(id: str, content: bytes) -> Waiting:
    """What a waiting mail's headers say."""
    from email import policy
    from email.parser import BytesHeaderParser

    from crmcli.mail.compose import RECORD

    mail = BytesHeaderParser(policy=policy.default).parsebytes(content)
    to, subject, record = (str(mail[name] or "") for name in ("To", "Subject", RECORD))
    date = mail["Date"]
    queued = date.datetime.astimezone(UTC) if date is not None and date.datetime else datetime.min
    return Waiting(id, f"{queued:%Y-%m-%dT%H:%M:%SZ}", to, subject, record)


def read(session: Reading, id: str) -> bytes:
    """A waiting mail, byte for byte.

    Raises NotFoundError where none has this id.
    """
    path = f"{OUTBOX}/{id.removesuffix('.eml')}.eml"
    content = session.content(path) if "/" not in id else None
    if content is None:
        raise NotFoundError(f"no mail {id!r} waits in the outbox", hint="crm outbox list")
    return content
