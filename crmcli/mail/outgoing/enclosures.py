"""Files sent with an e-mail: those that its template names, and those kept with its record."""

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.values.errors import NotFoundError, RefusedError
from crmcli.mail.outgoing.message_writer import Enclosure
from crmcli.mail.outgoing.template import ATTACH
from crmcli.store.attached_files import LARGEST, read_attachment
from crmcli.store.reader import Reading
from crmcli.store.transactions.files import Tree

FOLDER = "templates/attachments"
UNKNOWN = "application/octet-stream"


def enclose_named(root: Path, headers: Mapping[str, str]) -> list[Enclosure]:
    """Return the files that the `Attach` header of a template names.

    Raises NotFoundError for one that does not exist, RefusedError for one outside their folder.
    """
    names = [name.strip() for name in headers.get(ATTACH, "").split(",")]
    return [read_named(root, name) for name in names if name]


def read_named(root: Path, name: str) -> Enclosure:
    """Return a file that a template names, in the folder for them; links are not followed."""
    path = f"{FOLDER}/{name}"
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise RefusedError("is not the name of an attachment", where=name, hint=f"a file in {FOLDER}/")
    try:
        with Tree(root) as tree:
            content = tree.read(path, LARGEST)
    except OSError as error:
        raise RefusedError(f"cannot be read: {error.strerror}", where=path) from error
    if content is None:
        raise NotFoundError("does not exist", where=path)
    return Enclosure(Path(name).name, mimetypes.guess_type(name)[0] or UNKNOWN, content)


def enclose_files(session: Reading, deal: Opportunity, ids: Sequence[str]) -> list[Enclosure]:
    """Return files kept with a record, by their ids."""
    wanted = [each for id in ids for each in deal.files if each.id == id]
    return [
        Enclosure(each.name or "", each.type or UNKNOWN, read_attachment(session, each)) for each in wanted
    ]


def refuse_too_large(enclosures: Iterable[Enclosure]) -> None:
    """Check that the files of a mail are together as small as mail servers take them.

    Raises RefusedError.
    """
    size = sum(len(each.content) for each in enclosures)
    if size > LARGEST:
        raise RefusedError(
            f"the files are {size // 1_000_000} MB, too large for a mail", hint="at most 25 MB"
        )
