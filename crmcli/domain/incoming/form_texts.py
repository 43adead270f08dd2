"""What a web form says to its visitor, in the language of the workspace."""

from crmcli.domain.localization.translations import deferred
from crmcli.domain.model.config import Config
from crmcli.domain.model.web_forms import FormField

TEXTS = {
    "yes": deferred("yes"),
    "send": deferred("Send"),
    "required": deferred("required"),
    "choose": deferred("Choose …"),
    "missing": deferred("Please fill in this field."),
    "unchecked": deferred("Please tick this box."),
    "email": deferred("Please check this address; it looks like name@example.com."),
    "phone": deferred("Please check this number."),
    "choice": deferred("Please choose one of the list."),
    "long": deferred("This is too long; please shorten it."),
    "problems": deferred("Please correct the fields marked below. Nothing has been sent yet."),
    "again": deferred("This page had expired. Your answers are still here: please send them again."),
    "thanks": deferred("Thank you, we have received your message."),
    "back": deferred("Back to the form"),
    "trap": deferred("Leave this field empty"),
    "busy": deferred(
        "You have sent many messages in a short time. Please wait a few minutes and send again."
    ),
    "large": deferred("Your message is too large. Please shorten it."),
    "unread": deferred("Your message could not be read. Please go back and send it again."),
    "foreign": deferred("This form may not be sent from that site."),
    "unsaved": deferred("Your message could not be saved. Please send it again in a moment."),
    "failed": deferred("Not sent"),
    "name": deferred("Name"),
    "first_name": deferred("First name"),
    "email_label": deferred("E-mail"),
    "phone_label": deferred("Phone"),
    "company": deferred("Company"),
    "street": deferred("Address"),
    "postcode": deferred("Postcode"),
    "city": deferred("Town"),
    "subject": deferred("Subject"),
    "message": deferred("Your message"),
    "budget": deferred("Budget"),
}


def form_texts(config: Config) -> dict[str, str]:
    """Return what a web form says, by key."""
    return {key: config.language.translate(text) for key, text in TEXTS.items()}


def field_label(field: FormField, config: Config) -> str:
    """Return the label of a field: its own, that of the custom field, or the usual one of its name."""
    custom = config.custom_field(field.name)
    texts = form_texts(config)
    usual = texts.get(f"{field.name}_label") or texts.get(field.name)
    return field.label or (custom.label if custom else None) or usual or field.name
