"""`crm show` and `crm why`: show one record in full, and explain it."""

from collections.abc import Callable
from typing import Annotated

import typer
from msgspec.structs import asdict

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.columns import Column
from crmcli.cli.output.table_columns import record_columns
from crmcli.cli.pages import opportunity_page
from crmcli.domain.documents.review_documents import WhyDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.explain.why import ReasonNames, explain_record
from crmcli.domain.localization.translations import screen_language
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Kind
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records import documents
from crmcli.store.reader import Reading

Ref = Annotated[
    str,
    typer.Argument(metavar="REF", help="id, path, first four letters of an id, words of title or contact"),
    offers.RECORD,
]
Many = Annotated[
    list[str],
    typer.Argument(
        metavar="REF…", help="ids, paths, first letters of ids, words of a title or contact, or - for stdin"
    ),
    offers.RECORDS,
]
WHY_COLUMNS = (Column("what", wraps=True), Column("why"), Column("at"), Column("by"))


def show(ctx: typer.Context, references: Many) -> int:
    """Show all about records: value, next activities, messages, history.

    \b
    Examples:
      crm show xgcej9p8
      crm show longere
      crm show xgcej9p8 -o json --fields title,probability,weighted_revenue
      crm list stage:quoted -o ids | crm show -
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    asked = streams.read_ids() if references == ["-"] else references
    shown = [page_of(call, reading, named(call, reading, each)) for each in asked]
    return printing.print_pages(call, shown, record_columns(call.request.config))


def page_of(call: CommandContext, reading: Reading, facts: Facts) -> tuple[Document, Callable[[], str]]:
    """Return all about a record, as a document and as a page for people."""
    document = documents.build_opportunity(facts, call.request.at)

    def page() -> str:
        similar = describe_similar(reading, facts)
        return opportunity_page.format_opportunity(facts, call.request.reading_moment, similar)

    return document, page


def describe_similar(reading: Reading, facts: Facts) -> list[str]:
    """Return lines about contacts who may be the same as that of an open lead, which mail may have made."""
    contact, is_open = facts.contact, status_of(facts.opportunity, facts.config) is Status.OPEN
    if contact is None or not is_open or facts.opportunity.kind is not Kind.LEAD:
        return []
    from crmcli.operations.steps.find_or_create_contact import find_similar  # needed for open leads only

    return [each.describe(contact, screen_language()) for each in find_similar(reading, contact)]


def why(ctx: typer.Context, reference: Ref) -> int:
    """Explain a record: where its probability comes from, which rule did what, and when.

    \b
    Examples:
      crm why xgcej9p8
      crm why longere
      crm why xgcej9p8 -o jsonl
    """
    call: CommandContext = ctx.obj
    facts = named(call, call.request.reading(), reference)
    is_for_people = call.output.is_for_people
    names = ReasonNames.for_people(facts) if is_for_people else ReasonNames.for_scripts(facts)
    rows = explain_record(facts, call.request.reading_moment, names)
    shown = [documents.plain_data(asdict(each)) for each in rows]
    if call.output.format in ("table", "json"):
        document = WhyDocument(id=facts.opportunity.id or "", reasons=shown)
        return printing.print_page(
            call, document, lambda: opportunity_page.format_reasons(facts, rows), WHY_COLUMNS
        )
    return printing.print_rows(call, shown, WHY_COLUMNS)


def named(call: CommandContext, reading: Reading, reference: str) -> Facts:
    """Return the facts about the record that a reference identifies, and warn of unreadable files."""
    path = call.record(reading, reference)
    facts = reading.facts(reading.opportunity(path))
    for error in (*reading.unreadable.values(), *reading.questionnaires.unreadable.values()):
        messages.print_warning(f"{error}; skipped")
    return facts
