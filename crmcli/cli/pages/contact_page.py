"""The page of a contact: contact data, deals, and referred deals."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crmcli.cli.output.colours import Tone, TonedText
from crmcli.cli.output.value_format import (
    day_style,
    money_style,
    phones_style,
)
from crmcli.cli.pages.history_lines import EntryNames, format_history
from crmcli.cli.pages.opportunity_page import NO_ID, flag_unearned, format_field, format_person
from crmcli.cli.pages.page_parts import (
    Lines,
    format_labelled,
    format_section,
    format_unknown_keys,
    join_parts,
    list_unknown_keys,
)
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import deferred, translate, translate_plural
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

KINDS = {"person": deferred("Person"), "company": deferred("Company")}


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
                TonedText(f"{person.name}  ({person.id or translate(NO_ID)})", Tone.BOLD),
                *summarize_contact(person, around, config),
            ],
            format_labelled(about_contact(person, around.company, config)),
            (person.description or "").splitlines(),
            format_section(
                translate("People"), (format_person(each, None, config) for each in around.people)
            ),
            format_section(translate("Opportunities"), list_deals_of_contact(around.deals, config)),
            format_section(translate("Referred"), (line_of_deal(each, config) for each in around.brought)),
            format_section(
                translate("Rewards"), rewards_of(person, [*around.brought, *around.deals], config)
            ),
            format_section(translate("History"), format_history(person.history, EntryNames(config))),
        ]
    )


def summarize_contact(person: Contact, around: ContactRelations, config: Config) -> Lines:
    """Yield a line with the contact's kind, job, numbers of won and referred deals, and last change."""
    won = sum(deal["outcome"] == Status.WON for deal in around.deals)
    touched = max((deal["touched"] for deal in around.deals if deal["touched"]), default=None)
    parts = [translate(KINDS[person.kind]), person.job or ""]
    parts += [translate_plural("customer ({count} won)", "customer ({count} won)", won)] if won else []
    brought = len(around.brought)
    parts += [translate_plural("referred {count}", "referred {count}", brought)] if brought else []
    parts += [translate("last change {day}", day=day_style(config)(touched))] if touched else []
    yield " · ".join(part for part in parts if part)


def about_contact(person: Contact, company: Contact | None, config: Config) -> Iterator[tuple[str, str]]:
    """Yield the data of a contact as pairs of a label and a value."""
    yield translate("Company"), f"{company.name} · {company.id}" if company else person.company or ""
    yield translate("E-mail"), " · ".join(person.emails)
    yield translate("Phone"), " · ".join(phones_style(config)([each]) for each in person.phones)
    for place in person.addresses:
        yield (
            (place.label or translate("Address")).capitalize(),
            format_address(place) + format_unknown_keys(place),
        )
    shown = {"company", "emails", "phones", "addresses", "tags", "owner", "consent", "created"}
    for spec in fields_of(Contact):
        if spec.declared.line and spec.name not in shown:
            yield translate(spec.label), format_field(spec, getattr(person, spec.name), config)
    yield translate("Tags"), " ".join(person.tags)
    yield translate("Owner"), person.owner or ""
    yield translate("Consent"), format_consent(person, config)
    yield translate("Created"), day_style(config)(person.created)
    yield from list_unknown_keys(person)


def format_consent(person: Contact, config: Config) -> str:
    """Return what a contact consents to and since when, or when the consent was withdrawn."""
    if person.consent is None:
        last = next((each for each in reversed(person.history) if each.field == "consent"), None)
        return translate("withdrawn {day}", day=day_style(config)(last.at)) if last else ""
    given, since = spelled_consent(person.consent), day_style(config)(person.consent.at)
    return translate("{consent} since {day}", consent=given, day=since) if since else given


def list_deals_of_contact(found: Sequence[Document], config: Config) -> Lines:
    """Yield a line for each deal of a contact, and their totals if there are several."""
    yield from (line_of_deal(each, config) for each in found)
    if len(found) > 1:
        yield format_totals(sum_deals(found), config)


def format_totals(sums: Totals, config: Config) -> str:
    """Return the totals of deals in one line."""
    shown = money_style(config)
    parts = []
    if sums.open:
        still_open = translate_plural(
            "{count} open: {expected} (weighted {weighted})",
            "{count} open: {expected} (weighted {weighted})",
            sums.open,
            expected=shown(sums.expected),
            weighted=shown(sums.weighted),
        )
        parts.append(still_open)
    if sums.won:
        won_revenue = shown(sums.won_revenue)
        parts.append(
            translate_plural("{count} won: {amount}", "{count} won: {amount}", sums.won, amount=won_revenue)
        )
    if sums.lost:
        parts.append(translate_plural("{count} lost", "{count} lost", sums.lost))
    return " · ".join(parts)


def line_of_deal(deal: Document, config: Config) -> str:
    """Return a deal in one line, for the list of its contact."""
    where = translate("lost") if deal["outcome"] == Status.LOST else deal["stage_label"]
    lead = translate("lead") if deal["kind"] == "lead" else ""
    parts = (deal["id"] or "-", deal["title"], lead, where, money_style(config)(deal["expected_revenue"]))
    return "  ".join(part for part in parts if part)


def rewards_of(person: Contact, found: Sequence[Document], config: Config) -> Lines:
    """Yield a line for each reward of a contact, with its state."""
    for deal in found:
        for each in deal.get("rewards", ()):
            if each.get("to") == person.id:
                what = money_style(config)(each.get("amount")) or each.get("kind") or ""
                state = each.get("state") or ""
                said = translate(
                    "{what} for {deal}: {state}", what=what, deal=deal["title"], state=translate(state)
                )
                flag = flag_unearned(state, deal["outcome"])
                yield f"{day_style(config)(each.get('at')):<14}  {said}{flag}"
