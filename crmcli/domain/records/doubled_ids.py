"""Duplicate ids: two clones' records of the same mail or person are merged, a copied file gets new ids."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from crmcli.domain.merging.merge_clones import merge_clones
from crmcli.domain.merging.merge_contacts import join_contacts
from crmcli.domain.merging.three_way import merge_histories
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Direction,
    Entry,
    Instant,
    Message,
    Opportunity,
    Reward,
)
from crmcli.domain.model.recorded_effects import change_effect_texts
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.ids import derive_id

R = TypeVar("R", Opportunity, Contact)
NewId = Callable[[], str]


def are_of_two_clones(one: Opportunity | Contact, other: Opportunity | Contact) -> bool:
    """Tell whether two records share an id because two clones derived it from the same mail or address."""
    return type(one) is type(other) and bool({*sources_of_id(one)} & {*sources_of_id(other)})


def sources_of_id(record: Opportunity | Contact) -> Iterator[str]:
    """Yield the e-mail addresses or message ids from which a record's id is derived."""
    if isinstance(record, Contact):
        addresses = (normal_email(each) for each in record.emails)
        yield from (each for each in addresses if each and derive_id("contact", each) == record.id)
    else:
        ids = (each.message_id for each in record.messages)
        yield from (each for each in ids if each and derive_id("record", each) == record.id)


def unify_clones(one: R, other: R, config: Config, moment: Moment) -> R:
    """Return the merge of two records that two clones created from the same source.

    Raises RefusedError naming the fields of a deal that both changed in different ways.
    """
    if isinstance(one, Contact) and isinstance(other, Contact):
        return one_contact(one, other, config, moment)
    assert isinstance(one, Opportunity)
    assert isinstance(other, Opportunity)
    return one_deal(one, other)


def one_contact(one: Contact, other: Contact, config: Config, moment: Moment) -> Contact:
    """Return the merge of two contacts; one whose name is only an e-mail address comes second."""
    first, second = sorted((one, other), key=lambda each: ("@" in each.name, str(each.created)))
    record = join_contacts([first, second], config, moment).record
    history = merge_histories(first.history, second.history)
    return replace(record, created=earlier_created(first, second), history=history)


def one_deal(one: Opportunity, other: Opportunity) -> Opportunity:
    """Return the merge of two deals, as of two clones that made it from the same message.

    Raises RefusedError naming the fields that both changed in different ways.
    """
    record, conflicts = merge_clones(None, one, other)
    if conflicts:
        raise RefusedError(
            f"two clones made {one.id} and changed it in different ways: {', '.join(conflicts)}",
            hint="make these fields equal in both files and try again",
        )
    return record


def earlier_created(one: Opportunity | Contact, other: Opportunity | Contact) -> Instant | None:
    """Return the earlier creation time of two records."""
    return min((each.created for each in (one, other) if each.created), default=None)


def with_ids_of_its_own(record: R, new_id: NewId) -> R:
    """Return a copied record with new ids for itself, its activities, messages and rewards.

    Old ids in history entries and rule occurrences are replaced as well. Queued and sent mail, and the
    customer's mail thread, stay with the first record.
    """
    if isinstance(record, Contact):
        return replace(record, id=new_id())
    assert isinstance(record, Opportunity)
    ids = {id: new_id() for id in ids_of(record)}
    return replace(
        record,
        id=ids.get(record.id or "") or new_id(),
        activities=tuple(replace(each, id=ids.get(each.id or "")) for each in record.activities),
        messages=tuple(own_message(each, ids.get(each.id or "")) for each in record.messages),
        rewards=tuple(replace(each, id=ids.get(each.id or "")) for each in record.rewards),
        history=tuple(own_entry(each, ids) for each in record.history),
    )


def ids_of(deal: Opportunity) -> list[str]:
    """Return the ids of a deal and its parts."""
    parts: list[Activity | Message | Reward] = [*deal.activities, *deal.messages, *deal.rewards]
    return [id for id in (deal.id, *(each.id for each in parts)) if id]


def own_message(message: Message, id: str | None) -> Message:
    """Return a message for a copied record; the file of a sent message, and replies, stay with the first."""
    file = None if message.direction is Direction.OUT else message.file
    return replace(message, id=id, message_id=None, file=file)


def own_entry(entry: Entry, ids: dict[str, str]) -> Entry:
    """Return a history entry for a copied record, with the new ids."""
    occurrence = "/".join(ids.get(part, part) for part in (entry.occurrence or "").split("/"))
    did = tuple(change_effect_texts(each, lambda text: replace_ids(text, ids)) for each in entry.did)
    return replace(entry, occurrence=occurrence if entry.occurrence else None, did=did)


def replace_ids(text: str, ids: dict[str, str]) -> str:
    """Return the text with old ids replaced by new ones."""
    for old, new in ids.items():
        text = text.replace(old, new)
    return text
