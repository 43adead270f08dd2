"""The columns of documents: what each holds, what it is called, and which a document can have."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from crmcli.cli.output.value_format import spell_value
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.suggest import suggest_name


class Column(NamedTuple):
    """A column of a table: its key in the document, its label, how people read its value."""

    key: str
    label: str = ""
    shown: Callable[[Any], str] = spell_value
    right: bool = False
    wraps: bool = False
    usual: bool = True  # shown where `--fields` asks for nothing else
    under: tuple[str, ...] = ()  # the keys that lead to its value, where its own does not

    def value(self, document: Document) -> Any:
        """What a document holds of it."""
        return value_under(document, self.under or (self.key,))


def value_under(value: Any, keys: Sequence[str]) -> Any:
    """What stands under these keys; of a list what each of its mappings has there."""
    for place, key in enumerate(keys):
        if isinstance(value, list):
            found = [value_under(each, keys[place:]) for each in value]
            return [each for each in found if each is not None]
        value = value.get(key) if isinstance(value, dict) else None
    return value


def refuse_unknown(
    what: str, names: Iterable[str], documents: Sequence[Document], columns: Sequence[Column]
) -> None:
    """Make sure that documents of this kind can have these names, whether one of these has them or not.

    Raises UsageError with the nearest one.
    """
    known = {*(column.key for column in columns), *(key for document in documents for key in document)}
    unknown = [name for name in names if name not in known]
    if unknown and documents and "schema" in documents[0]:
        from crmcli.domain.model.schemas import DOCUMENTS

        known |= set(DOCUMENTS[documents[0]["schema"]]()["properties"])
    for name in unknown:
        if name not in known:
            raise UsageError(f"unknown {what} {name!r}", hint=suggest_column(name, known))


def suggest_column(name: str, known: Collection[str]) -> str:
    """The column that a name means: the one of the query's key with this alias, else the nearest."""
    from crmcli.query.keys import keys_by_name  # where a name is wrong

    key = keys_by_name().get(name)
    if key is not None and (same := [each for each in key.aliases_and_name if each in known]):
        return f"did you mean {same[0]}?"
    return suggest_name(name, known)
