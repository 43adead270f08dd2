"""Files that crm writes outside the workspace: exports, for this user alone."""

from collections.abc import Mapping
from pathlib import Path

from crmcli.domain.values.errors import UsageError
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Tree
from crmcli.store.workspace import FOLDERS


def write_folder(target: Path, content: Mapping[str, bytes]) -> None:
    """Write files, given by their paths inside it, into a folder; each replaces an earlier one as a whole."""
    with files.told_as_storage_error():
        files.make_private(target).close()
        with Tree(target) as tree:
            for name, each in content.items():
                folder, last = files.split_path(name)
                tree.make(folder).put(last, each, files.PRIVATE)
            tree.sync({files.split_path(name)[0] for name in content})


def write_file(target: Path, content: bytes) -> None:
    """Write a file, which replaces an earlier one as a whole."""
    write_folder(target.parent, {target.name: content})


def refuse_inside(target: Path, data: Path) -> None:
    """Check that a folder is not among the records, questionnaires or templates of a workspace.

    Raises UsageError where it is.
    """
    inside = target.absolute().resolve()
    for name in FOLDERS:
        folder = (data.parent / name).resolve()
        if inside == folder or folder in inside.parents:
            raise UsageError(f"is inside {name}", where=str(target), hint="give a folder elsewhere")
