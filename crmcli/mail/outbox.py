"""The outbox: every mail that waits to leave is a file, entered in its record in the same change."""

import os

from msgspec.structs import replace

from crmcli.domain.model.changes import QueueMail
from crmcli.domain.model.record_types import Direction, Message, Opportunity
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

OUTBOX, SUFFIX = "pipeline_data/outbox", ".eml"


def compose_queued(session: Writing, deal: Opportunity, mail: QueueMail) -> tuple[Opportunity, bytes]:
    """The bytes of a mail; one to contact or sponsor is entered in the record, one to one of us is not."""
    from crmcli.mail.compose import (  # Python's mail package, where there is a mail
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
    """The deal with a message in its list, once."""
    known = tuple(each for each in deal.messages if each.id != message.id)
    return replace(deal, messages=(*known, message))


def waiting_for(session: Reading, deal: Opportunity) -> list[str]:
    """The paths of a deal's mails that wait to leave; a file elsewhere is never named, whatever it says."""
    names = [each.file for each in deal.messages if each.direction is Direction.OUT and each.file]
    paths = [f"{OUTBOX}/{name}" for name in names if "/" not in name and name.endswith(SUFFIX)]
    return [path for path in paths if os.path.lexists(session.root / path)]
