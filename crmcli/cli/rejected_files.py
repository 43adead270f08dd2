"""The files for what an import refused: each can be mended and imported again."""

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from crmcli.cli.output import messages
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.decoding import decode_text
from crmcli.domain.values.errors import UsageError
from crmcli.exchange.cell_table import CellTable
from crmcli.exchange.rejected_rows import (
    write_rejected_cards,
    write_rejected_records,
    write_rejected_rows,
)
from crmcli.store.outside_files import write_file
from crmcli.store.transactions import files

STDIN = "-"


def check_rejects(sources: Collection[str], rejects: str, *, keep_going: bool) -> None:
    """Check that what is refused of an import can be written to a file.

    Raises UsageError for a file that is imported, and where only standard input is to name it.
    """
    if keep_going and not rejects and STDIN in sources:
        raise UsageError("--keep-going of standard input needs a file for the others", hint="--rejects FILE")
    for source in sources:
        if rejects and source != STDIN and Path(rejects).resolve() == Path(source).resolve():
            raise UsageError("is the file that is imported", where=rejects, hint="--rejects OTHER")


def write_refused(
    source: str, file: CellTable | bytes, problems: Mapping[int, str], rejects: str, command: str
) -> None:
    """Write the rows or cards that were refused of a file to another one, and name it."""
    if isinstance(file, bytes):
        content, ending = write_rejected_cards(decode_text(file), problems), "vcf"
        has_rows = bool(content)
    else:
        content, ending = write_rejected_rows(file, problems), "csv"
        has_rows = any(row.line in problems for row in file.rows)
    if has_rows:
        write_rejects(source, ending, content, rejects, command)


def write_refused_documents(
    source: str, documents: Sequence[Any], numbers: Collection[int], rejects: str
) -> None:
    """Write the JSON documents with these numbers, which were refused, to another file, and name it."""
    kept = [each for number, each in enumerate(documents, start=1) if number in numbers]
    if kept:
        write_rejects(source, "json", write_rejected_records(kept), rejects, "crm import json")


def write_rejects(source: str, ending: str, content: bytes, rejects: str, command: str) -> None:
    """Write what was refused of a file to the one that is given, else to one beside it, and name it."""
    path = Path(rejects) if rejects else find_free(source, ending, content)
    write_file(path, content)
    told = translate(
        "what was refused is in {path}; mend it, then {command} with the same options",
        path=path,
        command=f"{command} {shlex.quote(str(path))}",
    )
    messages.print_warning(told)


def find_free(source: str, ending: str, content: bytes) -> Path:
    """Return the path for what was refused of a file: the first that is free, or has the same content.

    A file that is there may be half mended.
    """
    return next(
        each for each in list_candidates(source, ending) if not each.exists() or is_same(each, content)
    )


def list_candidates(source: str, ending: str) -> Iterator[Path]:
    """Yield the names of files for what was refused of a file, in the order in which they are taken."""
    yield Path(f"{source}.rejected.{ending}")
    yield from (Path(f"{source}.rejected-{number}.{ending}") for number in count(2))


def is_same(path: Path, content: bytes) -> bool:
    """Tell whether a file has this content."""
    try:
        return files.read_file(path) == content
    except OSError:
        return False
