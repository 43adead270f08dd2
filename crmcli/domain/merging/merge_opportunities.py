"""Leads and opportunities made into one: the order of the field, money never summed, nothing in silence."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.merging.merge_records import Joined, Joining, Left, Taken, by_id, several, unite
from crmcli.domain.model.record_types import Kind, Message, Opportunity, Project, Referral, Reward
from crmcli.domain.records.transitions import name
from crmcli.domain.rules.rewards import DUE, PAID
from crmcli.domain.model.status import Standing, probability, standing


def in_order(deals: Sequence[Opportunity], config: Config) -> list[Opportunity]:
    """The records with the one that stays first.

    An opportunity before a lead, then the later stage, the higher probability, the older record.
    """
    stages = [stage.id for stage in config.stages]

    def rank(deal: Opportunity) -> tuple[Any, ...]:
        stage = deal.stage or stages[0]
        place = stages.index(stage) if stage in stages else -1
        made = (deal.created is None, str(deal.created), deal.id or "")
        return deal.kind is Kind.LEAD, -place, -probability(deal, config)[0], made

    return sorted(deals, key=rank)


def joined(deals: Sequence[Opportunity], config: Config, moment: Moment) -> Joined[Opportunity]:
    """One record of several.

    A field is the first that says something in the order of `in_order`; descriptions are joined,
    the priority is the highest, tags, activities and messages are those of all. Stage, probability
    and what follows from them are the master's. Raises RefusedError naming what cannot be joined.
    """
    several(deals)
    refuse_closed(deals, config)
    making = Joining(in_order(deals, config))
    by_hand = {
        "recurring_revenue": lambda: recurring(making),
        "recurring_months": lambda: None,  # goes with the revenue
        "project": lambda: project(making),
        "rewards": lambda: rewards(making),
        "messages": lambda: making.together("messages", letters),
    }
    making.merge_fields(by_hand, unite)
    result = making.joined(moment)
    refuse_own_sponsor(result.record)
    return result


def refuse_closed(deals: Sequence[Opportunity], config: Config) -> None:
    """Make sure that all of them can still be won.

    Raises RefusedError naming the one that is closed.
    """
    for deal in deals:
        if (stands := standing(deal, config)) is not Standing.OPEN:
            raise RefusedError(
                f"{name(deal)} is {stands}; only open records are merged", hint=f"crm reopen {deal.id} first"
            )


def recurring(making: Joining[Opportunity]) -> None:
    """The recurring revenue with its months, which belong together."""
    first = next((deal for deal in making.records if deal.recurring_revenue is not None), making.master)
    others = [deal for deal in making.records if deal is not first]
    for field in ("recurring_revenue", "recurring_months"):
        value = getattr(first, field)
        held = [(deal.id or "", getattr(deal, field)) for deal in others]
        left = tuple(Left(other, id) for id, other in held if other not in (None, value))
        making.values[field] = value
        if value is not None or left:
            making.fields.append(Taken(field, value, first.id, left))


def project(making: Joining[Opportunity]) -> None:
    """The questionnaire with its answers.

    Raises RefusedError where two different ones have been answered.
    """
    given = [deal for deal in making.records if deal.project is not None]
    answered = [deal for deal in given if deal.project and deal.project.answers]
    first = (answered or given or [making.master])[0].project
    if first is None:
        return
    for deal in answered:
        if deal.project and deal.project.questionnaire != first.questionnaire:
            raise RefusedError(
                f"{name(deal)} has answered {deal.project.questionnaire}, "
                f"{answered[0].id} {first.questionnaire}: two questionnaires cannot be merged",
                hint="remove one with crm edit first",
            )
    making.fields.append(Taken("questionnaire", first.questionnaire, (answered or given)[0].id))
    answers = making.by_key("project", lambda deal: answers_of(deal, first), shown="answer")
    extra = making.by_key("project", lambda deal: deal.project.extra if deal.project else {})
    making.values["project"] = replace(first, answers=answers, extra=extra)


def answers_of(deal: Opportunity, wanted: Project) -> dict[str, Any]:
    """A deal's answers to the same questionnaire."""
    same = deal.project is not None and deal.project.questionnaire == wanted.questionnaire
    return deal.project.answers if same and deal.project else {}


def rewards(making: Joining[Opportunity]) -> None:
    """The rewards of all; void ones taken over stay void.

    Raises RefusedError for one of another record that is due or was paid: it belongs to that deal.
    """
    taken: list[Reward] = []
    for deal in making.records[1:]:
        for each in deal.rewards:
            if each.state in (DUE, PAID):
                raise RefusedError(
                    f"{name(deal)} has reward {each.id}, which is {each.state}: it stays there"
                )
            taken.append(replace(each, rule=None))
    if taken:
        making.fields.append(Taken("rewards", tuple(f"{each.id} ({each.state})" for each in taken)))
    making.values["rewards"] = (*making.master.rewards, *taken)


def letters(values: Sequence[tuple[Message, ...]]) -> tuple[Message, ...]:
    """All messages, in order of time."""
    return tuple(sorted(by_id(values), key=lambda each: (each.at is None, each.at and each.at.timestamp())))


def refuse_own_sponsor(deal: Opportunity) -> None:
    """Make sure that nobody has brought themselves.

    Raises RefusedError.
    """
    by: Referral | None = deal.referral
    if by and by.by and by.by == deal.contact:
        raise RefusedError(f"{deal.contact} would have referred themselves", hint="crm set ID referred_by=")
