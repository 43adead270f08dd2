"""Titles that do not follow the pattern of `crm.yaml`."""

from collections.abc import Set
from typing import Any

from crmcli.domain.documents.review_documents import TitleDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.changes import Change
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records.documents import decode_value, plain_data
from crmcli.domain.templates import titles
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.values import Plain, Value
from crmcli.operations.change_records import ChangeReport, Check, Records, change_records
from crmcli.operations.reports import only_opportunities
from crmcli.operations.request import Request, Terms, accept
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing


def find_off_titles(request: Request, terms: Terms = ()) -> list[TitleDocument]:
    """Return `crm.title/1` for each title that does not follow the pattern.

    Only opportunities are checked unless the query names a kind. Raises RefusedError where `crm.yaml` has
    no pattern.
    """
    refuse_without_pattern(request.config)
    wanted = only_opportunities(request.query(terms))
    reading = request.reading_for(wanted)
    in_pattern = {field.name for field in titles.fields_in_title(request.config)}
    documents = reading.index.opportunities(wanted, request.viewing)
    deals = (titled(reading, document, in_pattern) for document in documents)
    found = [(deal, titles.off_pattern(deal, request.config)) for deal in deals]
    return [
        TitleDocument(
            id=deal.id or "",
            title=deal.title,
            proposal=off.proposal,
            fields=plain_data(off.recognised),
            lacking=list(off.lacking),
        )
        for deal, off in found
        if off is not None
    ]


def titled(reading: Reading, document: Document, in_pattern: Set[str]) -> Opportunity:
    """Return an opportunity with the id, title and fields that the index holds.

    If fields of the pattern hold numbers, the record's file is read instead: titles keep numbers as they
    were typed, such as 8.50.
    """
    given = decode_value(document.get("fields", {}))
    if any(type(value) in (int, float) for name, value in given.items() if name in in_pattern):
        return reading.opportunity(document["path"])
    fields = {name: held(value) for name, value in given.items()}
    return Opportunity(id=document["id"], title=document["title"], fields=fields)


def held(value: Any) -> Value:
    """Return a value of a document as a record stores it."""
    if isinstance(value, list):
        return [held(each) for each in value]
    return value if isinstance(value, str) else Plain(str(value).lower())


def retitle(
    request: Request, records: Records, *, keep_going: bool = False, check: Check = accept
) -> ChangeReport:
    """Set the titles of records by the pattern, and the fields that were read from the old titles.

    Raises RefusedError where `crm.yaml` has no pattern.
    """
    refuse_without_pattern(request.config)

    def decide(session: Writing, facts: Facts) -> Change:
        deal = facts.opportunity
        off = titles.off_pattern(deal, facts.config)
        return Change(before=deal, after=titles.correct_title(deal, off) if off else deal)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def refuse_without_pattern(config: Config) -> None:
    """Check that `crm.yaml` has a pattern for titles.

    Raises RefusedError where there is none.
    """
    if config.title is None:
        raise RefusedError("no pattern for titles is set", where="crm.yaml", hint="title: '{{ field }} …'")
