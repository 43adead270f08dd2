"""Custom fields: values of your own, typed by `crm.yaml`."""

import re

from msgspec.structs import replace

from crmcli.domain.config import Config, CustomField, FieldType
from crmcli.domain.days import iso_day
from crmcli.domain.errors import UsageError
from crmcli.domain.ids import is_id
from crmcli.domain.model import Opportunity
from crmcli.domain.money import parse_amount
from crmcli.domain.named import unknown
from crmcli.domain.values import Plain, Value

YES = {"yes", "true", "oui", "y", "o"}
NO = {"no", "false", "non", "n"}


def read_field(config: Config, name: str, text: str) -> Value:
    """What a custom field holds for a text that a person typed.

    Raises UsageError for a field that is not configured, or a value that its type does not allow.
    """
    field = config.custom_field(name)
    if field is None:
        raise unknown("custom field", name, [field.name for field in config.fields])
    return READERS[field.type](field, text)


def defaulted(deal: Opportunity, config: Config) -> Opportunity:
    """A new record with the defaults of the custom fields that it has no value for."""
    missing = {each.name: each.default for each in config.fields if each.name not in deal.fields}
    given = {name: read_field(config, name, text) for name, text in missing.items() if text is not None}
    return replace(deal, fields={**deal.fields, **given}) if given else deal


def read_text(field: CustomField, text: str) -> Value:
    return text


def read_number(field: CustomField, text: str) -> Value:
    number = text.strip().replace(",", ".")
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", number):
        raise UsageError(f"{field.name}: {text!r} is no number")
    return Plain(number)


def read_money(field: CustomField, text: str) -> Value:
    return Plain(f"{parse_amount(text):.2f}")


def read_bool(field: CustomField, text: str) -> Value:
    word = text.strip().casefold()
    if word not in YES | NO:
        raise UsageError(f"{field.name} is yes or no, not {text!r}")
    return Plain("true" if word in YES else "false")


def read_choice(field: CustomField, text: str) -> Value:
    for choice in field.choices:
        if choice.casefold() == text.strip().casefold():
            return choice
    raise unknown(f"{field.name}", text, list(field.choices))


def read_choices(field: CustomField, text: str) -> Value:
    return [read_choice(field, part) for part in text.split(",")]


def read_date(field: CustomField, text: str) -> Value:
    return Plain(iso_day(text.strip()).isoformat())


def read_contact(field: CustomField, text: str) -> Value:
    if not is_id(text):
        raise UsageError(f"{field.name}: {text!r} is no contact's id")
    return text


READERS = {
    FieldType.TEXT: read_text,
    FieldType.NUMBER: read_number,
    FieldType.MONEY: read_money,
    FieldType.BOOL: read_bool,
    FieldType.CHOICE: read_choice,
    FieldType.CHOICES: read_choices,
    FieldType.DATE: read_date,
    FieldType.CONTACT: read_contact,
}
