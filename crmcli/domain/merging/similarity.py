"""Similar records, found by traits that few records share, and never by names alone."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import ContactKind
from crmcli.domain.records.contact_matching import (
    is_same_contact_name,
    normal_email,
    normal_phone,
    shown_phone,
)
from crmcli.domain.values.folding import folded_name

MOST = 20  # records that may share a trait; a more common trait is ignored
PUBLIC = frozenset(  # mailbox providers, whose domains do not identify a company
    (
        *(
            "gmail.com",
            "googlemail.com",
            "outlook.com",
            "outlook.fr",
            "hotmail.com",
            "hotmail.fr",
            "hotmail.be",
        ),
        *(
            "live.com",
            "live.fr",
            "live.be",
            "msn.com",
            "yahoo.com",
            "yahoo.fr",
            "ymail.com",
            "rocketmail.com",
        ),
        *(
            "icloud.com",
            "me.com",
            "mac.com",
            "orange.fr",
            "orange.com",
            "wanadoo.fr",
            "free.fr",
            "aliceadsl.fr",
        ),
        *("sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr", "numericable.fr", "noos.fr", "laposte.net"),
        *("bbox.fr", "gmx.fr", "gmx.com", "gmx.net", "gmx.de", "web.de", "t-online.de", "aol.com", "aol.fr"),
        *("protonmail.com", "proton.me", "pm.me", "tutanota.com", "mailo.com", "mail.com", "zoho.com"),
        *("yandex.com", "skynet.be", "telenet.be", "proximus.be", "voo.be", "bluewin.ch"),
    )
)


class Trait(NamedTuple):
    """A property that similar records share: the criterion, and the value as shown to people."""

    criterion: str
    value: str


class Group(NamedTuple):
    """Similar records, and the traits they share."""

    traits: tuple[Trait, ...]
    ids: tuple[str, ...]


class NamedContact(NamedTuple):
    """What is compared of a contact's name."""

    id: str
    name: str
    kind: ContactKind

    def is_like(self, other: "NamedContact") -> bool:
        """Tell whether two contacts may be one by their names."""
        return is_same_contact_name(self.name, self.kind, other.name, other.kind)


def group_records(traits: Iterable[tuple[str, Trait]]) -> list[Group]:
    """Return groups of records with common traits, from pairs (id, trait); each set of records once.

    Traits shared by more than 20 records are ignored. The order is that of the input.
    """
    hits: dict[Trait, dict[str, None]] = {}
    for id, trait in traits:
        hits.setdefault(trait, {})[id] = None
    found: dict[tuple[str, ...], list[Trait]] = {}
    for trait, ids in hits.items():
        if 2 <= len(ids) <= MOST:
            found.setdefault(tuple(ids), []).append(trait)
    return [Group(tuple(shared), ids) for ids, shared in found.items()]


def list_name_traits(people: Sequence[NamedContact]) -> Iterator[tuple[str, Trait]]:
    """Yield (id, trait) of contacts with one `name_key` whose names are really the same; see `is_same_name`.

    A name without civility is that of M. RICHARD and of Mme RICHARD, who have a trait each.
    """
    if len(people) > MOST:
        return
    seen: set[frozenset[str]] = set()
    for each in people:
        alike = [other for other in people if each.is_like(other)]
        ids = frozenset(other.id for other in alike)
        if ids in seen or not all(one.is_like(other) for one in alike for other in alike):
            continue
        seen.add(ids)
        yield from ((other.id, Trait("name", folded_name(each.name) or each.name)) for other in alike)


def of_email(email: str, config: Config) -> Trait:
    """Return the trait of an e-mail address: its domain, or the whole address at a public provider.

    >>> of_email("bob@bati.example", Config()), of_email("bob@gmail.com", Config())
    (Trait(criterion='e-mail domain', value='bati.example'), Trait(criterion='e-mail', value='bob@gmail.com'))
    """
    address = normal_email(email) or folded_name(email)
    domain = address.rpartition("@")[2]
    if not domain or domain in PUBLIC or domain in config.public_mail:
        return Trait("e-mail", address)
    return Trait("e-mail domain", domain)


def of_phone(phone: str, config: Config) -> Trait:
    """Return the trait of a phone number, independent of its spelling."""
    return Trait("phone", shown_phone(normal_phone(phone, config.country) or phone, config.country))
