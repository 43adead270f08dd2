"""Contacts made into one, and everything that named the others naming the one that stays."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec.structs import replace

from crmcli.domain.changes import Moment
from crmcli.domain.config import Config, FieldType
from crmcli.domain.contacts import united
from crmcli.domain.errors import RefusedError
from crmcli.domain.folding import folded
from crmcli.domain.joined_deals import refuse_own_sponsor
from crmcli.domain.joining import Joined, Joining, sets, several, texts
from crmcli.domain.model import Address, Contact, Opportunity


def joined(people: Sequence[Contact], config: Config, moment: Moment) -> Joined[Contact]:
    """One contact of several, the first of which stays.

    E-mails, phones, addresses and tags are those of all, descriptions are joined, any other field
    is the first that says something. Raises RefusedError for a person and a company.
    """
    several(people)
    kinds = {each.kind for each in people}
    if len(kinds) > 1:
        names = " and ".join(f"{each.name} ({each.kind})" for each in people)
        raise RefusedError(f"{names} cannot be merged", hint="crm contact set ID kind=… first")
    making = Joining(list(people))
    making.first("name", "company", "job")
    making.together("emails", lambda values: listed("emails", values, config.country))
    making.together("phones", lambda values: listed("phones", values, config.country))
    making.together("addresses", places)
    making.first("language")
    making.together("tags", sets)
    making.first("owner", "consent")
    making.together("description", texts)
    making.by_key("extra", lambda person: person.extra, shown="own key")
    gone = {each.id for each in people[1:]}
    result = making.joined(moment)
    if result.record.company in {result.record.id, *gone}:
        raise RefusedError(f"{result.record.name} would belong to themselves")
    return result


def listed(field: str, values: Sequence[tuple[str, ...]], country: str | None) -> tuple[str, ...]:
    """All e-mails or phones, each once however it is spelled; the first spelling stays."""
    return tuple(united(field, chain.from_iterable(values), (), country))


def places(values: Sequence[tuple[Address, ...]]) -> tuple[Address, ...]:
    """All addresses; of those that say the same the one with most parts filled."""
    found: list[Address] = []
    for each in chain.from_iterable(values):
        same = next((known for known in found if says_the_same(known, each)), None)
        if same is None:
            found.append(each)
        elif filled(each) > filled(same):
            found[found.index(same)] = each
    return tuple(found)


def says_the_same(one: Address, other: Address) -> bool:
    """Does one of two addresses say no more than the other, case and accents aside?"""
    parts = [
        (folded(getattr(one, part) or ""), folded(getattr(other, part) or ""))
        for part in ("label", "street", "postcode", "city", "country")
    ]
    return all(a == b or not a or not b for a, b in parts) and any(a and a == b for a, b in parts[1:])


def filled(place: Address) -> int:
    """How many parts of an address are known."""
    return sum(
        getattr(place, part) is not None for part in ("label", "street", "postcode", "city", "country")
    )


def renamed(deal: Opportunity, ids: Mapping[str, str], config: Config) -> Opportunity:
    """A deal that names these contacts by their new ids: its own, its sponsor, rewards, fields.

    Raises RefusedError where somebody would have brought themselves.
    """
    changes: dict[str, Any] = {"contact": ids.get(deal.contact or "", deal.contact)}
    if deal.referral is not None:
        by = ids.get(deal.referral.by or "", deal.referral.by)
        changes["referral"] = replace(deal.referral, by=by)
    changes["rewards"] = tuple(replace(each, to=ids.get(each.to or "", each.to)) for each in deal.rewards)
    own = {field.name for field in config.fields if field.type is FieldType.CONTACT}
    changes["fields"] = {
        key: ids.get(str(value), value) if key in own and isinstance(value, str) else value
        for key, value in deal.fields.items()
    }
    after = replace(deal, **changes)
    refuse_own_sponsor(after)
    return after
