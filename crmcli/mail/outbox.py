"""The outbox: every mail that waits to leave is a file, entered in its record in the same change."""

from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.changes import QueueMail
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


def composed(session: Writing, deal: Opportunity, mail: QueueMail) -> tuple[Opportunity, bytes]:
    """The bytes of a mail; one to contact or sponsor is entered in the record, one to one of us is not."""
    from crmcli.mail.compose import compose, notice  # Python's mail package, where there is a mail

    facts = session.facts(deal)
    about = next((each for each in deal.activities if mail.activity and each.id == mail.activity), None)
    facts = facts.of(about) if about else facts
    user = session.config.user(mail.user)
    if user is not None:
        return deal, notice(facts, session.root, mail.template, mail.message, session.moment, user)
    letter = compose(facts, session.root, mail.template, mail.message, session.moment, mail.to)
    return entered(deal, letter.message), letter.content


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
