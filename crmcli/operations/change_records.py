"""Changing several records in one transaction; the operation decides the change of each."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import msgspec

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records.documents import build_opportunity
from crmcli.domain.values.errors import CrmError
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.apply_change import apply_change
from crmcli.query.term_syntax import is_term
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

if TYPE_CHECKING:
    from crmcli.query.key_values import QueryRecord
    from crmcli.query.query_model import Query

Decide = Callable[[Writing, Facts], Change]


class Selection(msgspec.Struct, frozen=True):
    """The paths of the records that an operation applies to, and the query that found them, if any."""

    paths: list[str]
    query: "Query | None" = None
    failed: tuple[CrmError, ...] = ()  # errors for references that were not found


class ChangeReport(msgspec.Struct, frozen=True):
    """What an operation did, or with `dry_run` would do."""

    changes: list[Change]
    failed: tuple[CrmError, ...]  # errors for what was not changed, with `keep_going`
    reading: Reading
    also: tuple[str, ...] = ()  # what else was done, as lines for people

    @property
    def records(self) -> list[Opportunity]:
        """The records after the change."""
        return [change.after for change in self.changes]

    @property
    def notices(self) -> list[str]:
        """The notices of all changes."""
        return [notice for change in self.changes for notice in change.notices]

    def documents(self, request: Request) -> Iterator[Document]:
        """Yield the records as `crm.opportunity/1`."""
        for change in self.changes:
            yield build_opportunity(self.reading.facts(change.after), request.at)


Check = Callable[[ChangeReport], object]
Records = Selection | Sequence[str]


def select(request: Request, words: Sequence[str]) -> Selection:
    """Return the records with these full ids or paths, or those that match the terms of a query.

    Raises NotFoundError for an id that is not there, UsageError for an unknown key or value.
    """
    reading = request.reading()
    if words and all(is_term(word) for word in words):
        query = request.query(words)
        return Selection([path for path, id in reading.index.places(query, request.viewing) if id], query)
    found = [reading.opportunity_references.exact(word) for word in words]
    return Selection(list(dict.fromkeys(found)))


def change_records(
    request: Request, records: Records, decide: Decide, *, keep_going: bool = False, check: Check = accept
) -> ChangeReport:
    """Apply `decide` to each of the records, with the effects of the change, in one transaction.

    `check` is called with the report before anything is stored; an exception from it cancels the change.
    With `keep_going`, records that cannot be changed are reported and the others are still changed.
    """
    selection = records if isinstance(records, Selection) else select(request, records)
    with request.changing() as session:
        paths = recheck_selection(session, selection)
        changes, failed = decide_each(session, paths, decide, keep_going)
        report = ChangeReport(changes, (*selection.failed, *failed), session)
        check(report)
    return report


def recheck_selection(session: Writing, selection: Selection) -> list[str]:
    """Return the selected records that still match the query, now that the lock is held."""
    wanted = selection.query
    if wanted is None:
        return selection.paths
    from crmcli.query.evaluation import is_meant  # only needed for queries

    deals = {path: session.opportunity(path) for path in selection.paths}
    return [path for path, deal in deals.items() if is_meant(wanted, query_record(session, deal))]


def query_record(session: Writing, deal: Opportunity) -> "QueryRecord":
    """Return a record as queries evaluate it."""
    from crmcli.query.key_values import QueryRecord

    facts = session.facts(deal)
    return QueryRecord(
        deal,
        session.config,
        facts.contact,
        session.moment.at,
        company=facts.company,
        questionnaires=session.questionnaires,
    )


def decide_each(
    session: Writing, paths: Sequence[str], decide: Decide, keep_going: bool
) -> tuple[list[Change], list[CrmError]]:
    """Apply `decide` to these records; return the changes, and the errors for records not changed."""
    changes: list[Change] = []
    failed: list[CrmError] = []
    for path in paths:
        try:
            with session.attempt() if keep_going else nullcontext():
                adopted = session.adopted(path)
                change = decide(session, session.facts(adopted.after))
                changes += apply_change(session, adopted.then(change))
        except CrmError as error:
            if not keep_going:
                raise
            failed.append(error)
    return changes, failed
