"""Summary of a merge: the source of each field, as lines of text and as a document."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from crmcli.domain.documents.change_documents import MergeDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.explain.change_summary import Wording
from crmcli.domain.explain.value_words import name_field
from crmcli.domain.localization.translations import translate, translate_plural
from crmcli.domain.merging.merge_records import Discarded, MergedField, MergeResult
from crmcli.domain.model.record_names import title_of
from crmcli.domain.model.record_types import Address, Referral
from crmcli.domain.records import documents
from crmcli.domain.records.contact_fields import format_address
from crmcli.domain.records.contact_matching import shown_phone

COUNTED = ("activities", "messages")
MONEY = ("expected_revenue", "budget", "recurring_revenue")
WIDTH = 22


class Naming(NamedTuple):
    """Formatting of values, with names for ids of contacts."""

    written: Wording
    names: Mapping[str, str]

    def __call__(self, value: Any) -> str:
        """Return a value on one line."""
        if isinstance(value, tuple | list):
            return " / ".join([self(each) for each in value])
        if isinstance(value, Address):
            return format_address(value)
        if isinstance(value, Referral):
            return f"{self(value.by)}, {value.link}" if value.link else self(value.by)
        held = documents.plain_data(value)
        if isinstance(held, dict):
            return ", ".join(f"{key}: {each}" for key, each in held.items())
        if isinstance(value, str) and value in self.names:
            return f"{self.names[value]} ({value})"
        country = self.written.locale.country if self.written.locale else None
        return self.written(shown_phone(value, country) if isinstance(value, str) else value)


def list_merge_lines(made: MergeResult[Any], spelled: Naming) -> Iterator[str]:
    """Yield the record that stays, the merged ones, and each field with its source."""
    yield f"{made.record.id}  {title_of(made.record)}"
    for each in made.gone:
        yield f"  {translate('merges {record}', record=f'{each.id}  {title_of(each)}')}"
    for taken in made.fields:
        value = "  ".join([spell_merged_value(taken, spelled), *list_sources(taken, made)])
        rest = ", ".join([value, *list_discarded(taken, spelled)])
        yield f"  {name_field(taken.field):<{WIDTH}}{rest}".rstrip()
    if entries := len(made.record.history) - 1:
        count = translate_plural("{count} entry of all", "{count} entries of all", entries)
        yield f"  {translate('history'):<{WIDTH}}{count}"


def list_sources(taken: MergedField, made: MergeResult[Any]) -> Iterator[str]:
    """Yield the record that a value is from, if it is not the one that stays."""
    if taken.of and taken.of != made.record.id:
        yield translate("from {record}", record=taken.of)


def list_discarded(taken: MergedField, spelled: Naming) -> Iterator[str]:
    """Yield the values that are not taken, and whether people could think that amounts are summed."""
    for left in taken.left:
        yield translate("not {value} of {record}", value=spell_left(taken, left, spelled), record=left.of)
    if taken.field in MONEY and taken.left:
        yield translate("not summed")


def spell_left(taken: MergedField, left: Discarded, spelled: Naming) -> str:
    """Return a discarded value as text; a probability was set by hand."""
    if taken.field == "probability":
        return translate("{percent} set by hand", percent=f"{left.value.normalize():f} %")
    return spelled(left.value)


def spell_merged_value(taken: MergedField, spelled: Naming) -> str:
    """Return a value of the merged record as text; for activities and messages, their number."""
    if taken.field == "probability":
        if taken.value is None:
            return translate("of its stage")
        return translate("{percent} set by hand", percent=f"{taken.value.normalize():f} %")
    return str(len(taken.value)) if taken.field in COUNTED else spelled(taken.value)


def build_merge_document(made: MergeResult[Any]) -> MergeDocument:
    """Return the document `crm.merged/1`: the record that stays, the merged ones, fields with sources."""
    return MergeDocument(
        id=made.record.id or "",
        kind=str(made.record.kind),
        merged=[each.id or "" for each in made.gone],
        fields=[build_field_document(taken) for taken in made.fields],
    )


def build_field_document(taken: MergedField) -> Document:
    """Return one field of a merged record as a document."""
    left = [{"value": documents.plain_data(each.value), "of": each.of} for each in taken.left]
    return {"field": taken.field, "value": documents.plain_data(taken.value), "of": taken.of, "left": left}
