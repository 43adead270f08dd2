"""What a web form says to its visitor, in the language of the workspace."""

from crmcli.domain.model.config import Config
from crmcli.domain.model.web_forms import FormField

ENGLISH = {
    "yes": "yes",
    "send": "Send",
    "required": "required",
    "choose": "Choose …",
    "missing": "Please fill in this field.",
    "unchecked": "Please tick this box.",
    "email": "Please check this address; it looks like name@example.com.",
    "phone": "Please check this number.",
    "choice": "Please choose one of the list.",
    "long": "This is too long; please shorten it.",
    "problems": "Please correct the fields marked below. Nothing has been sent yet.",
    "again": "This page had expired. Your answers are still here: please send them again.",
    "thanks": "Thank you, we have received your message.",
    "back": "Back to the form",
    "trap": "Leave this field empty",
    "busy": "You have sent many messages in a short time. Please wait a few minutes and send again.",
    "large": "Your message is too large. Please shorten it.",
    "unread": "Your message could not be read. Please go back and send it again.",
    "foreign": "This form may not be sent from that site.",
    "unsaved": "Your message could not be saved. Please send it again in a moment.",
    "failed": "Not sent",
    "name": "Name",
    "first_name": "First name",
    "email_label": "E-mail",
    "phone_label": "Phone",
    "company": "Company",
    "street": "Address",
    "postcode": "Postcode",
    "city": "Town",
    "subject": "Subject",
    "message": "Your message",
    "budget": "Budget",
}
FRENCH = {
    "yes": "oui",
    "send": "Envoyer",
    "required": "obligatoire",
    "choose": "Choisir…",
    "missing": "Merci de remplir ce champ.",
    "unchecked": "Merci de cocher cette case.",
    "email": "Merci de vérifier cette adresse, de la forme nom@exemple.fr.",
    "phone": "Merci de vérifier ce numéro.",
    "choice": "Merci de choisir dans la liste.",
    "long": "Ce texte est trop long, merci de l’abréger.",
    "problems": "Merci de corriger les champs signalés ci-dessous. Rien n’est encore envoyé.",
    "again": "Cette page avait expiré. Vos réponses sont toujours là : merci de les envoyer à nouveau.",
    "thanks": "Merci, nous avons bien reçu votre message.",
    "back": "Retour au formulaire",
    "trap": "Laissez ce champ vide",
    "busy": "Vous avez envoyé beaucoup de messages en peu de temps. Merci de réessayer plus tard.",
    "large": "Votre message est trop volumineux, merci de l’abréger.",
    "unread": "Votre message n’a pas pu être lu. Merci de revenir en arrière et de l’envoyer à nouveau.",
    "foreign": "Ce formulaire ne peut pas être envoyé depuis ce site.",
    "unsaved": "Votre message n’a pas pu être enregistré. Merci de l’envoyer à nouveau dans un instant.",
    "failed": "Non envoyé",
    "name": "Nom",
    "first_name": "Prénom",
    "email_label": "E-mail",
    "phone_label": "Téléphone",
    "company": "Société",
    "street": "Adresse",
    "postcode": "Code postal",
    "city": "Ville",
    "subject": "Objet",
    "message": "Votre message",
    "budget": "Budget",
}
LANGUAGES = {"en": ENGLISH, "fr": FRENCH}


def language_of(config: Config) -> str:
    """Return the language in which web forms speak: that of the locale if crm has it, else English."""
    language = config.locale.partition("_")[0].partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def form_texts(config: Config) -> dict[str, str]:
    """Return what a web form says, by key."""
    return LANGUAGES[language_of(config)]


def field_label(field: FormField, config: Config) -> str:
    """Return the label of a field: its own, that of the custom field, or the usual one of its name."""
    custom = config.custom_field(field.name)
    texts = form_texts(config)
    usual = texts.get(f"{field.name}_label") or texts.get(field.name)
    return field.label or (custom.label if custom else None) or usual or field.name
