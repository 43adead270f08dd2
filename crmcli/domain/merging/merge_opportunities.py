"""Merge of leads and opportunities; amounts are never summed, and discarded values are reported."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from crmcli.domain.merging.merge_records import (
    Discarded,
    MergedField,
    MergeResult,
    RecordMerger,
    chosen_value,
    refuse_single,
    unite_by_id,
    unite_lists,
)
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import (
    Activity,
    Kind,
    Message,
    Opportunity,
    Project,
    RecordedEffect,
    Referral,
    Reward,
    State,
)
from crmcli.domain.model.status import Status, probability_of, status_of
from crmcli.domain.rules.rewards import DUE, PAID
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.folding import fold_text


def order_by_master(deals: Sequence[Opportunity], config: Config) -> list[Opportunity]:
    """Return the records with the one that stays first.

    Opportunities come before leads, then later stages, higher probabilities, older records.
    """
    stages = [stage.id for stage in config.stages]

    def rank(deal: Opportunity) -> tuple[Any, ...]:
        stage = deal.stage or stages[0]
        place = stages.index(stage) if stage in stages else -1
        made = (deal.created is None, str(deal.created), deal.id or "")
        return deal.kind is Kind.LEAD, -place, -probability_of(deal, config)[0], made

    return sorted(deals, key=rank)


def join_opportunities(
    deals: Sequence[Opportunity], config: Config, moment: Moment
) -> MergeResult[Opportunity]:
    """Return one record merged from several.

    A field is the first non-empty value in the order of `order_by_master`; descriptions are joined, the
    priority is the highest, tags, activities and messages are united. Stage, probability and what follows
    from them are those of the first. Raises RefusedError naming what cannot be merged.
    """
    refuse_single(deals)
    refuse_closed(deals, config)
    making = RecordMerger(order_by_master(deals, config))
    by_hand = {
        "contact": lambda: join_contact(making),
        "contact_unsure": lambda: None,  # merged with the contact
        "recurring_revenue": lambda: join_recurring(making),
        "recurring_months": lambda: None,  # merged with the revenue
        "project": lambda: join_projects(making),
        "rewards": lambda: join_rewards(making),
        "activities": lambda: join_activities(making),
        "messages": lambda: making.together("messages", sort_messages),
    }
    making.merge_fields(by_hand, unite_lists)
    result = making.joined(moment, list_taken_over(making))
    refuse_own_sponsor(result.record)
    return result


def refuse_closed(deals: Sequence[Opportunity], config: Config) -> None:
    """Check that all deals are open.

    Raises RefusedError naming one that is closed.
    """
    for deal in deals:
        if (stands := status_of(deal, config)) is not Status.OPEN:
            raise RefusedError(
                f"{name_deal(deal)} is {stands}; only open records are merged",
                hint=f"crm reopen {deal.id} first",
            )


def join_contact(making: RecordMerger[Opportunity]) -> None:
    """Merge the contact to the first one, one that is sure before others, and whether it is unsure."""
    named = [deal for deal in making.records if deal.contact]
    chosen = next((deal for deal in named if not deal.contact_unsure), next(iter(named), making.master))
    making.set(chosen_value("contact", chosen, making.records))
    making.values["contact_unsure"] = chosen.contact_unsure


def join_recurring(making: RecordMerger[Opportunity]) -> None:
    """Merge the recurring revenue together with its months."""
    first = next((deal for deal in making.records if deal.recurring_revenue is not None), making.master)
    others = [deal for deal in making.records if deal is not first]
    for field in ("recurring_revenue", "recurring_months"):
        value = getattr(first, field)
        held = [(deal.id or "", getattr(deal, field)) for deal in others]
        left = tuple(Discarded(other, id) for id, other in held if other not in (None, value))
        making.values[field] = value
        if value is not None or left:
            making.fields.append(MergedField(field, value, first.id, left))


def join_projects(making: RecordMerger[Opportunity]) -> None:
    """Merge the questionnaires and their answers.

    Raises RefusedError if two different questionnaires have been answered.
    """
    given = [deal for deal in making.records if deal.project is not None]
    answered = [deal for deal in given if deal.project and deal.project.answers]
    first = (answered or given or [making.master])[0].project
    if first is None:
        return
    for deal in answered:
        if deal.project and deal.project.questionnaire != first.questionnaire:
            raise RefusedError(
                f"{name_deal(deal)} has answered {deal.project.questionnaire}, "
                f"{answered[0].id} {first.questionnaire}: two questionnaires cannot be merged",
                hint="remove one with crm edit first",
            )
    making.fields.append(MergedField("questionnaire", first.questionnaire, (answered or given)[0].id))
    answers = making.by_key("project", lambda deal: answers_of(deal, first), shown="answer")
    extra = making.by_key("project", lambda deal: deal.project.extra if deal.project else {})
    making.values["project"] = replace(first, answers=answers, extra=extra)


def answers_of(deal: Opportunity, wanted: Project) -> dict[str, Any]:
    """Return a deal's answers if it has the wanted questionnaire, else none."""
    same = deal.project is not None and deal.project.questionnaire == wanted.questionnaire
    return deal.project.answers if same and deal.project else {}


def join_activities(making: RecordMerger[Opportunity]) -> None:
    """Unite the activities; of planned ones with the same type, day, time and text, the first stays.

    A note of the other one is taken over, unless the first has another note: then both stay.
    """
    taken: dict[Any, Activity] = {}
    twins: list[Discarded] = []
    for deal in making.records:
        for place, each in enumerate(deal.activities):
            same = (each.type, each.due, each.time, fold_text(each.summary or ""))
            key = same if each.state is State.PLANNED and each.due else each.id or (deal.id, place)
            first = taken.setdefault(key, each)
            if first is not each and key == same and each.note not in (None, first.note or each.note):
                taken[each.id or (deal.id, place)] = each
            elif first is not each and key == same:
                taken[key] = replace(first, note=first.note or each.note)
                twins.append(Discarded(f"« {each.summary or each.type} » ({each.id})", deal.id or ""))
    if taken:
        held = [deal.id for deal in making.records if deal.activities]
        value = tuple(taken.values())
        making.set(MergedField("activities", value, held[0] if len(held) == 1 else None, tuple(twins)))


def list_taken_over(making: RecordMerger[Opportunity]) -> tuple[RecordedEffect, ...]:
    """Return the tags and activities that the merged record has from the others, for its history."""
    tags = set(making.values.get("tags", ())) - set(making.master.tags)
    own = {each.id for each in making.master.activities}
    others = (each.id for each in making.values.get("activities", ()) if each.id and each.id not in own)
    return (
        *(RecordedEffect(tag=tag) for tag in sorted(tags)),
        *(RecordedEffect(activity=id) for id in others),
    )


def join_rewards(making: RecordMerger[Opportunity]) -> None:
    """Unite the rewards; void rewards of the other records stay void.

    Raises RefusedError if another record has a reward that is due or paid, since it belongs to that deal.
    """
    taken: list[Reward] = []
    for deal in making.records[1:]:
        for each in deal.rewards:
            if each.state in (DUE, PAID):
                raise RefusedError(
                    f"{name_deal(deal)} has reward {each.id}, which is {each.state}: it stays there"
                )
            taken.append(replace(each, rule=None))
    if taken:
        making.fields.append(MergedField("rewards", tuple(f"{each.id} ({each.state})" for each in taken)))
    making.values["rewards"] = (*making.master.rewards, *taken)


def sort_messages(values: Sequence[tuple[Message, ...]]) -> tuple[Message, ...]:
    """Return all messages, ordered by time."""
    return tuple(
        sorted(unite_by_id(values), key=lambda each: (each.at is None, each.at and each.at.timestamp()))
    )


def refuse_own_sponsor(deal: Opportunity) -> None:
    """Check that the deal's contact is not their own sponsor.

    Raises RefusedError otherwise.
    """
    by: Referral | None = deal.referral
    if by and by.by and by.by == deal.contact:
        raise RefusedError(f"{deal.contact} would have referred themselves", hint="crm set ID referred_by=")
