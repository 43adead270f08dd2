"""Who brought whom: no circles, and the tree that it makes."""

from collections.abc import Callable, Iterable

from crmcli.domain.model import Opportunity

SponsorsOf = Callable[[str], Iterable[str]]


def circle(deal: Opportunity, sponsors_of: SponsorsOf) -> list[str]:
    """The way from who buys to who brought them, and on, back to who buys; empty if there is none.

    `sponsors_of` gives who brought somebody, by other deals. Who brings themselves is the smallest
    circle. Circles that the deal has no part in are not looked for.
    """
    first = deal.referral.by if deal.referral else None
    if deal.contact is None or first is None:
        return []
    ways: dict[str, list[str]] = {first: [deal.contact, first]}
    waiting = [first]
    for here in waiting:  # which grows: nearest first
        if here == deal.contact:
            return ways[here]
        for sponsor in sponsors_of(here):
            if sponsor not in ways:
                ways[sponsor] = [*ways[here], sponsor]
                waiting.append(sponsor)
    return []
