"""Names of records in messages."""

from crmcli.domain.localization.translations import IN_ENGLISH, Language
from crmcli.domain.model.record_types import Opportunity


def name_deal(deal: Opportunity) -> str:
    """Return the name of a deal in messages: id and title."""
    return name_record(deal.id, deal.title)


def name_record(id: str | None, title: str) -> str:
    """Return the name of a record with this id, if it has one, and this title."""
    return f"{id} « {title} »" if id else f"« {title} »"


def describe_unsure(deal: Opportunity, contact_name: str, language: Language = IN_ENGLISH) -> str:
    """Return a line about an unsure contact: who has it, who it may be instead, how to settle it."""
    return language.translate(
        "contact unsure: given to {name}, may be {other} ({command} settles it)",
        name=contact_name,
        other=deal.contact_unsure,
        command=f"crm set {deal.id} contact=WHO",
    )
