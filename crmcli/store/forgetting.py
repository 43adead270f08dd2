"""What this machine remembers beside the files, undo records and the index, made to forget somebody."""

from collections.abc import Callable, Collection

from crmcli.store import files
from crmcli.store.index import index, seal
from crmcli.store.journal import Shelf
from crmcli.store.session import Writing
from crmcli.store.workspace import Workspace

Tells = Callable[[str], bool]
DONE = "pipeline_data/.crm/done"
ROWS = "pipeline_data/.crm/rows"
OF_THE_INDEX = (index.NAME, f"{index.NAME}-journal", f"{index.NAME}.new", seal.NAME)


def records(session: Writing, paths: Collection[str], tells: Tells) -> list[str]:
    """Put the removal of every undo record that touches one of these files or tells of somebody."""
    found = []
    shelf: Shelf = session.workspace.shelf
    for number in sorted(shelf.numbers()):
        path = f"{DONE}/{number:08d}"
        journal = shelf.read(number)
        touches = journal is not None and any(change.path in paths for change in journal.changes)
        if touches or tells_in(files.read(session.root / path), tells):
            session.remove(path)
            found.append(path)
    return found


def rows(session: Writing, tells: Tells) -> list[str]:
    """Put the removal of the rows that terminals remember, where somebody stands in them."""
    folder = session.root / ROWS
    paths = sorted(f"{ROWS}/{each.name}" for each in folder.iterdir()) if folder.is_dir() else []
    found = [path for path in paths if tells_in(session.content(path), tells)]
    for path in found:
        session.remove(path)
    return found


def tells_in(content: bytes | None, tells: Tells) -> bool:
    """Does somebody stand in these bytes?"""
    return content is not None and tells(content.decode("utf-8", "replace"))


def drop_index(workspace: Workspace) -> None:
    """Remove the index with all bytes that it has ever held; whoever asks next builds it anew."""
    for name in OF_THE_INDEX:
        files.remove(workspace.private / name)
    files.sync_directories([workspace.private])
