"""Undoing finished changes: their files are restored, and later changes are kept."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from crmcli.operations.request import Request, accept
from crmcli.operations.steps.revert_change import Step, find_change, find_last, list_finished, revert_files
from crmcli.store.transactions.journal import Journal


class UndoReport(NamedTuple):
    """What was undone."""

    command: str  # the command line that made the change
    steps: list[Step]


Check = Callable[[UndoReport], object]


def list_changes(request: Request) -> Iterator[tuple[int, Journal]]:
    """Yield the changes that can be undone, each with its number, newest first."""
    shelf = request.reading().workspace.shelf
    return (each for each in list_finished(shelf) if not each[1].is_final)


def undo(request: Request, number: int = 0, *, force: bool = False, check: Check = accept) -> UndoReport:
    """Undo the change with a number, by default the user's last one; this can itself be undone.

    Raises NotFoundError where no such change is stored, RefusedError for files changed again since, mails
    sent and rewards paid, unless `force` is given; also where the user's last command cannot be undone.
    """
    with request.changing() as session:
        shelf = session.workspace.shelf
        if number:
            journal = find_change(shelf, number)
        else:
            number, journal = find_last(shelf, session.moment.by)
        report = UndoReport(journal.command, revert_files(session, journal, insist=force))
        check(report)
        session.undoes = number
    return report
