"""The outbox: each waiting mail is a file, written in one transaction with its entry in the record."""

import os

from msgspec.structs import replace

from crmcli.domain.model.changes import QueueMail
from crmcli.domain.model.record_types import Direction, Message, Opportunity
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

OUTBOX, SUFFIX = "pipeline_data/outbox", ".eml"


def compose_queued(session: Writing, deal: Opportunity, mail: QueueMail) -> tuple[Opportunity, bytes]:
    """Compose a queued mail; one to a contact or sponsor is also entered in the record."""
    from crmcli.mail.compose import (  # loads Python's email package only when needed
        compose_email,
        compose_notice,
    )

    facts = session.facts(deal)
    about = next((each for each in deal.activities if mail.activity and each.id == mail.activity), None)
    facts = facts.of(about) if about else facts
    user = session.config.user(mail.user)
    if user is not None:
        return deal, compose_notice(facts, session.root, mail.template, mail.message, session.moment, user)
    letter = compose_email(facts, session.root, mail.template, mail.message, session.moment, mail.to)
    return enter_message(deal, letter.message), letter.content


def enter_message(deal: Opportunity, message: Message) -> Opportunity:
    """Return the record with a message in its list, replacing one with the same id."""
    known = tuple(each for each in deal.messages if each.id != message.id)
    return replace(deal, messages=(*known, message))


def waiting_for(session: Reading, deal: Opportunity) -> list[str]:
    """Return the paths of a record's mails in the outbox; file names that lead elsewhere are ignored."""
    names = [each.file for each in deal.messages if each.direction is Direction.OUT and each.file]
    paths = [f"{OUTBOX}/{name}" for name in names if "/" not in name and name.endswith(SUFFIX)]
    return [path for path in paths if os.path.lexists(session.root / path)]
