"""`crm contact …`: people and companies, and their opportunities."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import Pick, list_rows
from crmcli.cli.output import printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.table_columns import columns_of, opportunity_columns
from crmcli.cli.pages import contact_page
from crmcli.domain.documents.record_documents import ContactDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.explain.changed_parts import PartKind, name_changed_parts
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.record_names import tell_contacts_apart
from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records import contact_fields, documents
from crmcli.domain.records.editing import ASSIGNMENT, Assignment, parse_assignment
from crmcli.domain.records.totals import sum_deals
from crmcli.domain.values.errors import AmbiguousError, NotFoundError, UsageError
from crmcli.operations import contacts
from crmcli.operations.contacts import ContactReport
from crmcli.operations.find_records import find_contacts
from crmcli.operations.steps.find_or_create_contact import find_known_contact
from crmcli.query.term_syntax import is_saved
from crmcli.store.reader import Reading

Who = Annotated[
    str,
    typer.Argument(metavar="CONTACT", help="id, path, e-mail, phone, full name, part of a name, @N"),
    offers.CONTACT,
]
Many = Annotated[list[str], typer.Option(help="may be repeated")]


def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="the full name")],
    email: Many = [],  # noqa: B006
    phone: Many = [],  # noqa: B006
    company: Annotated[
        str, typer.Option(help="id or name of the company; created if unknown"), offers.CONTACT
    ] = "",
    is_company: Annotated[bool, typer.Option("--is-company", help="create a company")] = False,
    job: Annotated[str, typer.Option(help="job title")] = "",
    label: Annotated[str, typer.Option(help="label of the address: domicile, chantier …")] = "",
    street: Annotated[str, typer.Option(help="street and number")] = "",
    postcode: Annotated[str, typer.Option(help="postcode")] = "",
    city: Annotated[str, typer.Option(help="town")] = "",
    country: Annotated[str, typer.Option(help="country of the address, if not the workspace's")] = "",
    language: Annotated[str, typer.Option(metavar="LANG", help="fr, en, br …")] = "",
    owner: Annotated[str, typer.Option(metavar="USER", help="responsible user"), offers.USER] = "",
    description: Annotated[str, typer.Option(metavar="TEXT", help="free text")] = "",
    consent: Annotated[
        str, typer.Option(metavar="SOURCE", help="source of the consent to be contacted: form, fair …")
    ] = "",
    purpose: Annotated[
        list[str], typer.Option(metavar="PURPOSE", help="purpose of the consent; may be repeated")
    ] = [],  # noqa: B006
    tag: Many = [],  # noqa: B006
    force: Annotated[
        bool, typer.Option("--force", help="create it even if a similar contact exists")
    ] = False,
) -> int:
    """Create a contact: a person, or a company.

    \b
    Examples:
      crm contact create "Anne DUPONT" --email anne.dupont@example.org --city Pontivy
      crm contact create "Bati Ouest" --is-company --phone "02 97 00 11 22"
      crm contact create "Luc MOAL" --company "Constructions Carré" --job Chef
    """
    call: CommandContext = ctx.obj
    given = {"emails": email, "phones": phone, "tags": tag, "job": [job], "language": [language]}
    given |= {"label": [label], "street": [street], "postcode": [postcode], "city": [city]}
    given |= {"country": [country], "owner": [owner], "description": [description]}
    given |= {"consent": [consent], "consent.purposes": [",".join(purpose)]}
    assignments = [
        Assignment(field, "", value) for field, values in given.items() for value in filter(None, values)
    ]
    printer = Printer(call, report_contacts)
    contacts.create(
        call.request,
        name,
        assignments=assignments,
        company=company,
        kind=ContactKind.COMPANY if is_company else ContactKind.PERSON,
        force=force,
        check=printer.prepare,
    )
    return printer.print()


def set_fields(
    ctx: typer.Context,
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="CONTACT… FIELD=VALUE…", help="emails+=a@b adds"),
        offers.CONTACT_ASSIGNMENTS,
    ],
    force: Annotated[bool, typer.Option("--force", help="accept an e-mail that another contact has")] = False,
) -> int:
    """Set fields of contacts; an empty value clears, += adds and -= removes.

    city= and the like set the first address, addresses.LABEL.city= another one. consent=SOURCE
    records consent to be contacted, consent.purposes= its purposes; consent= withdraws it.
    An e-mail of another contact is refused without --force.

    \b
    Examples:
      crm contact set f8dz9xw4 phones+="02 97 25 11 11" language=fr
      crm contact set "Pierre RICHARD" label=domicile addresses.chantier.city=Rohan
      crm contact set f8dz9xw4 consent=formulaire consent.purposes=devis,offres
    """
    call: CommandContext = ctx.obj
    assignments = [parse_assignment(each) for each in arguments if re.fullmatch(ASSIGNMENT, each)]
    names = [each for each in arguments if not re.fullmatch(ASSIGNMENT, each)]
    if not assignments or not names:
        raise UsageError("set needs contacts and assignments", hint="crm contact set x2a9c4d8 city=Pontivy")
    printer = Printer(call, report_contacts)
    contacts.set_fields(
        call.request,
        [call.row(each, "contact") for each in names],
        assignments,
        force=force,
        check=printer.prepare,
    )
    return printer.print()


def note(
    ctx: typer.Context,
    who: Who,
    message: Annotated[str, typer.Option("-m", "--message", metavar="TEXT", help="the note; - reads stdin")],
) -> int:
    """Add a note to the history of a contact.

    \b
    Examples:
      crm contact note f8dz9xw4 -m "Préfère être appelé le soir"
      crm contact note "Pierre RICHARD" -m "Chien dans la cour"
      date | crm contact note f8dz9xw4 -m -
    """
    call: CommandContext = ctx.obj
    text = streams.read_stdin() if message == "-" else message
    printer = Printer(call, partial(report_contacts, makes=PartKind.NOTES))
    contacts.note(call.request, call.row(who, "contact"), text, check=printer.prepare)
    return printer.print()


def report_contacts(call: CommandContext, report: ContactReport, makes: PartKind | None = None) -> Report:
    """Return what was done to contacts, in the output format."""
    config = call.request.config
    lead = [translate("would change:")] if call.request.dry_run else []
    lines = [
        line
        for before, after in report.changes
        for line in contact_fields.describe_contact_change(before, after, config.country)
    ]
    made = call.output.format == "ids" and makes
    shown = name_changed_parts(report.changes, made) if made else report.documents()
    return printing.report_changes(call, lead + lines, shown, columns_of(ContactDocument, config))


def list_contacts(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]…", help="search name, e-mail, phone, town, tags")
    ] = None,
    pick: Pick = False,
) -> int:
    """List contacts; words search names, e-mails, phones, towns and tags.

    \b
    Examples:
      crm contact list
      crm contact list pontivy
      crm contact list carre -o json
    """
    call: CommandContext = ctx.obj
    rows = find_contacts(call.request, words or [])
    columns = columns_of(ContactDocument, call.request.config)
    return list_rows(call, rows, columns, "contacts", pick=pick)


def show(
    ctx: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="CONTACT…", help="ids, paths, e-mails, phones, full names, parts of names, @N, or -"
        ),
        offers.CONTACT,
    ],
) -> int:
    """Show contacts with their opportunities.

    \b
    Examples:
      crm contact show f8dz9xw4
      crm contact show "Pierre RICHARD"
      crm contact show "06 12 34 56 78" -o json
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    asked = streams.read_ids() if names == ["-"] else names
    shown = [page_of(call, reading, named(call, reading, each)) for each in asked]
    return printing.print_pages(call, shown, columns_of(ContactDocument, call.request.config))


def page_of(call: CommandContext, reading: Reading, person: Contact) -> tuple[Document, Callable[[], str]]:
    """Return all about a contact, as a document and as a page for people."""
    around = surroundings(call, reading, person)
    return in_full(person, around), lambda: contact_page.format_contact(person, around, call.request.config)


def surroundings(call: CommandContext, reading: Reading, person: Contact) -> contact_page.ContactRelations:
    """Return the company, the people, the deals and the referrals of a contact."""
    people = [reading.contact(id) for id in reading.index.of_company(person.id)] if person.id else []
    brought = reading.index.brought_by(person.id, call.request.viewing) if person.id else ()
    return contact_page.ContactRelations(
        reading.contact(person.company),
        [each for each in people if each],
        list(deals_of(call, reading, person)),
        list(brought),
    )


def in_full(person: Contact, around: contact_page.ContactRelations) -> Document:
    """Return `crm.contact/1` with the deals, their totals, the people and the referrals of a contact."""
    document = documents.build_contact(
        documents.plain_data(person), documents.name_of_contact(around.company)
    )
    document["opportunities"] = [each["id"] for each in around.deals]
    document["totals"] = documents.plain_data(sum_deals(around.deals)._asdict())
    document["people"] = [each.id for each in around.people]
    document["brought"] = [each["id"] for each in around.brought]
    return document


def opportunities(ctx: typer.Context, who: Who) -> int:
    """List a contact's leads and opportunities, open and closed, those of its people too.

    \b
    Examples:
      crm contact opportunities "Bernard LEROY"
      crm contact opportunities tszg6wec
      crm contact opportunities f8dz9xw4 -o ids
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    rows = list(deals_of(call, reading, named(call, reading, who)))
    return printing.print_rows(call, rows, opportunity_columns(call.request.config))


def named(call: CommandContext, reading: Reading, who: str) -> Contact:
    """Return the contact for a reading command, also by part of a name or a query saved in crm.yaml."""
    if is_saved(who):
        return whose(call, reading, who)
    who = call.row(who, "contact")
    person = find_known_contact(reading, who)
    if person is not None:
        return person
    return reading.load(reading.contact_references.loose(who), Contact).value


def whose(call: CommandContext, reading: Reading, saved: str) -> Contact:
    """Return the contact of the records that a saved query finds.

    Raises NotFoundError where there is none, AmbiguousError with the candidates where there are several.
    """
    found = reading.index.opportunities(call.query([saved]), call.request.viewing)
    ids = dict.fromkeys(deal["contact"] for deal in found if deal.get("contact"))
    people = [person for id in ids if (person := reading.contact(id))]
    if len(people) > 1:
        lines = list(map(tell_contacts_apart, people[:20]))
        raise AmbiguousError(f"{len(people)} contacts match {saved!r}:", lines)
    if not people:
        raise NotFoundError(f"{saved} finds no contact", hint=f"crm list {saved} --explain")
    return people[0]


def deals_of(call: CommandContext, reading: Reading, person: Contact) -> Iterator[Document]:
    """Return the records of a contact and, for a company, of its people, as `crm.opportunity/1`."""
    if person.id is None:
        return iter(())
    theirs = [person.id, *reading.index.of_company(person.id)]
    return reading.index.documents_of(theirs, call.request.viewing)
