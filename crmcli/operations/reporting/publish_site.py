"""Writing a static site into a directory: only changed pages are written, and those without a deal go."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.report.site_page import ANONYMISED, GENERATOR, STYLE_OPENING, STYLE_SHEET, read_style_sheet
from crmcli.store.outside_files import refuse_inside
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Directory, Tree
from crmcli.store.transactions.lock import hold_lock
from crmcli.store.writer import lock_timeout

HOME = "index.html"
DEALS = "deals"  # the folder of the pages of deals
HEAD = 500  # bytes of a page that name its generator


class SiteReport(NamedTuple):
    """The number of pages of a site, and how many of them were written now, and removed."""

    pages: int
    written: int
    removed: int


def check_target(target: str, data: Path) -> Path:
    """Return the directory of a site.

    Raises UsageError for a file, for the workspace itself, and for a directory among its files.
    """
    place = Path(target)
    above = next((each for each in (place, *place.parents) if os.path.lexists(each)), Path())
    if not target or not above.is_dir():
        wrong = target if above in (place, Path()) else str(above)
        raise UsageError(f"{wrong!r} is not a directory", hint="give a new directory: crm report html site")
    refuse_inside(place, data)
    if place.resolve() == data.parent.resolve():
        raise UsageError("is the workspace", where=target, hint="give a new directory: crm report html site")
    return place


def publish_site(
    target: Path, pages: Iterable[tuple[str, bytes]], *, is_anonymous: bool = False
) -> SiteReport:
    """Write the pages of a site, given by path and content, into a directory, which is made if need be.

    What a killed run left half written is removed. Raises RefusedError for a file there that crm did not
    write, and for names in place of an anonymised site, TryAgainError where another process writes this site.
    """
    with files.told_as_storage_error("some pages may be written"):
        files.make_private(target).close()
        with hold_lock(target, lock_timeout()), Tree(target) as tree:
            refuse_foreign(tree)
            if not is_anonymous:
                refuse_names(tree)
            for folder in ("", DEALS):
                tree.make(folder).sweep()
            is_new = put_page(tree, STYLE_SHEET, read_style_sheet())
            names: set[str] = set()
            written = 0
            for path, content in pages:
                written += put_page(tree, path, content)
                names.add(path)
            removed = remove_others(tree.make(DEALS), names)
            tree.sync({"", DEALS} if written or removed or is_new else ())
    return SiteReport(len(names), written, removed)


def put_page(tree: Tree, path: str, content: bytes) -> bool:
    """Write a file unless it has this content; tell whether it was written."""
    folder, name = files.split_path(path)
    directory = tree.make(folder)
    present = directory.read(name)
    if present == content:
        return False
    refuse_replacing(directory, name, present)
    directory.put(name, content, is_synced=False)
    return True


def refuse_foreign(tree: Tree) -> None:
    """Raise RefusedError if the first files of a site are there, and crm did not write them."""
    top = tree.make("")
    for name in (STYLE_SHEET, HOME):
        refuse_replacing(top, name, top.read(name))


def refuse_names(tree: Tree) -> None:
    """Raise RefusedError for an anonymised site: who has its address would find names there."""
    if ANONYMISED in (tree.make("").read(HOME) or b"")[:HEAD]:
        raise RefusedError(
            "is an anonymised site", where=str(tree.make("").path), hint="--anonymise, or a new directory"
        )


def refuse_replacing(directory: Directory, name: str, present: bytes | None) -> None:
    """Raise RefusedError for a file that is there and that crm did not write."""
    if present is not None and not is_page(present):
        raise RefusedError(
            "was not written by crm", where=str(directory.path / name), hint="give a new directory"
        )


def is_page(content: bytes) -> bool:
    """Tell whether a file is a page, or the style sheet, that crm wrote."""
    return GENERATOR in content[:HEAD] or content.startswith(STYLE_OPENING)


def remove_others(folder: Directory, names: set[str]) -> int:
    """Remove the pages of deals that the site has no more; return their number."""
    removed = 0
    for name in folder.names():
        if name.endswith(".html") and f"{DEALS}/{name}" not in names and is_page(folder.read(name) or b""):
            folder.remove(name)
            removed += 1
    return removed
