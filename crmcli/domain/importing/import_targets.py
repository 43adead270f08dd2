"""What a column of an import can set: the fields of a record, and what tells of its past and its contact.

The fields are those that `crm set` takes; the others are listed here with what they mean.
"""

import re
from collections.abc import Iterable, Sequence

from crmcli.domain.model.config import Config
from crmcli.domain.model.questionnaires import Question
from crmcli.domain.records.editing import ALIASES, EDITABLE, OWN, find_custom_field
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import check_entry, unknown_entry

PEOPLE = ("contact", "referral.by")
RECORD_ONLY = {  # of the opportunity, besides the fields that `crm set` sets
    "id": "the id of a record of this workspace",
    "external_id": "the id in the other program",
    "kind": "lead or opportunity",
    "stage": "the stage, by id or label",
    "status": "open, won or lost",
    "lost": "the reason why it is lost",
    "created": "when it was created",
    "stage_since": "when it entered its stage",
    "closed": "when it was won or lost",
    "close_date": "the expected close of an open deal, else when it was closed",
    "currency": "the currency of the amounts, to check it",
    "note": "a note for the history",
    "project.questionnaire": "the questionnaire, by id or label",
}
CONTACT_PARTS = {
    "contact.name": "the full name",
    "contact.first_name": "the first name",
    "contact.last_name": "the last name",
    "contact.company": "the company",
    "contact.job": "the job",
    "contact.email": "e-mail addresses",
    "contact.phone": "phone numbers",
    "contact.street": "the street",
    "contact.postcode": "the postcode",
    "contact.city": "the town",
    "contact.country": "the country",
}
ACTIVITY_TARGETS = {
    "id": "the id of an activity of this workspace",
    "external_id": "the id in the other program",
    "opportunity": "the record: its id, its external id, or its full title",
    "type": "the type, by id or label",
    "summary": "what is to be done",
    "due": "the day",
    "time": "the time of day",
    "assignee": "the user",
    "state": "planned, done or cancelled",
    "closed": "when it was done or cancelled",
    "outcome": "how it ended",
    "note": "a note",
    "reason": "why it was cancelled",
    "every": "the recurrence, as in RFC 5545",
    "recurs_on": "the day of the recurrence that was postponed once",
    "recurs_at": "the time of that",
    "plan": "the plan that it belongs to",
    "plan_day": "the day that the offsets of the plan count from",
    "rule": "the rule that planned it",
}
ANSWERS = "project.answers."  # before the id of a question
QUESTIONNAIRE = "project.questionnaire"
SPELLED = {"field.": OWN, "answer.": ANSWERS, "answers.": ANSWERS}  # as in queries and columns
REMARK = "crm: problem"  # the last column of a file of refused rows
DERIVED = frozenset(  # columns of our own export that follow from others
    (
        REMARK,
        "contact_name",
        "contact_unsure",
        "outcome",
        "effective_probability",
        "weighted_revenue",
        "touched",
        "project.version",
    )
)
HEADINGS = {  # headings that people give the columns of their own spreadsheets, folded, for opportunities
    "title": ("titre", "objet", "affaire", "opportunite", "nom de l'affaire", "projet", "name",
              "nom", "subject"),
    "external_id": ("external id", "external_ids", "id externe", "ref", "reference", "numero", "n°", "no"),
    "stage": ("etape", "phase"),
    "status": ("statut", "etat"),
    "expected_revenue": ("montant", "montant ht", "montant estime", "revenu espere", "ca espere", "amount",
                         "value", "valeur", "expected revenue"),
    "budget": ("budget client",),
    "probability": ("probabilite",),
    "priority": ("priorite",),
    "owner": ("responsable", "commercial", "vendeur", "suivi par", "salesperson"),
    "team": ("equipe", "equipe commerciale", "sales team"),
    "tags": ("etiquettes", "etiquette", "mots-cles", "tag", "labels"),
    "created": ("cree le", "date de creation", "created on", "created at", "creation date"),
    "closed": ("cloture le", "ferme le", "date de cloture", "closed on", "closed at"),
    "expected_close": ("cloture prevue", "date de cloture prevue", "signature prevue", "expected close",
                       "expected close date", "expected closing"),
    "lost": ("motif de perte", "raison de la perte", "lost reason"),
    "description": ("notes", "remarques", "commentaire", "commentaires", "comments"),
    "note": (),
    "kind": ("type",),
    "currency": ("devise", "monnaie"),
    "marketing.campaign": ("campagne",),
    "marketing.medium": ("canal", "moyen"),
    "marketing.source": ("origine", "provenance"),
    "contact": ("contact", "client", "customer"),
    "contact.name": ("nom du contact", "nom du client", "contact name", "customer name"),
    "contact.first_name": ("prenom", "first name"),
    "contact.last_name": ("nom de famille", "last name"),
    "contact.company": ("societe", "entreprise", "company", "organisation", "organization", "company name"),
    "contact.email": ("email", "e-mail", "mail", "courriel", "adresse e-mail"),
    "contact.phone": ("telephone", "tel", "mobile", "portable", "phone"),
    "contact.street": ("adresse", "rue", "street", "address"),
    "contact.postcode": ("code postal", "cp", "zip", "postcode", "postal code"),
    "contact.city": ("ville", "commune", "city"),
    "contact.country": ("pays", "country"),
}  # fmt: skip
ACTIVITY_HEADINGS = {
    "opportunity": ("affaire", "opportunite", "deal", "titre", "title"),
    "external_id": HEADINGS["external_id"],
    "type": ("type d'activite", "activity type"),
    "summary": ("objet", "resume", "sujet", "subject", "activite", "activity"),
    "due": ("echeance", "date", "date d'echeance", "due date", "deadline", "jour"),
    "time": ("heure", "due time"),
    "assignee": ("assigne a", "responsable", "assigned to", "owner"),
    "state": ("etat", "statut", "status"),
    "closed": ("fait le", "termine le", "done on"),
    "outcome": ("resultat",),
    "note": ("notes", "remarques", "commentaire"),
}


def list_targets(table: str, config: Config) -> list[str]:
    """Return the names of what a column of a table can set."""
    if table == "activities":
        return list(ACTIVITY_TARGETS)
    custom = [f"{OWN}{field.name}" for field in config.fields]
    return list(dict.fromkeys([*EDITABLE, "tags", *RECORD_ONLY, *CONTACT_PARTS, *custom]))


def check_target(table: str, name: str, config: Config, questions: Sequence[Question] = ()) -> str:
    """Return the target with this name, alias, label of a custom field, or question.

    Raises UsageError, with the nearest name, where there is none.
    """
    known = list_targets(table, config)
    if name in known:
        return name
    if table != "activities":
        name = spell_target(name)
        if name.startswith(ANSWERS):
            return f"{ANSWERS}{check_entry('question', name.removeprefix(ANSWERS), questions)}"
        name = ALIASES.get(name, name)
        if name in known:
            return name
        if custom := find_custom_field(config, name):
            return f"{OWN}{custom.name}"
    raise unknown_entry("field", name, known)


def spell_target(name: str) -> str:
    """Return the name of a target that may be spelled as in a query.

    >>> spell_target("answer.surface"), spell_target("field.brand")
    ('project.answers.surface', 'fields.brand')
    """
    prefix, dot, rest = name.partition(".")
    return f"{SPELLED[prefix + dot]}{rest}" if prefix + dot in SPELLED else name


def guess_target(table: str, heading: str, config: Config, questions: Sequence[Question] = ()) -> str | None:
    """Return the target that a heading names: a field, a custom field or a usual word; None for another.

    A target that the export of crm has but no import sets is empty.
    """
    if heading in DERIVED and heading not in list_targets(table, config):
        return ""
    words = fold_heading(heading)
    try:
        return check_target(table, heading, config, questions)
    except UsageError:
        named = {fold_heading(target): target for target in list_targets(table, config)}
    if words in named:
        return named[words]
    usual = ACTIVITY_HEADINGS if table == "activities" else HEADINGS
    return next((target for target, names in usual.items() if words in map(fold_heading, names)), None)


def fold_heading(heading: str) -> str:
    """Return a heading without case, accents, and what stands in brackets.

    >>> fold_heading("Montant  HT (€)"), fold_heading("Deal - Title")
    ('montant ht', 'deal - title')
    """
    return " ".join(folded_name(re.sub(r"\([^)]*\)", " ", heading)).replace("_", " ").split()).rstrip(".")


def list_twice(targets: Iterable[str]) -> list[str]:
    """Return the targets of which only one column may be, and that occur twice."""
    several = {"contact.email", "contact.phone", "description", "note", "tags", "external_id"}
    seen: set[str] = set()
    twice = [each for each in targets if each and each not in several and (each in seen or seen.add(each))]  # type: ignore[func-returns-value]
    return list(dict.fromkeys(twice))
