"""Merge of contacts, and update of the records that refer to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TypeVar

from msgspec.structs import replace

from crmcli.domain.merging.merge_opportunities import refuse_own_sponsor
from crmcli.domain.merging.merge_records import MergeResult, RecordMerger, refuse_single, unite_lists
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.fields import Content, FieldSpec, fields_of
from crmcli.domain.model.record_types import Address, Contact, Opportunity, Part
from crmcli.domain.records.contact_fields import unite_items
from crmcli.domain.records.contact_matching import is_name_of
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.folding import fold_text

P = TypeVar("P", bound=Part)
PLACE = tuple(spec.name for spec in fields_of(Address))


def join_contacts(people: Sequence[Contact], config: Config, moment: Moment) -> MergeResult[Contact]:
    """Return one contact merged from several; the first one stays.

    E-mails, phones, addresses and tags are united, descriptions are joined, and any other field is the first
    non-empty value. Raises RefusedError for a person and a company, and for a contact that would belong to
    itself.
    """
    refuse_single(people)
    kinds = {each.kind for each in people}
    if len(kinds) > 1:
        names = " and ".join(f"{each.name} ({each.kind})" for each in people)
        raise RefusedError(f"{names} cannot be merged", hint="crm contact set ID kind=… first")
    making = RecordMerger(list(people))
    by_hand = {"addresses": lambda: making.together("addresses", merge_addresses)}
    making.merge_fields(by_hand, partial(unite_reaches, config.country))
    gone = {each.id for each in people[1:]}
    result = making.joined(moment)
    if result.record.company in {result.record.id, *gone}:
        raise RefusedError(f"{result.record.name} would belong to themselves")
    return result


def unite_reaches(country: str | None, spec: FieldSpec, values: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the united items of a list; of e-mails and phones, only the first spelling is kept."""
    if spec.content in (Content.EMAIL, Content.PHONE):
        return tuple(unite_items(spec.name, chain.from_iterable(values), (), country))
    return unite_lists(spec, values)


def merge_addresses(values: Sequence[tuple[Address, ...]]) -> tuple[Address, ...]:
    """Return all addresses; of compatible ones, that with the most parts filled in."""
    found: list[Address] = []
    for each in chain.from_iterable(values):
        same = next((known for known in found if says_the_same(known, each)), None)
        if same is None:
            found.append(each)
        elif count_filled(each) > count_filled(same):
            found[found.index(same)] = each
    return tuple(found)


def says_the_same(one: Address, other: Address) -> bool:
    """Tell whether two addresses agree: no parts differ, and one besides the label is equal.

    Empty parts agree with any value; case and accents are ignored.
    """
    parts = [(fold_text(getattr(one, part) or ""), fold_text(getattr(other, part) or "")) for part in PLACE]
    return all(a == b or not a or not b for a, b in parts) and any(a and a == b for a, b in parts[1:])


def count_filled(place: Address) -> int:
    """Return the number of parts of an address that are filled in."""
    return sum(getattr(place, part) is not None for part in PLACE)


def settle_unsure(deal: Opportunity, people: Sequence[Contact]) -> Opportunity:
    """Return a deal whose contact is not unsure any more, if all who it may be were merged into one."""
    names = (deal.contact_unsure or "").split(", ")
    if deal.contact_unsure and all(any(is_name_of(name, each) for each in people) for name in names):
        return replace(deal, contact_unsure=None)
    return deal


def rename_contacts(deal: Opportunity, ids: Mapping[str, str], config: Config) -> Opportunity:
    """Return a deal with contact ids replaced: its contact, sponsor, rewards and custom fields.

    Raises RefusedError if a contact would be their own sponsor.
    """
    own = {field.name for field in config.fields if field.type is FieldType.CONTACT}
    fields = {
        key: ids.get(str(value), value) if key in own and isinstance(value, str) else value
        for key, value in deal.fields.items()
    }
    after = replace(replace_ids(deal, ids), fields=fields)
    refuse_own_sponsor(after)
    return after


def list_contact_ids(deal: Opportunity, config: Config) -> Iterator[str]:
    """Yield the ids of contacts that a deal refers to: its contact, sponsor, rewards and custom fields."""
    yield from list_ids_in(deal)
    own = {field.name for field in config.fields if field.type is FieldType.CONTACT}
    yield from (str(value) for key, value in deal.fields.items() if key in own and isinstance(value, str))


def list_ids_in(part: Part) -> Iterator[str]:
    """Yield the contact ids in all fields of a record, or of a part of one."""
    for spec in fields_of(type(part)):
        value = getattr(part, spec.name)
        if spec.content is Content.CONTACT and value:
            yield value
        elif isinstance(value, Part):
            yield from list_ids_in(value)
        elif spec.is_part and spec.is_list:
            yield from (id for each in value for id in list_ids_in(each))


def replace_ids(part: P, ids: Mapping[str, str]) -> P:
    """Return a record, or a part of one, with the contact ids in all its fields replaced."""
    changed = {}
    for spec in fields_of(type(part)):
        value = getattr(part, spec.name)
        if spec.content is Content.CONTACT:
            changed[spec.name] = ids.get(value or "", value)
        elif isinstance(value, Part):
            changed[spec.name] = replace_ids(value, ids)
        elif spec.is_part and spec.is_list:
            changed[spec.name] = tuple(replace_ids(each, ids) for each in value)
    return replace(part, **changed)
