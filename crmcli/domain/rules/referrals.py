"""Who brought whom: no circles, and the tree that it makes."""

from collections.abc import Callable, Iterable

from crmcli.domain.model.record_types import Opportunity

SponsorsOf = Callable[[str], Iterable[str]]


def buyer_and_sponsor(deal: Opportunity) -> tuple[str | None, str | None]:
    """The contacts who buy, and who brought them."""
    return deal.contact, deal.referral.by if deal.referral else None


def find_circle(deal: Opportunity, sponsors_of: SponsorsOf) -> list[str]:
    """The way from who buys to who brought them, and on, back to who buys; empty if there is none.

    `sponsors_of` gives who brought somebody, by other deals. Who brings themselves is the smallest
    circle. Circles that the deal has no part in are not looked for.
    """
    buyer, first = buyer_and_sponsor(deal)
    if buyer is None or first is None:
        return []
    ways: dict[str, list[str]] = {first: [buyer, first]}
    waiting = [first]
    for here in waiting:  # which grows: nearest first
        if here == buyer:
            return ways[here]
        for sponsor in sponsors_of(here):
            if sponsor not in ways:
                ways[sponsor] = [*ways[here], sponsor]
                waiting.append(sponsor)
    return []
