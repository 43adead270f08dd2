"""Contact forms of web sites: mails of `key: value` lines, read as a contact and a deal."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.values.folding import folded_name

MOST = 2_000  # lines that are read
FEWEST = 3  # minimum number of known keys in a form
LINE = re.compile(r"([^\W\d_][^:\n]{0,60}?)\s*:\s*(.*)")
PERSON = {
    "name": ("name", "nom", "votre nom", "nom complet", "full name", "fullname"),
    "first_name": ("first_name", "firstname", "first name", "prenom", "votre prenom"),
    "email": ("email", "e-mail", "mail", "courriel", "adresse e-mail", "votre e-mail", "votre email"),
    "phone": ("phone", "telephone", "tel", "portable", "mobile", "votre telephone"),
    "company": ("company", "societe", "entreprise", "raison sociale"),
    "street": ("street", "adresse", "rue", "address"),
    "postcode": ("postcode", "code postal", "code_postal", "cp", "zip"),
    "city": ("city", "ville", "commune", "town"),
}
DEAL = {
    "subject": ("subject", "sujet", "objet"),
    "message": ("message", "votre message", "demande", "votre demande", "description", "commentaire"),
    "budget": ("budget", "votre budget"),
    "campaign": ("campaign", "campagne", "utm_campaign"),
    "medium": ("medium", "utm_medium"),
    "source": ("source", "utm_source"),
    "url": ("url", "page", "lien"),
}
SET = {"budget": "budget", **{name: f"marketing.{name}" for name in ("campaign", "medium", "source")}}
OWN = "fields."  # prefix of a custom field


class Form(NamedTuple):
    """The contents of a form: values by field, and unknown keys with their values."""

    values: dict[str, str]
    others: list[tuple[str, str]]

    def line(self, *keys: str) -> str:
        """Return some values joined on one line; empty if there are none."""
        return " ".join(" ".join(self.values.get(key, "") for key in keys).split())

    @property
    def assigned(self) -> list[tuple[str, str]]:
        """The fields of the deal that the form fills in, with their texts."""
        named = {key: SET.get(key, key if key.startswith(OWN) else "") for key in self.values}
        return [(field, self.line(key)) for key, field in named.items() if field]


def read_form(text: str, config: Config) -> Form | None:
    """Return the form in the text of a mail; None if it is not a form.

    A form begins with a known key and has at least three, among them an e-mail, a phone or a name. A line
    without a key continues the value before it; after the message, so does a line with an unknown key.
    """
    known = form_names(config)
    values: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for key, value in form_entries(text, known):
        name = known.get(folded_name(key))
        if name is None and not values:
            return None
        if name is None or name in values:
            others.append((key, value))
        else:
            values[name] = value
    if len(values) < FEWEST or not {"name", "email", "phone"} & values.keys():
        return None
    filled = {name: value for name, value in values.items() if value}
    return Form(filled, [(key, value) for key, value in others if value])


def form_names(config: Config) -> dict[str, str]:
    """Return the field of each folded key in a form; custom fields by name and label."""
    spelled = {**PERSON, **DEAL}.items()
    found = {folded_name(spelling): name for name, spellings in spelled for spelling in spellings}
    for field in config.fields:
        if field.type is not FieldType.CONTACT:  # a form cannot name a contact
            for spelling in (field.name, field.label or field.name):
                found.setdefault(folded_name(spelling), f"{OWN}{field.name}")
    return found


def form_entries(text: str, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a text with all their lines; lines before the first key have an empty key."""
    key = ""
    lines: list[str] = []
    for line in text.strip().splitlines()[:MOST]:
        found = LINE.fullmatch(line)
        is_known = found is not None and folded_name(found[1]) in known
        if found is not None and (is_known or known.get(folded_name(key)) != "message"):
            if key or lines:
                yield key, "\n".join(lines).strip()
            key, lines = found[1], [found[2]]
        else:
            lines.append(line.strip())
    if key or lines:
        yield key, "\n".join(lines).strip()
