"""The outbox: every mail that waits to leave is a file, entered in its record in the same change."""

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from crmcli.domain.changes import Change, QueueMail
from crmcli.domain.errors import NotFoundError
from crmcli.domain.model import Opportunity
from crmcli.mail.compose import compose
from crmcli.store.session import Reading, Writing

OUTBOX = "pipeline_data/outbox"


def carried_out(session: Writing, changes: Iterable[Change]) -> list[Change]:
    """Put changed records, and the mails that leave because of them, into the session.

    Raises RefusedError where a mail cannot be rendered; nothing is stored then.
    """
    made = []
    for change in changes:
        after = change.after
        for mail in change.mails:
            after = queued(session, after, mail)
        session.save(after)
        made.append(replace(change, after=after))
    return made


def queued(session: Writing, deal: Opportunity, mail: QueueMail) -> Opportunity:
    """The deal with a message entered that now waits in the outbox."""
    facts = session.facts(deal)
    composed = compose(facts, session.root, mail.template, mail.message, session.moment)
    path = f"{OUTBOX}/{composed.message.file}"
    session.put(path, composed.content, before=session.content(path))
    known = tuple(each for each in deal.messages if each.id != composed.message.id)
    return replace(deal, messages=(*known, composed.message))


def waiting(root: Path) -> list[Path]:
    """The files of mails waiting to leave, by name."""
    return sorted((root / OUTBOX).glob("*.eml"))


def read(session: Reading, id: str) -> bytes:
    """A waiting mail, byte for byte.

    Raises NotFoundError where none has this id.
    """
    path = f"{OUTBOX}/{id.removesuffix('.eml')}.eml"
    content = session.content(path) if "/" not in id else None
    if content is None:
        raise NotFoundError(f"no mail {id!r} waits in the outbox", hint="crm outbox list")
    return content
