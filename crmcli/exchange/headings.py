"""Headings of columns in files of contacts, as spreadsheets and address books write them.

Google, Outlook, Thunderbird and iCloud number and qualify their headings (`E-mail 1 - Value`, `Home ZipCode`,
`Rue (bureau) 2`), so a heading is taken apart: the field, the address that it belongs to, and a number.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from crmcli.domain.values.folding import folded_name

PLACE = ("label", "street", "postcode", "city", "country")
HEADINGS = {  # headings of each field, folded, in French and English; without numbers and qualifiers
    "name": ("nom complet", "nom et prenom", "nom prenom", "prenom nom", "contact", "client", "full name",
             "name", "display name", "nom a afficher"),
    "last_name": ("nom", "nom de famille", "last name", "surname", "family name"),
    "first_name": ("prenom", "first name", "given name"),
    "middle_name": ("middle name", "additional name", "deuxieme prenom"),
    "prefix": ("civilite", "name prefix", "prefix"),
    "suffix": ("suffixe", "name suffix", "suffix"),
    "company": ("societe", "entreprise", "raison sociale", "organisation", "company", "organization",
                "company name", "organization name"),
    "job": ("fonction", "poste", "profession", "titre", "job", "job title", "title", "organization title"),
    "kind": ("type", "type de contact", "kind"),
    "emails": ("email", "mail", "courriel", "adresse mail", "adresse email", "email address", "emails",
               "adresse de messagerie", "adresse electronique", "adresse de courrier electronique"),
    "phones": ("phones",),
    "label": ("libelle", "libelle adresse", "address label", "label"),
    "street": ("adresse", "rue", "adresse postale", "voie", "address", "street", "street address",
               "extended address", "complement d'adresse", "po box", "boite postale"),
    "postcode": ("code postal", "cp", "postcode", "postal code", "zip", "zip code", "zipcode"),
    "city": ("ville", "commune", "localite", "city", "town"),
    "country": ("pays", "country", "country/region", "pays/region"),
    "formatted": ("formatted", "address formatted", "adresse complete"),
    "language": ("langue", "language"),
    "tags": ("etiquettes", "etiquette", "tags", "categories", "mots-cles", "groupe", "labels",
             "group membership"),
    "description": ("notes", "note", "remarques", "remarque", "commentaire", "commentaires", "description",
                    "comments"),
    "owner": ("responsable", "commercial", "suivi par", "owner"),
    "id": ("id", "identifiant"),
    "undeliverable": ("undeliverable",),
    "created": ("created", "created on", "created at", "cree le"),
    "consent.source": ("consent source", "consentement"),
    "consent.at": ("consent at",),
    "consent.purposes": ("consent purposes",),
    "external_id": ("external id", "external ids", "id externe", "identifiant externe"),
}  # fmt: skip
QUALIFIERS = {
    **dict.fromkeys(("home", "domicile", "personnel", "personnelle", "perso", "privee", "prive"), "home"),
    **dict.fromkeys(("work", "business", "bureau", "professionnel", "professionnelle", "travail"), "work"),
    **dict.fromkeys(("other", "autre"), "other"),
}
ORDER = frozenset(
    ("primary", "principal", "principale", "premiere", "secondary", "secondaire", "supplementaire", "value")
)
CALLED = frozenset(("phone", "telephone", "tel", "mobile", "portable", "gsm", "fixe", "cell", "iphone"))
ABOUT_PHONES = CALLED | {"company", "societe", "main", "standard", "number", "numero", "car", "voiture"}
IN_ADDRESSES = frozenset({*PLACE, "formatted"})
SEVERAL = IN_ADDRESSES | {"emails", "phones"}  # fields of which a contact may have more than one
OUTLOOK = frozenset(("type de messagerie", "e-mail type", "nom complet de l'adresse de messagerie"))


class Heading(NamedTuple):
    """What a column holds: the field, and for a part of an address, the address: home, work, 1 …"""

    field: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.field} ({self.group})" if self.group else self.field


def fold_words(header: str) -> str:
    """Return a heading as plain words: folded, without punctuation, articles and their apostrophes."""
    text = folded_name(header).replace("e-mail", "email")
    text = re.sub(r"\b[dl]'", "", re.sub(r"(?<=[a-z])(?=[0-9])", " ", text))
    words = re.sub(r"[^\w]|_", " ", text).split()
    return " ".join(word for word in words if word not in ("de", "la", "du", "des"))


PLAIN = {fold_words(name): field for field, names in HEADINGS.items() for name in names}


def find_heading(header: str) -> Heading | None:
    """Return what a column with this heading holds, or None.

    >>> find_heading("E-mail 1 - Value"), find_heading("Rue (bureau) 2")
    (Heading(field='emails', group=''), Heading(field='street', group='work'))
    >>> find_heading("Tél. mobile"), find_heading("E-mail 1 - Label"), find_heading("Home ZipCode")
    (Heading(field='phones', group=''), None, Heading(field='postcode', group='home'))
    """
    words = fold_words(header).split()
    numbers = [word for word in words if word.isdigit()]
    groups = [QUALIFIERS[word] for word in words if word in QUALIFIERS]
    rest = [word for word in words if not (word.isdigit() or word in QUALIFIERS or word in ORDER)]
    field = PLAIN.get(" ".join(rest)) or find_part_of_address(rest) or find_phone(rest)
    if field is None or (field not in SEVERAL and (groups or numbers not in ([], ["1"]))):
        return None
    if field not in IN_ADDRESSES:
        return Heading(field)
    is_numbered = rest[0] == "address" and len(rest) > 1  # Google's; elsewhere, a number is a second line
    return Heading(field, groups[0] if groups else numbers[0] if numbers and is_numbered else "")


def find_part_of_address(words: list[str]) -> str | None:
    """Return the part of an address in words such as `address postal code`, or None."""
    if words[:1] not in (["address"], ["adresse"]):
        return None
    field = "label" if words[1:] in (["label"], ["type"]) else PLAIN.get(" ".join(words[1:]))
    return field if field in IN_ADDRESSES else None


def find_phone(words: list[str]) -> str | None:
    """Return `phones` if all words are about a phone; faxes and other people's phones are not."""
    return "phones" if set(words) & CALLED and set(words) <= ABOUT_PHONES else None


def find_headings(headers: Iterable[str]) -> dict[int, Heading]:
    """Return what the columns hold, by their places; columns whose heading is unknown are left out.

    In a file of Outlook, `Responsable` is the contact's own superior.
    """
    headers = list(headers)
    is_of_outlook = bool(OUTLOOK & {folded_name(header) for header in headers})
    found = {place: find_heading(header) for place, header in enumerate(headers)}
    return {
        place: heading
        for place, heading in found.items()
        if heading is not None and not (is_of_outlook and heading.field == "owner")
    }
