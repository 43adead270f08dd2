"""Whose cards those of an address book are of which nothing is remembered: two people are never made one."""

from collections.abc import Mapping
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact
from crmcli.domain.records.import_contact import SHARED, IncomingContact, KnownContacts, card_uids
from crmcli.domain.values.person_names import COUPLE, is_same_name, parse_name
from crmcli.exchange.card_files import FoundCard


class Doubt(NamedTuple):
    """A contact who shares something with a card of another name; `fits` where it may be the same person."""

    contact: Contact
    shared: str
    fits: bool


class CardOwners:
    """The contacts, by what a card may have in common with them."""

    def __init__(self, people: Mapping[str, Contact], country: str | None) -> None:
        self.known = KnownContacts(people.values(), country)
        self.by_uid = {uid: id for id, person in people.items() for uid in card_uids(person)}
        self.by_uid |= {id: id for id in people}

    def find(self, card: FoundCard) -> str | None:
        """Return the id of the contact with the UID of a card, or with its name and an e-mail or phone."""
        id = self.by_uid.get(card.uid)
        if id is not None:
            return id
        reached = [each for by in ("email", "phone") for each in self.known.find(by, card.incoming)]
        called = card.incoming.called
        return next((each.id for each in reached if is_same_person(each.name, called)), None)

    def find_doubt(self, incoming: IncomingContact) -> Doubt | None:
        """Return who shares something with a card that is nobody's; first who may be the same person."""
        match = self.known.match(incoming) if incoming.called else None
        for criterion, shared in SHARED.items():
            found = self.known.find(criterion, incoming)
            if found and (match is None or match in found):
                return Doubt(match or found[0], shared, match is not None)
        return Doubt(match, "name", True) if match else None


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two names are the same, and both or neither that of a couple.

    >>> is_same_person("M. RICHARD Pierre", "Pierre Richard"), is_same_person("Richard", "M. et Mme Richard")
    (True, False)
    """
    said = [parse_name(each).civility == COUPLE for each in (one, other)]
    return is_same_name(one, other) and said[0] is said[1]
