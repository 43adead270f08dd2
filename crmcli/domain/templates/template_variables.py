"""The variables available in conditions, summaries and mail templates."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined

from crmcli.domain.model import answer_types as answering
from crmcli.domain.model import status
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Contact, Part
from crmcli.domain.model.urgency import planned_activities
from crmcli.domain.records.contact_matching import shown_phone
from crmcli.domain.templates.sandbox import NoValue, NoValueError
from crmcli.domain.values.untyped_values import typed_fields

CONTACT = ("name", "email", "phone", "company", "job", "language", "kind", "city")


class PartView(SimpleNamespace):
    """A record, person or stage in an expression: its attributes and, as a text, its name."""

    def __eq__(self, other: object) -> bool:
        """Compare by id with a text (`stage == 'quoted'`), else by attributes."""
        return getattr(self, "id", None) == other if isinstance(other, str) else vars(self) == vars(other)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(getattr(self, "id", None))

    def __str__(self) -> str:
        names = (getattr(self, key, None) for key in ("title", "name", "label", "id"))
        return next((name for name in names if isinstance(name, str)), "")


class AbsentPerson(SimpleNamespace):
    """A missing contact: false in a condition, and its attributes have no value."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        raise NoValueError("there is none in this record")


class Answers(dict[str, Any]):
    """Answers by question, or fields by name; a missing one has no value and is not an error."""

    def __init__(self, name: str, held: dict[str, Any]) -> None:
        super().__init__(held)
        self.name = name

    def __missing__(self, key: str) -> NoValue:
        return NoValue(f"{self.name}.{key}")


def custom_fields(facts: Facts) -> dict[str, Any]:
    """Return the custom fields by name; a configured one without a value is a NoValue, others are absent."""
    held = typed_fields(facts.opportunity.fields, {field.name for field in facts.config.fields})
    empty = {field.name: NoValue(f"fields.{field.name}") for field in facts.config.fields}
    return {**empty, **held}


def build_variables(facts: Facts, day: date) -> dict[str, Any]:
    """Return the variables for one record on one day."""
    deal = facts.opportunity
    config = facts.config
    given = deal.project.answers if deal.project else {}
    answers = Answers("answers", answering.type_answers(facts.questionnaire, given))
    opportunity = view_part(deal, "opportunity")
    opportunity.fields = custom_fields(facts)
    opportunity.answers = answers
    opportunity.probability = status.probability_of(deal, config)[0]
    opportunity.weighted_revenue = value_or_absence(
        status.weighted_revenue(deal, config), "opportunity.weighted_revenue"
    )
    return {
        **vars(opportunity),
        "opportunity": opportunity,
        "contact": view_person(facts, facts.contact, "contact"),
        "sponsor": view_person(facts, facts.sponsor, "sponsor"),
        "referral": view_part(deal.referral, "referral") if deal.referral else None,
        "owner": view_owner(facts),
        "company": view_part(config.company, "company"),
        "stage": view_part(config.stage(deal.stage), "stage"),
        "planned": [view_part(each, "activity") for each in planned_activities(deal)],
        "activity": view_part(facts.activity, "activity"),
        "referred": view_part(facts.referred, "referred"),
        "today": day,
    }


def value_or_absence(value: Any, name: str) -> Any:
    """Return the value, or a NoValue with this name for None."""
    return NoValue(name) if value is None else value


def view_part(part: Part | None, name: str) -> SimpleNamespace:
    """Return the attributes of a value for an expression; using an absent one is an error with its name."""
    if part is None:
        return AbsentPerson()
    return PartView(
        **{key: value_or_absence(getattr(part, key), f"{name}.{key}") for key in part.__struct_fields__}
    )


def view_person(facts: Facts, contact: Contact | None, name: str) -> Any:
    """Return the contact or sponsor for expressions: first e-mail and phone, name of the company, city.

    If the file cannot be read, using the result raises an error; it does not count as a missing person.
    """
    if name in facts.unread:
        return StrictUndefined(hint=f"the {name} cannot be read: {facts.unread[name]}", name=name)
    if contact is None:
        return AbsentPerson(**{key: NoValue(f"{name}.{key}") for key in CONTACT})
    company = facts.company if name == "contact" else None
    country = facts.config.country
    seen = view_part(contact, name)
    seen.email = value_or_absence(
        next(iter(contact.reachable_emails or contact.emails), None), f"{name}.email"
    )
    phones = (shown_phone(phone, country) for phone in contact.phones)
    seen.phone = value_or_absence(next(phones, None), f"{name}.phone")
    seen.company = value_or_absence(company.name if company else None, f"{name}.company")
    if name == "contact" and "company" in facts.unread:
        seen.company = StrictUndefined(hint=f"the company cannot be read: {facts.unread['company']}")
    city = contact.addresses[0].city if contact.addresses else None
    seen.city = value_or_absence(city, f"{name}.city")
    return seen


def view_owner(facts: Facts) -> SimpleNamespace:
    """Return the owner of the deal for expressions."""
    user = facts.config.user(facts.opportunity.owner)
    if user is None:
        return AbsentPerson(
            id=value_or_absence(facts.opportunity.owner, "owner.id"),
            name=value_or_absence(facts.opportunity.owner, "owner.name"),
            email=NoValue("owner.email"),
            signature=NoValue("owner.signature"),
        )
    return view_part(user, "owner")
