"""Referrals between contacts: detection of circles."""

from collections.abc import Callable, Iterable

from crmcli.domain.model.record_types import Opportunity

SponsorsOf = Callable[[str], Iterable[str]]


def buyer_and_sponsor(deal: Opportunity) -> tuple[str | None, str | None]:
    """Return the contact of a deal and its sponsor."""
    return deal.contact, deal.referral.by if deal.referral else None


def find_circle(deal: Opportunity, sponsors_of: SponsorsOf) -> list[str]:
    """Return the circle of contacts from the buyer to their sponsor, and on, back to the buyer; or [].

    `sponsors_of` returns the sponsors of a contact in other deals. A contact who is their own sponsor is
    the smallest circle. Circles without the deal's contact are not found.
    """
    buyer, first = buyer_and_sponsor(deal)
    if buyer is None or first is None:
        return []
    ways: dict[str, list[str]] = {first: [buyer, first]}
    waiting = [first]
    for here in waiting:  # grows during the loop: breadth-first search
        if here == buyer:
            return ways[here]
        for sponsor in sponsors_of(here):
            if sponsor not in ways:
                ways[sponsor] = [*ways[here], sponsor]
                waiting.append(sponsor)
    return []
