"""Which records look like the same one: by criteria that few others share, never by names alone."""

from collections.abc import Iterable
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.records.contact_matching import normal_email, normal_phone, shown_phone
from crmcli.domain.values.folding import folded_name

MOST = 20  # records that a criterion may hit; one that hits more says nothing
PUBLIC = frozenset(  # mailbox providers: their domain says nothing about who writes
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
    """What a record has in common with those like it: the criterion, the value, how people see it."""

    criterion: str
    value: str


class Group(NamedTuple):
    """Records that are like each other, and what they have in common."""

    traits: tuple[Trait, ...]
    ids: tuple[str, ...]


def group_records(traits: Iterable[tuple[str, Trait]]) -> list[Group]:
    """The groups that the traits of records, (id, trait), make; the same records once.

    A criterion that hits more than 20 records is dropped. The order is that of the records.
    """
    hits: dict[Trait, dict[str, None]] = {}
    for id, trait in traits:
        hits.setdefault(trait, {})[id] = None
    found: dict[tuple[str, ...], list[Trait]] = {}
    for trait, ids in hits.items():
        if 2 <= len(ids) <= MOST:
            found.setdefault(tuple(ids), []).append(trait)
    return [Group(tuple(shared), ids) for ids, shared in found.items()]


def of_email(email: str, config: Config) -> Trait:
    """What an address has in common with others: its domain, at a public provider all of it.

    >>> of_email("bob@bati.example", Config()), of_email("bob@gmail.com", Config())
    (Trait(criterion='e-mail domain', value='bati.example'), Trait(criterion='e-mail', value='bob@gmail.com'))
    """
    address = normal_email(email) or folded_name(email)
    domain = address.rpartition("@")[2]
    if not domain or domain in PUBLIC or domain in config.public_mail:
        return Trait("e-mail", address)
    return Trait("e-mail domain", domain)


def of_phone(phone: str, config: Config) -> Trait:
    """A number, however it is written."""
    return Trait("phone", shown_phone(normal_phone(phone, config.country) or phone, config.country))
