"""Requirements of a stage, and what a deal lacks to enter it."""

from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import (
    Opportunity,
)
from crmcli.domain.records import questionnaire_sheet

MOST_NAMED = 8  # questions in one message


def report_lacking(facts: Facts, stage: Stage) -> list[str]:
    """Return messages about the requirements that a deal moved in its file does not meet."""
    return [f"{name_deal(facts.opportunity)} in {stage.id}: {lack}" for lack in list_missing(facts, stage)]


def list_missing(facts: Facts, stage: Stage) -> list[str]:
    """Return why a deal may not enter a stage: missing required fields, or a wrong previous stage."""
    deal = facts.opportunity
    lacks = [lack for field in facts.config.required(stage) if (lack := list_lacking(facts, field))]
    obstacles = [f"missing {', '.join(lacks)}"] if lacks else []
    if stage.won_from and deal.stage not in stage.won_from:
        obstacles.append(f"won only from {', '.join(stage.won_from)}")
    return obstacles


def list_lacking(facts: Facts, field: str) -> str | None:
    """Return what a deal lacks of a required field, answer or questionnaire; None if nothing."""
    if field == questionnaire_sheet.WHOLE:
        return lacking_answers(facts)
    if field.startswith(questionnaire_sheet.ONE):
        return None if is_given(facts, field.removeprefix(questionnaire_sheet.ONE)) else field
    return None if has_value(facts.opportunity, field) else field


def lacking_answers(facts: Facts) -> str | None:
    """Return a text naming the required questions that are asked and not answered; None if there are none."""
    if facts.questionnaire is None:
        return questionnaire_sheet.WHOLE
    missing = questionnaire_sheet.sheet_of(facts.questionnaire, facts.opportunity).missing
    if not missing:
        return None
    named = [item.question.id for item in missing[:MOST_NAMED]]
    more = [f"{len(missing) - MOST_NAMED} more"] if len(missing) > MOST_NAMED else []
    return f"{questionnaire_sheet.WHOLE} ({', '.join([*named, *more])})"


def is_given(facts: Facts, id: str) -> bool:
    """Tell whether a question is answered, or needs no answer because it is unknown or not asked."""
    if facts.questionnaire is None:
        return False
    item = questionnaire_sheet.sheet_of(facts.questionnaire, facts.opportunity).item(id)
    return item is None or item.asked is questionnaire_sheet.Asked.NO or item.is_answered


def has_value(deal: Opportunity, field: str) -> bool:
    """Tell whether a record has a value for a field or a custom field."""
    if field in deal.__struct_fields__:
        return getattr(deal, field) not in (None, (), {}, "")
    return field in deal.fields
