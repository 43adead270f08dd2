"""Leads from web forms: the contact who filled in the form, and the fields of the new record."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from crmcli.domain.incoming.form_fields import PERSON
from crmcli.domain.incoming.form_texts import form_texts
from crmcli.domain.incoming.signature_details import Details
from crmcli.domain.incoming.web_form import Form
from crmcli.domain.localization.translations import deferred
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Address, Contact, Opportunity
from crmcli.domain.records import editing
from crmcli.domain.records.contact_matching import is_name_of, normal_email, normal_phone
from crmcli.domain.records.editing import Assignment
from crmcli.domain.records.lead_contact import ContactChoice, ContactHints, own_addresses
from crmcli.domain.records.marketing import of_url
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import derive_id
from crmcli.domain.values.person_names import name_key
from crmcli.operations.steps.find_or_create_contact import (
    find_or_create_company,
    new_contact_id,
    recognize_contact,
)
from crmcli.store.writer import Writing

LONGEST = 200  # characters of a name or a title
HEADING = deferred("Also filled in:")


def person(session: Writing, form: Form, identity: str) -> ContactChoice:
    """Return the contact who filled in a form, known or new; none for an empty form.

    The id of a new one is derived from the e-mail, the phone with the name, or else the message, so that it
    is the same on every machine. Raises UnreadableError where the contact may be in a file that cannot be
    read.
    """
    email = normal_email(form.line("email")) or ""
    email = "" if email in own_addresses(session.config) else email
    phone = normal_phone(form.line("phone"), session.config.country) or ""
    name = form.line("first_name", "name")[:LONGEST]
    company = form.line("company")[:LONGEST]
    choice = recognize_contact(session, ContactHints(name, company, email, phone))
    if choice.contact is not None or not (name or email or phone):
        return choice
    street, postcode, city = (form.line(key) or None for key in ("street", "postcode", "city"))
    place = Address(street=street, postcode=postcode, city=city)
    key = email or (phone and f"{phone} {name_key(name)}".strip())
    made = Contact(
        id=new_contact_id(session, key, identity),
        name=name or email or phone,
        company=find_or_create_company(session, company, derive_id("company", folded_name(company))).id
        if company
        else None,
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
        addresses=(place,) if place != Address() else (),
        created=session.moment.at,
    )
    return replace(choice, contact=made)


def filled(session: Writing, deal: Opportunity, form: Form) -> Opportunity:
    """Return the new record with the values of a form; those that fit no field go to the description."""
    left = [*unheld(session, session.contact(deal.contact), form), *form.others]
    for assignment in assignments(form):
        try:
            facts = session.facts(deal)
            deal = editing.apply_assignment(facts, assignment, session.moment)
        except CrmError:
            left.append((assignment.field.rpartition(".")[2], assignment.value))
    also = list_also_filled_in(session.config, left)
    told = [form.values.get("message", ""), "\n".join(also)]
    return replace(
        deal,
        title=form.line("subject")[:LONGEST] or deal.title,
        description="\n\n".join(each for each in told if each) or deal.description,
        history=(),
    )


def list_also_filled_in(config: Config, left: Sequence[tuple[str, str]]) -> list[str]:
    """Return what of a form fits no field, as lines under a heading, with the usual names of known fields."""
    if not left:
        return []
    names = form_texts(config)
    lines = (f"{names.get(f'{key}_label') or names.get(key, key)}: {value}" for key, value in left)
    return [config.language.translate(HEADING), *lines]


def form_details(form: Form, config: Config) -> Details:
    """Return what a form says of its person, as a signature would."""
    phone = normal_phone(form.line("phone"), config.country) or ""
    return Details(phone, form.line("postcode"), form.line("city"), form.line("company"))


def unheld(session: Writing, who: Contact | None, form: Form) -> Iterable[tuple[str, str]]:
    """Return the personal data of a form that the contact lacks or has differently."""
    known = who or Contact(name="")
    works_for = session.contact(known.company)
    country = session.config.country
    said = {key: form.line(key) for key in PERSON if form.line(key)}
    phone = normal_phone(said.get("phone", ""), country)
    held = {
        "email": normal_email(said.get("email", "")) in [normal_email(each) for each in known.emails],
        "phone": phone is not None and phone in [normal_phone(each, country) for each in known.phones],
        "company": works_for is not None and is_same(works_for.name, said.get("company", "")),
    }
    if is_name_of(form.line("first_name", "name")[:LONGEST], known):
        held |= {"first_name": True, "name": True}
    for part in ("street", "postcode", "city"):
        held[part] = any(is_same(getattr(each, part) or "", said.get(part, "")) for each in known.addresses)
    return [(key, text) for key, text in said.items() if not held.get(key)]


def is_same(held: str, said: str) -> bool:
    """Tell whether a value of a contact and one of a form are equal, folded as names."""
    return folded_name(held) == folded_name(said[:LONGEST])


def assignments(form: Form) -> Iterable[Assignment]:
    """Yield the assignments of a form: the origin in the page's link, then the filled-in fields."""
    if link := form.line("url"):
        try:
            yield from of_url(link).assignments
        except CrmError:  # a link without utm_… values
            yield Assignment("url", "", link)
    yield from (Assignment(field, "", value) for field, value in form.assigned)
