"""The first answer to somebody who wrote: when a lead came in, and when a person answered it."""

from collections.abc import Iterator

from crmcli.domain.model.history import own_entries
from crmcli.domain.model.mail_state import MailState, state_of_message
from crmcli.domain.model.record_types import (
    Direction,
    HistoryEvent,
    Instant,
    Kind,
    Message,
    Opportunity,
    State,
)


def came_in(deal: Opportunity) -> bool:
    """Tell whether a record began as a lead, or with a message of the customer."""
    if deal.kind is Kind.LEAD:
        return True
    return any(
        entry.event == HistoryEvent.QUALIFIED
        or (entry.event == HistoryEvent.CREATED and entry.by == "ingest")
        for entry in own_entries(deal)
    )


def first_answer(deal: Opportunity) -> Instant | None:
    """Return when a person first answered, by a mail sent or an activity done; None if nobody did.

    Mails that rules queue, such as an acknowledgement, do not count.
    """
    if deal.created is None:
        return None
    return min((at for at in answers(deal) if at >= deal.created), default=None)


def answers(deal: Opportunity) -> Iterator[Instant]:
    """Yield the instants at which a person answered."""
    yield from (each.closed for each in deal.activities if each.state is State.DONE and each.closed)
    by_rules = {
        effect.mail
        for entry in deal.history
        if entry.event == HistoryEvent.RULE
        for effect in entry.did
        if effect.mail
    }
    for message in deal.messages:
        at = left_at(message)
        if at is not None and message.id not in by_rules:
            yield at


def left_at(message: Message) -> Instant | None:
    """Return when a mail of a person left; None if it did not, or if nobody wrote it."""
    if message.direction is not Direction.OUT or message.automatic:
        return None
    return message.sent or message.at if state_of_message(message) is MailState.SENT else None
