"""The labels of contact forms, in French and English, and the field that each of them fills in.

A workspace adds its own under `mail.form_fields` in `crm.yaml`; labels of custom fields count, too.
"""

import re
from collections.abc import Mapping

from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.values.folding import fold_text

LONGEST_LABEL = 80  # characters; a longer text before a colon is a sentence
OWN = "fields."  # prefix of a custom field
NOT_WORDS = re.compile(r"[\W_]+")
FIRST_WORDS_WORDS = "votre vos your my mon ma mes le la les un une the client contact customer visiteur"
FIRST_WORDS = frozenset(FIRST_WORDS_WORDS.split())
LAST_WORDS_WORDS = "required requis requise obligatoire facultatif optionnel optional client"
LAST_WORDS = frozenset(LAST_WORDS_WORDS.split())
PERSON: dict[str, tuple[str, ...]] = {
    "name": (
        "name",
        "nom",
        "nom complet",
        "full name",
        "fullname",
        "nom de famille",
        "last name",
        "lastname",
        "surname",
        "family name",
        "nom et prenom",
        "nom prenom",
        "prenom et nom",
        "prenom nom",
        "nom prenoms",
        "nom usuel",
        "de",
        "de la part de",
        "from",
        "expediteur",
        "sender",
        "interlocuteur",
        "contact",
        "identite",
        "demandeur",
        "particulier",
        "nom du contact",
        "nom du demandeur",
        "nom du client",
        "coordonnees",
    ),
    "first_name": ("first name", "firstname", "prenom", "prenoms", "given name"),
    "email": (
        "email",
        "e mail",
        "mail",
        "mel",
        "courriel",
        "adresse e mail",
        "adresse email",
        "adresse mail",
        "adresse de messagerie",
        "adresse electronique",
        "adresse courriel",
        "email address",
        "e mail address",
        "email client",
        "replyto",
        "reply to",
        "repondre a",
        "mail de contact",
        "email de contact",
    ),
    "phone": (
        "phone",
        "telephone",
        "tel",
        "tel portable",
        "tel mobile",
        "tel fixe",
        "telephone portable",
        "telephone mobile",
        "telephone fixe",
        "portable",
        "mobile",
        "fixe",
        "gsm",
        "cell",
        "numero",
        "numero de telephone",
        "numero de tel",
        "numero de portable",
        "numero de mobile",
        "n de telephone",
        "n de tel",
        "n telephone",
        "n tel",
        "no de telephone",
        "num tel",
        "phone number",
        "telephone number",
        "mobile number",
        "mobile phone",
        "cell phone",
        "telephone de contact",
    ),
    "company": (
        "company",
        "company name",
        "societe",
        "entreprise",
        "raison sociale",
        "organisation",
        "organization",
        "nom de l entreprise",
        "nom de la societe",
    ),
    "street": (
        "street",
        "street address",
        "adresse",
        "adresse postale",
        "adresse ligne 1",
        "adresse du chantier",
        "adresse des travaux",
        "rue",
        "address",
        "address line 1",
        "postal address",
        "numero et rue",
    ),
    "postcode": (
        "postcode",
        "post code",
        "postal code",
        "code postal",
        "cp",
        "zip",
        "zip code",
        "zip postal code",
        "code postal du chantier",
        "code postal des travaux",
    ),
    "city": (
        "city",
        "ville",
        "commune",
        "localite",
        "town",
        "ville du chantier",
        "ville des travaux",
        "lieu des travaux",
        "localisation",
        "code postal ville",
        "code postal et ville",
        "cp ville",
        "ville code postal",
        "ville cp",
        "ville et code postal",
    ),
}
DEAL: dict[str, tuple[str, ...]] = {
    "subject": ("subject", "sujet", "objet", "objet de la demande", "objet du message", "titre du projet"),
    "message": (
        "message",
        "demande",
        "description",
        "commentaire",
        "commentaires",
        "comment",
        "comments",
        "comment or message",
        "commentaire ou message",
        "corps du message",
        "message body",
        "texte",
        "question",
        "questions",
        "projet",
        "description du projet",
        "descriptif du projet",
        "description des travaux",
        "details du projet",
        "details",
        "precisions",
        "informations complementaires",
        "comment pouvons nous vous aider",
        "how can we help",
        "how can we help you",
        "message du client",
    ),
    "budget": ("budget", "budget estime", "budget envisage", "budget previsionnel"),
    "campaign": ("campaign", "campagne", "utm campaign"),
    "medium": ("medium", "utm medium"),
    "source": ("source", "utm source"),
    "url": ("url", "page", "lien", "url de la page", "page url", "page link", "lien de la page"),
}
NAMES = (*PERSON, *DEAL)


def label_key(label: str) -> str:
    """Return a label as it is compared: folded words, without "your", marks of required fields and the like.

    >>> label_key("*Votre Téléphone* (obligatoire) :"), label_key("[your-name]"), label_key("Tél.")
    ('telephone', 'name', 'tel')
    """
    if len(label) > LONGEST_LABEL:
        return ""
    words = NOT_WORDS.sub(" ", fold_text(label)).split()
    while len(words) > 1 and words[0] in FIRST_WORDS:
        words.pop(0)
    while len(words) > 1 and words[-1] in LAST_WORDS:
        words.pop()
    return " ".join(words)


def form_labels(config: Config) -> Mapping[str, str]:
    """Return the field of each label in a form, by the label's key; the workspace's own labels win."""
    found: dict[str, str] = {}
    own = {field.name for field in config.fields}
    for name, spellings in config.mail.form_fields.items():
        for spelling in spellings:
            found.setdefault(label_key(spelling), f"{OWN}{name}" if name in own else name)
    for name, shipped in {**PERSON, **DEAL}.items():
        for spelling in (name, *shipped):
            found.setdefault(label_key(spelling), name)
    for field in config.fields:
        if field.type is not FieldType.CONTACT:  # a form cannot name a contact
            for spelling in (field.name, field.label or field.name):
                found.setdefault(label_key(spelling), f"{OWN}{field.name}")
    found.pop("", None)
    return found
