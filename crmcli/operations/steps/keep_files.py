"""Copying files that a user names into the workspace, to be kept with a record."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from crmcli.domain.model.record_types import KeptFile, Opportunity
from crmcli.domain.values.errors import NotFoundError, RefusedError, UsageError
from crmcli.store.attached_files import LARGEST, place_file
from crmcli.store.transactions import files
from crmcli.store.writer import Writing

UNKNOWN = "application/octet-stream"


def with_files(
    session: Writing, deal: Opportunity, words: Iterable[str]
) -> tuple[Opportunity, tuple[str, ...]]:
    """Return a record with the files that these words name, and the ids of those.

    A word is the id or name of a file that the record has, else the path of one that it gets.
    """
    ids: list[str] = []
    for word in words:
        kept = next((each for each in reversed(deal.files) if word in (each.id, each.name)), None)
        if kept is None:
            deal, kept = keep_file(session, deal, word, read_given(word))
        ids.append(kept.id or "")
    return deal, tuple(ids)


def keep_file(session: Writing, deal: Opportunity, path: str, content: bytes) -> tuple[Opportunity, KeptFile]:
    """Put a copy of a file into the session; return the record with it, and its entry.

    The same content is kept once.
    """
    name = " ".join(Path(path).name.split())
    place = place_file(deal.id or "", name, content)
    known = next((each for each in deal.files if each.file == place), None)
    if known is not None:
        return deal, known
    import mimetypes  # reads tables of the system

    session.put(f"pipeline_data/{place}", content, before=session.content(f"pipeline_data/{place}"))
    made = KeptFile(
        id=session.new_id(),
        name=name,
        type=mimetypes.guess_type(name)[0] or UNKNOWN,
        size=len(content),
        file=place,
        at=session.moment.at,
        by=session.moment.by,
    )
    return replace(deal, files=(*deal.files, made)), made


def read_given(path: str) -> bytes:
    """Return the content of a file that the user named.

    Raises UsageError where it cannot be read, RefusedError where it is empty or too large.
    """
    if not path.isprintable():
        raise UsageError("the file's name is not printable", where=repr(path))
    try:
        content = files.read_file(Path(path), LARGEST)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=path) from error
    if content is None:
        raise UsageError("does not exist", where=path)
    if not content:
        raise RefusedError("is empty", where=path)
    return content


def find_attachment(known: Sequence[KeptFile], word: str) -> KeptFile:
    """Return the file of a record with this id or name; of several with the same name, the last.

    Raises NotFoundError, with the names of all.
    """
    found = [each for each in known if word in (each.id, each.name)]
    if not found:
        names = ", ".join(each.name or each.id or "" for each in known)
        raise NotFoundError(f"no file {word!r} is kept with this record", hint=names or "crm attach REF FILE")
    return found[-1]
