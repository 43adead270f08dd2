"""Names of records in messages."""

from crmcli.domain.localization.translations import IN_ENGLISH, Language
from crmcli.domain.model.config import Config
from crmcli.domain.model.history import last_touched
from crmcli.domain.model.record_types import Contact, Opportunity


def name_deal(deal: Opportunity) -> str:
    """Return the name of a deal in messages: id and title."""
    return name_record(deal.id, deal.title)


def name_record(id: str | None, title: str) -> str:
    """Return the name of a record with this id, if it has one, and this title."""
    return f"{id} « {title} »" if id else f"« {title} »"


def title_of(record: Opportunity | Contact) -> str:
    """Return the title of a deal, or the name of a contact."""
    return record.title if isinstance(record, Opportunity) else record.name


def describe_unsure(deal: Opportunity, contact_name: str, language: Language = IN_ENGLISH) -> str:
    """Return a line about an unsure contact: who has it, who it may be instead, how to settle it."""
    return language.translate(
        "contact unsure: given to {name}, may be {other} ({command} settles it)",
        name=contact_name,
        other=deal.contact_unsure,
        command=f"crm set {deal.id} contact=WHO",
    )


def tell_deals_apart(deal: Opportunity, contact: Contact | None, config: Config) -> str:
    """Return a deal among those that a name can mean: whose it is, where they live, its stage, last news."""
    stage, news = config.stage(deal.stage), last_touched(deal)
    parts = [
        name_record(deal.id, deal.title),
        contact.name if contact else "",
        find_town(contact) if contact else "",
        stage.title if stage else "",
        f"last news {news:%Y-%m-%d}" if news else "",
    ]
    return " · ".join(part for part in parts if part)


def tell_contacts_apart(contact: Contact) -> str:
    """Return a contact among those that a name can mean: with job, town, e-mails and phones."""
    job = contact.job or ""
    parts = [
        f"{contact.id or '-'}  {contact.name}",
        job,
        find_town(contact),
        *contact.emails,
        *contact.phones,
    ]
    return " · ".join(part for part in parts if part)


def find_town(contact: Contact) -> str:
    """Return the first town of a contact."""
    return next((each.city for each in contact.addresses if each.city), "")
