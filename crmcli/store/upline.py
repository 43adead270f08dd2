"""Who brought whom, as far as a change needs to know: nobody is brought by those whom they brought."""

from typing import TYPE_CHECKING

from crmcli.domain.errors import RefusedError
from crmcli.domain.model import Opportunity
from crmcli.domain.referrals import circle

if TYPE_CHECKING:
    from crmcli.store.session import Writing


def refuse_circle(session: "Writing", deal: Opportunity) -> None:
    """Make sure that a sponsor who is new to a deal was not brought by who buys, however far back.

    Raises RefusedError with the whole way.
    """
    path = session.places.get(deal.id or "", "")
    source = session.sources.get(path)
    before: Opportunity | None = source.value if source else None
    if deal.referral is None or (before and parties(before) == parties(deal)):
        return
    way = circle(deal, lambda contact: sponsors_of(session, contact, path))
    if way:
        names = [person.name if (person := session.contact(id)) else id for id in way]
        told = ", brought by ".join(names)
        raise RefusedError(f"a circle: {told}", where=deal.id or deal.title, hint="crm referral tree")


def parties(deal: Opportunity) -> tuple[str | None, str | None]:
    """Who buys, and who brought them."""
    return deal.contact, deal.referral.by if deal.referral else None


def sponsors_of(session: "Writing", contact: str, beside: str) -> list[str]:
    """Who brought a contact, in this session and on the disk, by all their deals but the one at a path."""
    saved = [deal for path, deal in session.saved.items() if path != beside and deal.contact == contact]
    here = [by for deal in saved if (by := parties(deal)[1])]
    return [*here, *session.index.sponsors_of(contact, beside)]
