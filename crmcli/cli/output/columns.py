"""The columns of documents: their values and labels, and a check of the names that are asked for."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec

from crmcli.cli.output.value_format import spell_value
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.suggest import suggest_name


class Column(msgspec.Struct, frozen=True):
    """A column of a table: its key in the document, its label, and the format of its values."""

    key: str
    label: str = ""
    name: str = ""  # its heading in English, as it is written in a command
    shown: Callable[[Any], str] = spell_value
    right: bool = False
    wraps: bool = False
    whole: bool = False  # a phone or a time says nothing when it is cut
    usual: bool = True  # shown without `--columns`
    in_csv: bool = False  # also printed as CSV and TSV without `--columns`
    under: tuple[str, ...] = ()  # path of keys to its value, if not `key` alone
    first: bool = False  # only the first value of a list
    in_words: bool = False  # a spreadsheet of a person has what is shown, not the value of documents
    spare: int | None = None  # its turn to be left out where a terminal is narrow; None if the last resort

    def value(self, document: Document) -> Any:
        """Return the value of this column in a document."""
        value = value_under(document, self.under) if self.under else document.get(self.key)
        return next(iter(value or ()), None) if self.first else value


def value_under(value: Any, keys: Sequence[str]) -> Any:
    """Return the value under a path of keys; for a list, the values in each of its mappings."""
    for place, key in enumerate(keys):
        if isinstance(value, list):
            found = [value_under(each, keys[place:]) for each in value]
            return [each for each in found if each is not None]
        value = value.get(key) if isinstance(value, dict) else None
    return value


def refuse_unknown(
    what: str, names: Iterable[str], documents: Sequence[Document], columns: Sequence[Column]
) -> None:
    """Check that documents of this kind can have keys with these names, even if none of these has them.

    Raises UsageError, which suggests the nearest name.
    """
    known = {name for column in columns for name in (column.key, column.name) if name}
    known |= {key for document in documents for key in document}
    unknown = [name for name in names if name not in known]
    if unknown and documents and "schema" in documents[0]:
        from crmcli.domain.documents.schemas import DOCUMENTS

        known |= set(DOCUMENTS[documents[0]["schema"]]()["properties"])
    for name in unknown:
        if name not in known:
            raise UsageError(f"unknown {what} {name!r}", hint=suggest_column(name, known))


def suggest_column(name: str, known: Collection[str]) -> str:
    """Suggest a column for an unknown name: that of the query key with this alias, else the nearest."""
    from crmcli.query.keys import keys_by_name  # imported only for a wrong name

    key = keys_by_name().get(name)
    if key is not None and (same := [each for each in key.aliases_and_name if each in known]):
        return f"did you mean {same[0]}?"
    return suggest_name(name, known) or "-o json shows their names"
