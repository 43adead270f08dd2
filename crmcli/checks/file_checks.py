"""Checks for files that crm cannot read: directories, pipes, links, files that are too large."""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.model.mail_folder import MailFolder
from crmcli.store.transactions import files

MIB = 1024 * 1024
CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)


class Place(NamedTuple):
    """A folder with files of one kind: their suffix, and their greatest size in bytes.

    The content of records is checked elsewhere; a mail may contain anything.
    """

    folder: str
    ending: str
    most: int
    may_be_link: bool
    is_looked_into: bool = False


MAIL = (*MailFolder, "mail", "quarantine")
RECORDS = ("opportunities", "contacts")
PLACES = (
    *(Place(f"pipeline_data/{name}", ".eml", files.LARGEST, may_be_link=False) for name in MAIL),
    *(Place(f"pipeline_data/{name}", ".yaml", files.LARGEST_TEXT, may_be_link=True) for name in RECORDS),
    Place("pipeline_data/scenarios", ".yaml", files.LARGEST_TEXT, may_be_link=True, is_looked_into=True),
    Place("questionnaires", ".yaml", files.LARGEST_TEXT, may_be_link=True, is_looked_into=True),
    Place("templates", ".j2", files.LARGEST_TEXT, may_be_link=True, is_looked_into=True),
)


def find_unreadable(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the path of each file that cannot be read, and the reason."""
    for place in PLACES:
        for folder, directories, names in os.walk(root / place.folder):
            directories[:] = [name for name in directories if not name.startswith(".")]
            for name in (*directories, *names):
                if name.endswith(place.ending):
                    why = find_fault(os.path.join(folder, name), place)
                    if why:
                        yield os.path.relpath(os.path.join(folder, name), root), why


def find_twins(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the path of each file whose name is another's but for case or Unicode form, and that name.

    A Mac or Windows keeps one file of the two: a clone there loses the other.
    """
    for place in PLACES:
        for folder, directories, names in os.walk(root / place.folder):
            seen: dict[str, str] = {}
            for name in sorted([*directories, *names]):
                first = seen.setdefault(unicodedata.normalize("NFC", name.casefold()), name)
                if first != name:
                    yield os.path.relpath(os.path.join(folder, name), root), first


def find_fault(path: str, place: Place) -> str:
    """Return the reason why a file cannot be read; empty if it can."""
    try:
        own = os.lstat(path)
        found = os.stat(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if stat.S_ISLNK(own.st_mode) and not place.may_be_link:
        return "is a symbolic link, which is not followed"
    if not stat.S_ISREG(found.st_mode):
        return "is a directory, not a file" if stat.S_ISDIR(found.st_mode) else "is not a regular file"
    if found.st_size > place.most:
        return f"is larger than {place.most // MIB} MiB"
    if not os.access(path, os.R_OK):
        return "cannot be read: Permission denied"
    return find_fault_in_text(path) if place.is_looked_into else ""


def find_fault_in_text(path: str) -> str:
    """Return the reason why a file cannot be read as text; empty if it can."""
    try:
        text = (files.read_text_file(Path(path)) or b"").decode("utf-8")
    except UnicodeDecodeError:
        return "is not UTF-8"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "holds git conflict markers" if CONFLICT.search(text) else ""
