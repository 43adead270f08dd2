"""Requirements of a stage, and what a deal lacks to enter it."""

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.fields import fields_of, value_at, walk_fields
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import Address, Contact, Opportunity
from crmcli.domain.records import questionnaire_sheet

MOST_NAMED = 8  # questions in one message
OF_CONTACT = "contact."  # prefix of a requirement: the contact has a value for this field
NOTHING: tuple[object, ...] = (None, (), {}, "")
PLACE = tuple(spec.name for spec in fields_of(Address))
FIRST_OF = {"email": "emails", "phone": "phones"}
REQUIRABLE = {  # fields of a record, whole parts included
    **{spec.name: spec for spec in fields_of(Opportunity)},
    **dict(walk_fields(Opportunity)),
}
CONTACT_FIELDS = (*FIRST_OF, *PLACE, *(spec.name for spec in fields_of(Contact)))


def report_lacking(facts: Facts, stage: Stage) -> list[str]:
    """Return messages about the requirements that a deal moved in its file does not meet."""
    return [f"{name_deal(facts.opportunity)} in {stage.id}: {lack}" for lack in list_missing(facts, stage)]


def list_missing(facts: Facts, stage: Stage) -> list[str]:
    """Return why a deal may not enter a stage: missing required fields, or a wrong previous stage."""
    deal = facts.opportunity
    lacks = [lack for field in facts.config.required(stage) if (lack := list_lacking(facts, field))]
    obstacles: list[str] = [sentence("missing {fields}", fields=", ".join(lacks))] if lacks else []
    if stage.won_from and deal.stage not in stage.won_from:
        obstacles.append(sentence("won only from {stages}", stages=", ".join(stage.won_from)))
    return obstacles


def list_lacking(facts: Facts, field: str) -> str | None:
    """Return what a deal lacks of a required field, answer or questionnaire; None if nothing."""
    if field == questionnaire_sheet.WHOLE:
        return lacking_answers(facts)
    if field.startswith(questionnaire_sheet.ONE):
        return None if is_given(facts, field.removeprefix(questionnaire_sheet.ONE)) else field
    if field.startswith(OF_CONTACT):
        return None if contact_has(facts.contact, field.removeprefix(OF_CONTACT)) else field
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
    """Tell whether a record has a value for a field, like `marketing.source`, or for a custom field.

    The value that a field has by itself, such as a priority of 0, does not count.
    """
    spec = REQUIRABLE.get(field)
    if spec is None:
        return field in deal.fields
    return value_at(deal, field) not in (*NOTHING, spec.default)


def contact_has(contact: Contact | None, field: str) -> bool:
    """Tell whether a contact has a value for a field; `email`, `phone` and parts of addresses count, too."""
    if contact is None:
        return False
    if field in PLACE:
        return any(getattr(each, field) for each in contact.addresses)
    return getattr(contact, FIRST_OF.get(field, field)) not in NOTHING
