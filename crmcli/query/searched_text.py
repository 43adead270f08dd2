"""The texts of a record in which a bare word of a query is searched, as the model declares them."""

from collections.abc import Iterator
from functools import cache

from crmcli.domain.model.fields import Content, FieldSpec, fields_of
from crmcli.domain.model.record_types import Part
from crmcli.domain.records.contact_matching import spell_phone
from crmcli.domain.values.folding import BETWEEN, fold_text
from crmcli.domain.values.untyped_values import characters_of


def searched_text(record: Part) -> str:
    """Return all searched texts of a record, folded and joined."""
    return BETWEEN.join(map(fold_text, searched_texts(record)))


def searched_texts(part: Part) -> Iterator[str]:
    """Yield the texts of all fields declared as searched, phone numbers in all their spellings."""
    for spec in searched_fields(type(part)):
        held = getattr(part, spec.name)
        for each in held if spec.is_list else (held,):
            if isinstance(each, Part):
                yield from searched_texts(each)
            elif isinstance(each, dict):
                for value in each.values():
                    yield from characters_of(value)
            elif each:
                yield from spell_phone(each) if spec.content is Content.PHONE else (each,)


@cache
def searched_fields(kind: type[Part]) -> tuple[FieldSpec, ...]:
    """Return the searched fields of a type."""
    return tuple(spec for spec in fields_of(kind) if spec.is_searched)
