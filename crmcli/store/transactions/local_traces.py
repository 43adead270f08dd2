"""Removal of a person's data from undo records and derived files on this machine."""

import os
from collections.abc import Callable, Collection

from crmcli.store.transactions.journal import DONE, EPOCH, Journal, JournalStore, record_name
from crmcli.store.writer import Writing

Tells = Callable[[str], bool]


def forget_records(session: Writing, paths: Collection[str], tells: Tells) -> list[str]:
    """Remove every undo record that touches one of these files, names the person, or is damaged.

    Also change the epoch, which makes all derived files invalid, for every user.
    """
    found = []
    shelf: JournalStore = session.workspace.shelf
    for number in sorted(shelf.numbers()):
        journal = shelf.read(number)
        if journal is None or touches_files(journal, paths) or tells_of(journal, tells):
            path = f"{DONE}/{record_name(number)}"
            session.remove(path)
            found.append(path)
    session.put(EPOCH, f"{os.urandom(16).hex()}\n".encode(), before=session.content(EPOCH))
    return found


def touches_files(journal: Journal, paths: Collection[str]) -> bool:
    """Tell whether a change touches one of these files."""
    return any(change.path in paths for change in journal.changes)


def tells_of(journal: Journal, tells: Tells) -> bool:
    """Tell whether an undo record contains the person's data."""
    contents = (each for change in journal.changes for each in (change.before, change.after) if each)
    return tells(journal.command) or any(tells(each.decode("utf-8", "replace")) for each in contents)
