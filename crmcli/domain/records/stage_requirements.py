"""Requirements of a stage, and what a deal lacks to enter it."""

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.fields import fields_of, value_at, walk_fields
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import Address, Contact, Opportunity
from crmcli.domain.records import questionnaire_sheet
from crmcli.domain.values.list_entries import find_label

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
        names = [find_label(facts.config.stages, each) for each in stage.won_from]
        obstacles.append(sentence("won only from {stages}", stages=", ".join(names)))
    return obstacles


def list_remedies(facts: Facts, stage: Stage) -> list[str]:
    """Return the commands that give a deal what it lacks to enter a stage, each once."""
    deal = facts.opportunity
    lacking = [field for field in facts.config.required(stage) if list_lacking(facts, field)]
    plain = [f"{field}=VALUE" for field in lacking if is_assigned(field)]
    others = [command_for(facts, field) for field in lacking if not is_assigned(field)]
    commands = [f"crm set {deal.id} {' '.join(plain)}"] if plain else []
    if stage.won_from and deal.stage not in stage.won_from:
        others.append(f"crm move {deal.id} --to {stage.won_from[-1]}")
    return list(dict.fromkeys([*commands, *others]))


def is_assigned(field: str) -> bool:
    """Tell whether `crm set` gives a record this field, which is one of its own or a custom one."""
    if field == questionnaire_sheet.WHOLE or field.startswith((questionnaire_sheet.ONE, OF_CONTACT)):
        return False
    return not (field in REQUIRABLE and REQUIRABLE[field].declared.set_by)


def command_for(facts: Facts, field: str) -> str:
    """Return the command that gives a record a required field which `crm set` does not."""
    deal, contact = facts.opportunity, facts.contact
    if field == questionnaire_sheet.WHOLE:
        return f"crm questionnaire fill {deal.id}"
    if field.startswith(questionnaire_sheet.ONE):
        id = field.removeprefix(questionnaire_sheet.ONE)
        return f"crm questionnaire answer {deal.id} {id}=ANSWER"
    if not field.startswith(OF_CONTACT):
        return REQUIRABLE[field].declared.set_by.replace("REF", str(deal.id))
    if contact is None:
        return f"crm set {deal.id} contact=WHO"
    name = field.removeprefix(OF_CONTACT)
    return f"crm contact set {contact.id} {f'{FIRST_OF[name]}+' if name in FIRST_OF else name}=VALUE"


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
