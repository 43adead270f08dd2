"""Keeping files with a record: photos of the site, quotes, plans."""

from collections.abc import Sequence

from msgspec.structs import replace

from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.operations.change_records import ChangeReport, Check, Records, change_records
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.keep_files import find_attachment, keep_file, read_given
from crmcli.store.attached_files import own_path
from crmcli.store.writer import Writing


def attach_files(
    request: Request, record: Records, paths: Sequence[str], *, check: Check = accept
) -> ChangeReport:
    """Keep copies of files with a record; the same content is kept once.

    Raises UsageError for a file that cannot be read, RefusedError for one that is empty or too large.
    """
    given = [(path, read_given(path)) for path in paths]

    def decide(session: Writing, facts: Facts) -> Change:
        deal = facts.opportunity
        for path, content in given:
            deal, _ = keep_file(session, deal, path, content)
        return Change(before=facts.opportunity, after=deal)

    return change_records(request, record, decide, check=check)


def remove_files(
    request: Request, record: Records, words: Sequence[str], *, check: Check = accept
) -> ChangeReport:
    """Remove files, given by id or name, from a record; `crm undo` restores them.

    Raises NotFoundError for one that the record does not have.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        deal = facts.opportunity
        gone = [find_attachment(deal.files, word) for word in words]
        for each in gone:
            path = own_path(deal, each)
            if path and session.content(path) is not None:
                session.remove(path)
        kept = tuple(each for each in deal.files if each not in gone)
        return Change(before=deal, after=replace(deal, files=kept))

    return change_records(request, record, decide, check=check)
