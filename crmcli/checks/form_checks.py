"""What `crm config check` finds in the declarations of web forms."""

import re
from collections.abc import Iterator

from crmcli.domain.incoming.form_fields import NAMES
from crmcli.domain.incoming.form_submission import field_choices, input_type
from crmcli.domain.incoming.routing import Envelope, matching_routes
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.problems import Path, Problem
from crmcli.domain.model.web_forms import FormField, InputType, WebForm
from crmcli.domain.records.contact_matching import normal_email

RESERVED = ("form-token", "page", "referrer", "utm_campaign", "utm_medium", "utm_source")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
CHOOSES = (InputType.CHOICE, InputType.CHOICES)


def check_forms(config: Config) -> Iterator[Problem]:
    """Yield the problems of all web forms."""
    for index, form in enumerate(config.forms):
        yield from check_form(form, ("forms", index), config)


def check_form(form: WebForm, path: Path, config: Config) -> Iterator[Problem]:
    """Yield the problems of a web form: its id, its route, its origins and its fields."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", form.id):
        yield Problem(
            (*path, "id"), f"{form.id!r} cannot be in a link", "small letters, digits and -, a letter first"
        )
    if normal_email(form.route) is None:
        yield Problem(
            (*path, "route"), f"{form.route!r} is not an address", "that of a route in ingest.routes"
        )
    elif not matching_routes(config, Envelope((form.route.casefold(),))):
        yield Problem((*path, "route"), f"no route takes {form.route}", f"ingest.routes: - to: {form.route}")
    for index, origin in enumerate(form.origins):
        if not ORIGIN.fullmatch(origin):
            hint = "scheme and host only, like https://www.example.org"
            yield Problem((*path, "origins", index), f"{origin!r} is not an origin", hint)
    if not 0 <= form.min_seconds <= 60:
        yield Problem((*path, "min_seconds"), "is not between 0 and 60")
    names = [each.name for each in form.fields]
    if form.honeypot in names:
        yield Problem((*path, "honeypot"), f"{form.honeypot!r} is a field that people fill in")
    if not {"email", "phone"} & set(names):
        yield Problem((*path, "fields"), "without email or phone nobody can be answered", "- name: email")
    for index, field in enumerate(form.fields):
        yield from check_form_field(field, (*path, "fields", index), config)
        if field.name in names[:index]:
            yield Problem((*path, "fields", index), f"{field.name!r} is used twice")


def check_form_field(field: FormField, path: Path, config: Config) -> Iterator[Problem]:
    """Yield the problems of a field: its name and its choices."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", field.name) or field.name in RESERVED:
        hint = "small letters, digits and _, a letter first"
        yield Problem((*path, "name"), f"{field.name!r} cannot be a field's name", hint)
    custom = config.custom_field(field.name)
    if custom is not None and custom.type is FieldType.CONTACT:
        yield Problem((*path, "name"), f"{field.name} holds a contact, which a visitor cannot name")
    chooses = input_type(field, config) in CHOOSES
    if chooses and not field_choices(field, config):
        yield Problem((*path, "choices"), f"{field.name} has no choices", "choices: [one, other]")
    if field.choices and not chooses:
        yield Problem(
            (*path, "choices"), f"are not for a field of type {input_type(field, config)}", "type: choice"
        )
    known = custom.choices if custom is not None else ()
    for index, choice in enumerate(field.choices):
        if known and choice not in known:
            yield Problem((*path, "choices", index), f"{choice!r} is not a choice of the field {field.name}")
    if field.name not in NAMES and custom is None and not field.label:
        yield Problem((*path, "label"), f"{field.name} needs a label", "or the name of a custom field")
