"""Taking back what the rules of a win did, when the deal is reopened: only what nobody has touched."""

from collections.abc import Iterator

from msgspec.structs import replace

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
    """Cancel activities that are still planned, take off tags, and withdraw mails that were not sent.

    What was done, sent or set stays, and is named. Rewards are dealt with by `rewards.void_rewards`.
    """
    deal = facts.opportunity
    firings = firings_of_win(deal, facts.config)
    effects = [effect for entry in firings for effect in entry.did]
    planned = {effect.activity for effect in effects if effect.activity}
    tags = {effect.tag for effect in effects}
    kept = tuple(tag for tag in deal.tags if tag not in tags)
    back = tuple(effect.untag for effect in effects if effect.untag and effect.untag not in deal.tags)
    activities = tuple(
        replace(each, state=State.CANCELLED, closed=moment.at, reason=REOPENED)
        if each.id in planned and each.state is State.PLANNED
        else each
        for each in deal.activities
    )
    unsent = {each.id for each in list_unsent(facts)} & {effect.mail for effect in effects}
    after = replace(deal, tags=tuple(sorted({*kept, *back})) if back else kept, activities=activities)
    withdrawn = move_mails(after, unsent, MailFolder.WITHDRAWN, moment.at)
    notices = tuple(list_what_stays(facts.about(after), firings, unsent))
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


def list_what_stays(facts: Facts, firings: list[Entry], withdrawn: set[str | None]) -> Iterator[str]:
    """Yield a notice for each rule with what it did that stays."""
    deal = facts.opportunity
    done = {each.id: each for each in deal.activities if each.state is State.DONE}
    for entry in firings:
        stays = [
            describe_effect(effect) + (" (done)" if effect.activity else "")
            for effect in entry.did
            if (effect.activity in done if effect.activity else is_lasting(effect, withdrawn))
        ]
        if stays:
            yield f"{deal.id} is open again; stays, by rule {entry.rule}: {', '.join(stays)}"


def is_lasting(effect: RecordedEffect, withdrawn: set[str | None]) -> bool:
    """Tell whether an effect cannot be taken back, like a sent mail, a changed field or a program."""
    if effect.mail:
        return effect.mail not in withdrawn
    return bool(effect.notify or effect.set or effect.assign or effect.reassign or effect.run)
