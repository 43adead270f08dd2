"""Taking back what rules did after a win that no longer stands: only what nobody has touched."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from crmcli.domain.localization.translations import IN_ENGLISH
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import is_closing
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Entry, HistoryEvent, Opportunity, RecordedEffect, State
from crmcli.domain.model.recorded_effects import describe_effect
from crmcli.domain.rules.unsent_mails import list_unsent, move_mails

REOPENED = "reopened"  # why an activity was cancelled


def take_back_win(facts: Facts, moment: Moment) -> Change:
    """Take back what the rules of the last win did, after the deal was reopened.

    Rewards are dealt with by `rewards.void_rewards`.
    """
    firings = firings_of_win(facts.opportunity, facts.config)
    return take_back_firings(facts, firings, moment, REOPENED, f"{facts.opportunity.id} is open again")


def take_back_firings(
    facts: Facts, firings: Sequence[Entry], moment: Moment, reason: str, why: str
) -> Change:
    """Cancel activities that are still planned, take off tags, and withdraw mails that were not sent.

    `reason` is recorded in the activities. What was done, sent or set stays, and notices that begin with
    `why` name it.
    """
    deal = facts.opportunity
    effects = [effect for entry in firings for effect in entry.did]
    planned = {effect.activity for effect in effects if effect.activity}
    tags = {effect.tag for effect in effects}
    kept = tuple(tag for tag in deal.tags if tag not in tags)
    back = tuple(effect.untag for effect in effects if effect.untag and effect.untag not in deal.tags)
    activities = tuple(
        replace(each, state=State.CANCELLED, closed=moment.at, reason=reason)
        if each.id in planned and each.state is State.PLANNED
        else each
        for each in deal.activities
    )
    unsent = {each.id for each in list_unsent(facts)} & {effect.mail for effect in effects}
    after = replace(deal, tags=tuple(sorted({*kept, *back})) if back else kept, activities=activities)
    withdrawn = move_mails(after, unsent, MailFolder.WITHDRAWN, moment.at)
    notices = tuple(f"{why}; {each}" for each in list_what_stays(after, firings, unsent))
    return Change(before=deal, after=after, notices=notices).then(withdrawn)


def firings_of_win(deal: Opportunity, config: Config) -> list[Entry]:
    """Return the firings that the last win caused: those of its moment, and those of the won stage since."""
    won = next(
        (
            place
            for place in reversed(range(len(deal.history)))
            if is_closing(deal.history[place]) and deal.history[place].to in config.won_stages
        ),
        None,
    )
    if won is None:
        return []
    closing, later = deal.history[won], deal.history[won + 1 :]
    return [
        each
        for each in later
        if each.event == HistoryEvent.RULE
        and each.of is None
        and (each.at == closing.at or (each.rule or "").startswith(f"{closing.to}."))
    ]


def list_what_stays(deal: Opportunity, firings: Sequence[Entry], withdrawn: set[str | None]) -> Iterator[str]:
    """Yield in words what each rule did that stays."""
    done = {each.id: each for each in deal.activities if each.state is State.DONE}
    for entry in firings:
        stays = [
            describe_effect(effect, language=IN_ENGLISH) + (" (done)" if effect.activity else "")
            for effect in entry.did
            if (effect.activity in done if effect.activity else is_lasting(effect, withdrawn))
        ]
        if stays:
            yield f"stays, by rule {entry.rule}: {', '.join(stays)}"


def is_lasting(effect: RecordedEffect, withdrawn: set[str | None]) -> bool:
    """Tell whether an effect cannot be taken back, like a sent mail, a changed field or a program."""
    if effect.mail:
        return effect.mail not in withdrawn
    return bool(effect.notify or effect.set or effect.assign or effect.reassign or effect.run)
