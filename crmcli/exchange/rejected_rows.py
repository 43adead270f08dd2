"""The rows and cards that an import refused, as files that can be mended and imported again."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from crmcli.domain.importing.import_targets import REMARK
from crmcli.domain.values.spreadsheet_cells import disarm_cell
from crmcli.domain.values.values import Plain
from crmcli.exchange.cell_table import CellTable
from crmcli.exchange.content_lines import escape
from crmcli.exchange.json_records import NUMBER, WORDS, encode_array

CARD_REMARK = "X-CRM-PROBLEM"  # the line of a refused card that says what is wrong with it
MARK = "\ufeff"  # tells Excel that the text is UTF-8


def write_rejected_rows(table: CellTable, problems: Mapping[int, str]) -> bytes:
    """Return the rows of these lines as they stand in the file, each with what is wrong in a last column."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=table.separator or ",")
    width = max((len(raw) for line, _, raw in table.rows if line in problems), default=0)
    headers = [*table.headers, *([""] * (width - len(table.headers)))]
    kept = [place for place, each in enumerate(headers) if each != REMARK]
    writer.writerow([*(disarm_cell(headers[place]) for place in kept), REMARK])
    for line, _, raw in table.rows:
        if line in problems:
            cells = [*raw, *([""] * (len(headers) - len(raw)))]
            writer.writerow([*(cells[place] for place in kept), disarm_cell(problems[line])])
    return (MARK + buffer.getvalue()).encode()


def write_rejected_cards(text: str, problems: Mapping[int, str]) -> bytes:
    """Return the cards in which these lines are, as they stand in the file, each with what is wrong."""
    kept: list[str] = []
    for begins, lines in split_at_cards(text):
        said = [problems[number] for number in range(begins, begins + len(lines)) if number in problems]
        own = [line for line in lines[1:] if not line.startswith(f"{CARD_REMARK}:")]
        if said:
            kept += [lines[0], *(f"{CARD_REMARK}:{escape(each)}" for each in said), *own]
    return "".join(f"{line}\n" for line in kept).encode()


def write_rejected_records(documents: Iterable[Any]) -> bytes:
    """Return whole records as a JSON array, as they were imported."""
    return b"".join(encode_array(msgspec.json.encode(spell_document(each)) for each in documents))


def spell_document(value: Any) -> Any:
    """Return a value that was read from JSON in the types that are written as it stood there."""
    match value:
        case Plain(text=text) if text == "null" or text in WORDS or re.fullmatch(NUMBER, text):
            return msgspec.Raw(text.encode())
        case Plain(text=text):
            return text
        case list():
            return [spell_document(each) for each in value]
        case dict():
            return {key: spell_document(each) for key, each in value.items()}
    return value


def split_at_cards(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each card of a file with the number of its first line, and what follows it up to the next."""
    begins, lines = 1, list[str]()
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        if line.strip().upper() == "BEGIN:VCARD" and lines:
            yield begins, lines
            begins, lines = number, []
        lines.append(line.removesuffix("\r"))
    yield begins, lines
