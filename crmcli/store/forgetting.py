"""What this machine remembers beside the files, undo records and what is derived, made to forget somebody."""

import os
from collections.abc import Callable, Collection

from crmcli.store import files
from crmcli.store.journal import DONE, EPOCH, Shelf, record
from crmcli.store.session import Writing

Tells = Callable[[str], bool]


def records(session: Writing, paths: Collection[str], tells: Tells) -> list[str]:
    """Put the removal of every undo record that touches one of these files or tells of somebody.

    What is derived belongs to the past from then on, whoever keeps it and whenever they come by.
    """
    found = []
    shelf: Shelf = session.workspace.shelf
    for number in sorted(shelf.numbers()):
        path = f"{DONE}/{record(number)}"
        journal = shelf.read(number)
        touches = journal is not None and any(change.path in paths for change in journal.changes)
        if touches or tells_in(files.read(session.root / path), tells):
            session.remove(path)
            found.append(path)
    session.put(EPOCH, f"{os.urandom(16).hex()}\n".encode(), before=session.content(EPOCH))
    return found


def tells_in(content: bytes | None, tells: Tells) -> bool:
    """Does somebody stand in these bytes?"""
    return content is not None and tells(content.decode("utf-8", "replace"))
