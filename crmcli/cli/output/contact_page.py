"""The page of a contact: contact data, deals, and referred deals."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crmcli.cli.output.pages import (
    Lines,
    flag_unearned,
    format_entry,
    format_field,
    format_labelled,
    format_person,
    format_section,
    format_unknown_keys,
    join_parts,
    list_unknown_keys,
)
from crmcli.cli.output.value_format import (
    day_style,
    money_style,
    phones_style,
)
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.config import Config
from crmcli.domain.model.fields import fields_of
from crmcli.domain.model.record_types import (
    Contact,
)
from crmcli.domain.model.status import (
    Status,
)
from crmcli.domain.records.contact_fields import format_address, spelled_consent
from crmcli.domain.records.totals import Totals, sum_deals


class ContactRelations(NamedTuple):
    """The records related to a contact."""

    company: Contact | None
    people: Sequence[Contact]  # contacts of a company
    deals: Sequence[Document]
    brought: Sequence[Document]  # deals of others that the contact referred


def format_contact(person: Contact, around: ContactRelations, config: Config) -> str:
    """Return the page of a contact: its data, people, deals, referred deals, rewards and history."""
    return join_parts(
        [
            [
                f"{person.name}  ({person.id or 'no id yet: crm check --fix'})",
                *summarize_contact(person, around, config),
            ],
            format_labelled(about_contact(person, around.company, config)),
            (person.description or "").splitlines(),
            format_section("People", (format_person(each, None, config) for each in around.people)),
            format_section("Opportunities", list_deals_of_contact(around.deals, config)),
            format_section("Referred", (line_of_deal(each, config) for each in around.brought)),
            format_section("Rewards", rewards_of(person, [*around.brought, *around.deals], config)),
            format_section(
                "History", (line for each in person.history for line in format_entry(each, config))
            ),
        ]
    )


def summarize_contact(person: Contact, around: ContactRelations, config: Config) -> Lines:
    """Yield a line with the contact's kind, job, numbers of won and referred deals, and last change."""
    won = sum(deal["outcome"] == Status.WON for deal in around.deals)
    touched = max((deal["touched"] for deal in around.deals if deal["touched"]), default=None)
    parts = [person.kind.capitalize(), person.job or ""]
    parts += [f"customer ({won} won)"] if won else []
    parts += [f"referred {len(around.brought)}"] if around.brought else []
    parts += [f"last change {day_style(config)(touched)}"] if touched else []
    yield " · ".join(part for part in parts if part)


def about_contact(person: Contact, company: Contact | None, config: Config) -> Iterator[tuple[str, str]]:
    """Yield the data of a contact as pairs of a label and a value."""
    yield "Company", f"{company.name} · {company.id}" if company else person.company or ""
    yield "E-mail", " · ".join(person.emails)
    yield "Phone", " · ".join(phones_style(config)([each]) for each in person.phones)
    for place in person.addresses:
        yield (place.label or "Address").capitalize(), format_address(place) + format_unknown_keys(place)
    shown = {"company", "emails", "phones", "addresses", "tags", "owner", "consent", "created"}
    for spec in fields_of(Contact):
        if spec.declared.line and spec.name not in shown:
            yield spec.label, format_field(spec, getattr(person, spec.name), config)
    yield "Tags", " ".join(person.tags)
    yield "Owner", person.owner or ""
    yield "Consent", format_consent(person, config)
    yield "Created", day_style(config)(person.created)
    yield from list_unknown_keys(person)


def format_consent(person: Contact, config: Config) -> str:
    """Return what a contact consents to and since when, or when the consent was withdrawn."""
    if person.consent is None:
        last = next((each for each in reversed(person.history) if each.field == "consent"), None)
        return f"withdrawn {day_style(config)(last.at)}" if last else ""
    since = f" since {day_style(config)(person.consent.at)}" if person.consent.at else ""
    return f"{spelled_consent(person.consent)}{since}"


def list_deals_of_contact(found: Sequence[Document], config: Config) -> Lines:
    """Yield a line for each deal of a contact, and their totals if there are several."""
    yield from (line_of_deal(each, config) for each in found)
    if len(found) > 1:
        yield format_totals(sum_deals(found), config)


def format_totals(sums: Totals, config: Config) -> str:
    """Return the totals of deals in one line."""
    shown = money_style(config)
    parts = (
        [f"{sums.open} open: {shown(sums.expected)} (weighted {shown(sums.weighted)})"] if sums.open else []
    )
    parts += [f"{sums.won} won: {shown(sums.won_revenue)}"] if sums.won else []
    parts += [f"{sums.lost} lost"] if sums.lost else []
    return " · ".join(parts)


def line_of_deal(deal: Document, config: Config) -> str:
    """Return a deal in one line, for the list of its contact."""
    where = "lost" if deal["outcome"] == Status.LOST else deal["stage_label"]
    lead = "lead" if deal["kind"] == "lead" else ""
    parts = (deal["id"] or "-", deal["title"], lead, where, money_style(config)(deal["expected_revenue"]))
    return "  ".join(part for part in parts if part)


def rewards_of(person: Contact, found: Sequence[Document], config: Config) -> Lines:
    """Yield a line for each reward of a contact, with its state."""
    for deal in found:
        for each in deal.get("rewards", ()):
            if each.get("to") == person.id:
                what = money_style(config)(each.get("amount")) or each.get("kind") or ""
                state = each.get("state")
                flag = flag_unearned(state, deal["outcome"])
                yield f"{day_style(config)(each.get('at')):<14}  {what} for {deal['title']}: {state}{flag}"
