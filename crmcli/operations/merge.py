"""Merging records of one kind into one; the ids of the others keep working."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from crmcli.domain.merging.merge_contacts import join_contacts, settle_unsure
from crmcli.domain.merging.merge_opportunities import join_opportunities, order_by_master
from crmcli.domain.merging.merge_records import MergeResult
from crmcli.domain.model.changes import Change
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.values.errors import RefusedError
from crmcli.operations.change_records import Selection, recheck_selection
from crmcli.operations.contacts import find_changeable
from crmcli.operations.request import Request, accept
from crmcli.operations.steps import replace_contact_ids
from crmcli.operations.steps.apply_change import apply_change
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

R = TypeVar("R", Opportunity, Contact)


class MergeReport(NamedTuple, Generic[R]):
    """The result of a merge or of its preview."""

    result: MergeResult[R]
    reading: Reading
    updated: tuple[str, ...] = ()  # the paths of records that referred to a merged contact


Check = Callable[[MergeReport[R]], object]


def preview_merge(request: Request, selection: Selection) -> MergeReport[Opportunity]:
    """Return the result of merging these leads and opportunities, without storing it.

    Raises RefusedError for records that cannot be merged.
    """
    reading = request.reading()
    deals = [reading.opportunity(path) for path in selection.paths]
    return MergeReport(join_opportunities(deals, request.config, request.reading_moment), reading)


def merge(
    request: Request, selection: Selection, *, check: Check[Opportunity] = accept
) -> MergeReport[Opportunity]:
    """Merge leads and opportunities into the first of them in the order of `order_by_master`.

    Raises RefusedError for records that cannot be merged.
    """
    with request.changing() as session:
        result = put_merged(session, recheck_selection(session, selection))
        report = MergeReport(result, session)
        check(report)
    return report


def put_merged(session: Writing, paths: Sequence[str]) -> MergeResult[Opportunity]:
    """Put the merged record into the session and remove the others."""
    found = {path: session.opportunity(path) for path in paths}
    for path, deal in found.items():
        if not deal.id:
            raise RefusedError("has no id yet", where=path, hint=f"crm check --fix {path}")
    order = order_by_master(list(found.values()), session.config)
    places = {deal.id: path for path, deal in found.items()}
    adopted = session.adopted(places[order[0].id])
    result = join_opportunities([adopted.after, *order[1:]], session.config, session.moment)
    apply_change(session, adopted.then(Change(before=adopted.after, after=result.record)))
    for deal in result.gone:
        session.remove(places[deal.id])
    return result


def preview_contact_merge(request: Request, names: Sequence[str]) -> MergeReport[Contact]:
    """Return the result of merging these contacts, without storing it.

    Raises NotFoundError or AmbiguousError for a name that does not identify one contact.
    """
    reading = request.reading()
    people = list_distinct(find_changeable(reading, each) for each in names)
    return MergeReport(join_contacts(people, request.config, request.reading_moment), reading)


def merge_contacts(
    request: Request, names: Sequence[str], *, check: Check[Contact] = accept
) -> MergeReport[Contact]:
    """Merge contacts into the first; references to the others are changed to refer to it.

    Raises RefusedError where a contact would have referred itself.
    """
    with request.changing() as session:
        people = list_distinct(find_changeable(session, each) for each in names)
        result = join_contacts(people, session.config, session.moment)
        session.save_contact(result.record)
        ids = {each.id or "": result.record.id or "" for each in result.gone}
        unsure = {path for each in people for path in session.index.of_contact(each.id or "")}
        updated = replace_contact_ids.everywhere(session, ids)
        updated = list(dict.fromkeys([*updated, *settle_records(session, unsure, people)]))
        for path in updated:
            if path in session.saved:
                session.refuse_circle(session.saved[path])
        for each in result.gone:
            session.remove(session.places[each.id or ""])
        report = MergeReport(result, session, tuple(updated))
        check(report)
    return report


def settle_records(session: Writing, paths: Iterable[str], people: Sequence[Contact]) -> list[str]:
    """Settle who the contact of these records is, where it was unsure; return the changed paths."""
    changed = []
    for path in sorted(paths):
        deal = session.opportunity(path)
        if (settled := settle_unsure(deal, people)) != deal:
            session.save(settled)
            changed.append(path)
    return changed


def list_distinct(people: Iterable[Contact]) -> list[Contact]:
    """Return the contacts without duplicates."""
    return list({each.id: each for each in people}.values())
