"""What crm has changed and git has no commit of: remembered by the number of a change, and by paths.

A file in `.crm` has the number of the last change that was committed, and the paths that could not be.
The changes after that number are in the undo records: so nothing is forgotten where a command is killed
between its change and its commit.
"""

from pathlib import Path

import msgspec

from crmcli.domain.values.errors import CrmError
from crmcli.store.transactions.files import Tree
from crmcli.store.transactions.journal import PRIVATE, Journal, JournalStore

NAME = "committed"
FILES = {".gitattributes", "pipeline_data/.gitignore"}
FOLDERS = {"pipeline_data", "questionnaires", "templates"}


class Remembered(msgspec.Struct, frozen=True):
    """The number of the last change that git was given, and the paths of earlier ones that wait."""

    number: int = 0
    paths: tuple[str, ...] = ()


class Waiting(msgspec.Struct, frozen=True):
    """Paths that wait to be committed, and the changes, not yet tried, that made some of them."""

    paths: tuple[str, ...] = ()
    changes: tuple[Journal, ...] = ()


def read_remembered(root: Path) -> Remembered | None:
    """Return what is remembered; None where there is nothing, or it is damaged."""
    try:
        with Tree(root) as tree:
            content = tree.directory(PRIVATE).read(NAME)
        return msgspec.json.decode(content, type=Remembered) if content else None
    except (OSError, CrmError, msgspec.DecodeError):
        return None


def remember(root: Path, number: int, paths: tuple[str, ...] = ()) -> None:
    """Remember the number of the last change that git was given, and what of it waits."""
    with Tree(root) as tree:
        content = msgspec.json.encode(Remembered(number, paths))
        tree.make(PRIVATE).put(NAME, content, is_synced=False)


def list_waiting(root: Path, shelf: JournalStore, before: int | None = None) -> Waiting:
    """Return what waits from changes before a number; from all without one. Only shared files count.

    Where nothing is remembered, nothing is known to wait: `list_changed` has what may.
    """
    known = read_remembered(root)
    if known is None:
        return Waiting()
    numbers = (each for each in sorted(shelf.numbers()) if each > known.number)
    read = (shelf.read(each) for each in numbers if before is None or each < before)
    changes = tuple(each for each in read if each is not None)
    paths = [*known.paths, *(change.path for each in changes for change in each.changes)]
    return Waiting(tuple(dict.fromkeys(filter(is_shared, paths))), changes)


def list_changed(shelf: JournalStore) -> list[str]:
    """Return the shared files of all changes that undo records tell of."""
    changes = (each for number in shelf.numbers() if (each := shelf.read(number)) is not None)
    return list(
        dict.fromkeys(filter(is_shared, (change.path for each in changes for change in each.changes)))
    )


def is_shared(path: str) -> bool:
    """Tell whether a file may be in git: one of the workspace, not private to this machine.

    >>> [is_shared(each) for each in ("pipeline_data/crm.yaml", "pipeline_data/.crm/epoch", "a/../x")]
    [True, False, False]
    """
    first, *inner = path.split("/")
    is_inside = path in FILES or (first in FOLDERS and inner != [] and ".." not in inner)
    return is_inside and not path.startswith(f"{PRIVATE}/")
