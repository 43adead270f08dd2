"""What a stage requires of a deal that comes into it, and what the deal lacks."""

from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import (
    Opportunity,
)
from crmcli.domain.records import questionnaire_sheet

MOST_NAMED = 8  # questions in one message


def report_lacking(facts: Facts, stage: Stage) -> list[str]:
    """What a stage requires and a deal put there by hand lacks."""
    return [f"{name_deal(facts.opportunity)} in {stage.id}: {lack}" for lack in list_missing(facts, stage)]


def list_missing(facts: Facts, stage: Stage) -> list[str]:
    """Why a deal may not enter a stage: required fields it lacks, a stage it must come from."""
    deal = facts.opportunity
    lacks = [lack for field in facts.config.required(stage) if (lack := list_lacking(facts, field))]
    obstacles = [f"missing {', '.join(lacks)}"] if lacks else []
    if stage.won_from and deal.stage not in stage.won_from:
        obstacles.append(f"won only from {', '.join(stage.won_from)}")
    return obstacles


def list_lacking(facts: Facts, field: str) -> str | None:
    """What a deal lacks of a field that a stage requires, custom fields, answers and all of them included."""
    if field == questionnaire_sheet.WHOLE:
        return lacking_answers(facts)
    if field.startswith(questionnaire_sheet.ONE):
        return None if is_given(facts, field.removeprefix(questionnaire_sheet.ONE)) else field
    return None if has_value(facts.opportunity, field) else field


def lacking_answers(facts: Facts) -> str | None:
    """The required questions that a deal has not answered, of those that are asked."""
    if facts.questionnaire is None:
        return questionnaire_sheet.WHOLE
    missing = questionnaire_sheet.sheet_of(facts.questionnaire, facts.opportunity).missing
    if not missing:
        return None
    named = [item.question.id for item in missing[:MOST_NAMED]]
    more = [f"{len(missing) - MOST_NAMED} more"] if len(missing) > MOST_NAMED else []
    return f"{questionnaire_sheet.WHOLE} ({', '.join([*named, *more])})"


def is_given(facts: Facts, id: str) -> bool:
    """Is this question answered? One that is not asked needs no answer."""
    if facts.questionnaire is None:
        return False
    item = questionnaire_sheet.sheet_of(facts.questionnaire, facts.opportunity).item(id)
    return item is None or item.asked is questionnaire_sheet.Asked.NO or item.is_answered


def has_value(deal: Opportunity, field: str) -> bool:
    """Has this record a value for a field, custom fields included?"""
    if field in deal.__struct_fields__:
        return getattr(deal, field) not in (None, (), {}, "")
    return field in deal.fields
