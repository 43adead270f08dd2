"""Where the files kept with a record lie: in a folder of its own, under a name that cannot lead elsewhere."""

import re
import unicodedata
from collections.abc import Iterator

from crmcli.domain.model.history import merged_ids
from crmcli.domain.model.record_types import KeptFile, Opportunity
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.folding import strip_accents
from crmcli.store.reader import Reading
from crmcli.store.transactions.files import LinkedError, Tree
from crmcli.store.writer import Writing

FOLDER = "files"
PLACE = re.compile(rf"{FOLDER}/[a-z0-9]{{8}}/[\w-][\w.-]*")
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME = 80  # characters
LARGEST = 25 * 1000 * 1000  # bytes; mail servers take hardly more


def safe_name(name: str) -> str:
    """Return the name of a file in letters, digits and dashes, as any system stores it; never hidden.

    >>> safe_name("../Devis n° 12 – façade.PDF"), safe_name("-.x"), safe_name("…")
    ('Devis-n-12-facade.PDF', 'x', 'file')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = UNSAFE.sub("-", strip_accents(unicodedata.normalize("NFKC", last)))
    stem, dot, ending = plain.rpartition(".")
    kept = f"{stem[: LONGEST_NAME - 12]}{dot}{ending[:10]}" if stem else plain[:LONGEST_NAME]
    return kept.strip("-.").replace("-.", ".") or "file"


def place_file(record: str, name: str, content: bytes) -> str:
    """Return where a file of a record lies, below `pipeline_data`; the same content lies there once."""
    import hashlib  # takes two ms to load, and most commands need no files

    digest = hashlib.sha256(content).hexdigest()[:12]
    return f"{FOLDER}/{record}/{digest}-{safe_name(name)}"


def list_own_files(reading: Reading, deal: Opportunity) -> Iterator[str]:
    """Yield the paths of the files kept with a record that exist."""
    for each in deal.files:
        path = own_path(deal, each)
        if path and exists(reading, path):
            yield path


def own_path(deal: Opportunity, attachment: KeptFile) -> str | None:
    """Return the path of a file that belongs to a record; None for one that is not its own.

    Its own lie in the folder of this record, and of records merged into it.
    """
    place = attachment.file or ""
    folders = {deal.id, *merged_ids(deal)}
    return f"pipeline_data/{place}" if PLACE.fullmatch(place) and place.split("/")[1] in folders else None


def exists(reading: Reading, path: str) -> bool:
    """Tell whether a regular file lies at a path, not behind a link."""
    try:
        with Tree(reading.root) as tree:
            return tree.read(path) is not None
    except (OSError, LinkedError):
        return False


def read_attachment(reading: Reading, attachment: KeptFile) -> bytes:
    """Return the content of a file kept with a record.

    Raises RefusedError where it does not lie where it should, or is a link.
    """
    path = f"pipeline_data/{attachment.file}"
    pending = reading.puts.get(path) if isinstance(reading, Writing) else None
    if pending is not None and pending.after is not None:
        return pending.after
    try:
        with Tree(reading.root) as tree:
            content = tree.read(path, LARGEST) if PLACE.fullmatch(attachment.file or "") else None
    except OSError as error:
        raise RefusedError(f"cannot be read: {error.strerror}", where=path) from error
    if content is None:
        raise RefusedError(f"the file {attachment.name} is not there", where=path)
    return content
