"""Activities that a message makes by itself, without a rule: an address that fails, a stranger who writes.

Their texts are in the workspace's language, English where there is none.
"""

from msgspec.structs import replace

from crmcli.domain.localization.translations import deferred
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import State
from crmcli.domain.records.draft_activity import draft_activity

LONGEST = 200  # characters of a name, an address or a subject in a summary
TYPES = ("email", "call", "todo")  # the type of activity, the first that is configured
BOUNCED = deferred("Check the address {who}: the mail « {subject} » did not arrive")
STRANGER = deferred("Read the message from {who}, who is not one of the people of this deal")
DETAILS = deferred("From the message: {details}")


def incoming_text(config: Config, text: str, **values: str) -> str:
    """Return a text in the workspace's language, with values of bounded length in it."""
    return config.language.translate(text, **{key: value[:LONGEST] for key, value in values.items()})


def plan_incoming(facts: Facts, moment: Moment, id: str, summary: str) -> Change:
    """Plan an activity for the owner, unless one with the same summary is planned."""
    deal = facts.opportunity
    unchanged = Change(before=deal, after=deal)
    if any(each.summary == summary and each.state is State.PLANNED for each in deal.activities):
        return unchanged
    known = [kind.id for kind in facts.config.activity_types]
    type = next((each for each in TYPES if each in known), (known or ["todo"])[0])
    drafted = draft_activity(facts, moment, id=id, type=type, summary="-")
    activity = replace(drafted, summary=summary, assignee=deal.owner or drafted.assignee)
    return Change(before=deal, after=replace(deal, activities=(*deal.activities, activity)))


def note_details(change: Change, note: str) -> Change:
    """Return a change whose first new activity carries a note; unchanged where it plans none."""
    before = {each.id for each in change.before.activities} if change.before else set()
    deal = change.after
    for number, each in enumerate(deal.activities):
        if each.id not in before and each.state is State.PLANNED:
            noted = replace(each, note="\n".join(filter(None, [each.note, note])))
            activities = (*deal.activities[:number], noted, *deal.activities[number + 1 :])
            return replace(change, after=replace(deal, activities=activities))
    return change
