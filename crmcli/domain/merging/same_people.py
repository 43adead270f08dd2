"""People whom two clones made independently, each with an id of its own."""

from collections.abc import Iterable, Iterator

from crmcli.domain.model.record_types import Contact
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.values.folding import folded_name


def pair_same_people(people: Iterable[Contact], country: str | None) -> Iterator[tuple[Contact, Contact]]:
    """Yield contacts that have the same kind and name, and an e-mail or phone in common; the older one first.

    Two people of one family share an address, and two customers a name: both together are one person.
    """
    known: dict[tuple[str, str, str], Contact] = {}
    told: set[tuple[str | None, str | None]] = set()
    for person in sorted(people, key=lambda each: (str(each.created or ""), each.id or "")):
        for reach in list_reaches(person, country):
            key = (person.kind, folded_name(person.name), reach)
            other = known.setdefault(key, person)
            if other.id != person.id and (other.id, person.id) not in told:
                told.add((other.id, person.id))
                yield other, person


def list_reaches(person: Contact, country: str | None) -> Iterator[str]:
    """Yield the e-mails and phones of a contact in a form to compare."""
    yield from filter(None, map(normal_email, person.emails))
    yield from filter(None, (normal_phone(each, country) for each in person.phones))
