"""The people of a deal, by the addresses that its mails come from and go to."""

from collections.abc import Iterator
from email.utils import getaddresses

from crmcli.domain.merging.similarity import of_email
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Direction
from crmcli.domain.records.contact_matching import normal_email


def is_stranger(address: str, facts: Facts) -> bool:
    """Tell whether an address belongs to none of a deal's people.

    Its people are the contact, their company, the sponsor, whom we wrote to, and who wrote before without
    being a stranger; also colleagues, at the domain of a company.
    """
    email = normal_email(address)
    if email is None:
        return True
    known = {each for each in people_addresses(facts) if each}
    traits = {of_email(each, facts.config) for each in known}
    return email not in known and of_email(email, facts.config) not in traits


def people_addresses(facts: Facts) -> Iterator[str | None]:
    """Yield the addresses of a deal's people, normalised."""
    for person in (facts.contact, facts.company, facts.sponsor):
        if person is not None:
            yield from map(normal_email, person.emails)
    for message in facts.opportunity.messages:
        if message.stranger or message.automatic:
            continue
        text = message.to if message.direction is Direction.OUT else message.from_
        yield from (normal_email(address) for _, address in getaddresses([text or ""]))
