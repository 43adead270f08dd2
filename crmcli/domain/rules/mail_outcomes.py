"""What became of an outgoing mail, on its record: marks, and an activity where somebody must act."""

from datetime import date
from typing import Any

from msgspec.structs import replace

from crmcli.domain.localization.translations import deferred
from crmcli.domain.model.config import Config
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.model.record_types import Activity, Message, Opportunity
from crmcli.domain.values.ids import derive_id

TYPES = ("email", "todo")  # of the activity, in this order, where they are configured
SUMMARIES = {  # in the language of the workspace, like all that stands in a record
    MailState.FAILED: deferred("E-mail not delivered to {to}: « {subject} » ({reason})"),
    MailState.UNCERTAIN: deferred("E-mail perhaps not sent, ask {to}: « {subject} »"),
}
UNMARKED: dict[str, Any] = dict.fromkeys(("held", "sending", "failed", "reason", "withdrawn"))


def find_message(deal: Opportunity, id: str) -> Message | None:
    """Return the message of a record with this id, or None."""
    return next((each for each in deal.messages if each.id == id), None)


def mark_message(deal: Opportunity, id: str, **marks: Any) -> Opportunity:
    """Return a record whose message has exactly these marks of its way out; `sent` stays."""
    messages = tuple(
        replace(each, **{**UNMARKED, **marks}) if each.id == id else each for each in deal.messages
    )
    return replace(deal, messages=messages)


def ask_owner(deal: Opportunity, id: str, state: MailState, day: date, config: Config) -> Opportunity:
    """Return a record with an activity for its owner about a mail that failed, or is uncertain.

    It is planned once.
    """
    message = find_message(deal, id)
    since = None if message is None else message.failed or message.sending
    made = derive_id("mail", id, state, str(since))
    if message is None or any(each.id == made for each in deal.activities):
        return deal
    values = {"to": message.to or "?", "subject": message.subject or "", "reason": message.reason or ""}
    summary = config.language.translate(SUMMARIES[state], **values)
    known = [kind.id for kind in config.activity_types]
    type = next((each for each in TYPES if each in known), next(iter(known), TYPES[-1]))
    activity = Activity(id=made, type=type, summary=summary, due=day, assignee=deal.owner)
    return replace(deal, activities=(*deal.activities, activity))
