"""Undoing finished changes, and redoing them: their files are restored, and later changes are kept."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from crmcli.domain.merging.revert import Undone
from crmcli.domain.model.record_types import HistoryEvent
from crmcli.operations.history.undo_records import Numbered, UndoRecords, list_finished
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.revert_change import Step, revert_files
from crmcli.store.transactions.journal import Journal
from crmcli.store.writer import Writing


class UndoReport(NamedTuple):
    """What was undone or, where an undo was taken back, redone."""

    command: str  # the command line that made the change
    steps: list[Step]
    is_redone: bool = False


Check = Callable[[UndoReport], object]


def list_changes(request: Request) -> Iterator[tuple[int, Journal]]:
    """Yield the changes that can be undone, each with its number, newest first."""
    shelf = request.reading().workspace.shelf
    return (each for each in list_finished(shelf) if not each[1].is_final)


def list_undone(request: Request) -> Iterator[tuple[int, Journal]]:
    """Yield the changes that can be redone, each with its number, newest first."""
    return UndoRecords(request.reading().workspace.shelf).list_redoable()


def undo(request: Request, number: int = 0, *, force: bool = False, check: Check = accept) -> UndoReport:
    """Undo the change with a number, by default the user's last one; this can itself be undone.

    Raises NotFoundError where no such change is stored, RefusedError for files changed again since, mails
    sent and rewards paid, unless `force` is given; also where the user's last command cannot be undone.
    """
    with request.changing() as session:
        stored = UndoRecords(session.workspace.shelf)
        found = (
            Numbered(number, stored.find_change(number)) if number else stored.find_last(session.moment.by)
        )
        return take_back(session, stored, found, force=force, check=check)


def redo(request: Request, number: int = 0, *, force: bool = False, check: Check = accept) -> UndoReport:
    """Take back an undo, by its number or that of the undone change; by default the user's last undo.

    Raises NotFoundError where nothing was undone, RefusedError where a command came after the last undo, and
    for files changed again since, unless `force` is given.
    """
    with request.changing() as session:
        stored = UndoRecords(session.workspace.shelf)
        found = stored.find_undo(number) if number else stored.find_last_undo(session.moment.by)
        return take_back(session, stored, found, force=force, check=check)


def take_back(
    session: Writing, stored: UndoRecords, found: Numbered, *, force: bool, check: Check
) -> UndoReport:
    """Undo a change, or redo it if what is taken back is an undo."""
    is_redone = stored.is_undo(found.journal)
    command = stored.find_origin(found.journal).command if is_redone else found.journal.command
    event = HistoryEvent.REDONE if is_redone else HistoryEvent.UNDONE
    cause = Undone(command, session.moment, event)
    report = UndoReport(command, revert_files(session, found.journal, cause, insist=force), is_redone)
    check(report)
    session.undoes = found.number
    return report
