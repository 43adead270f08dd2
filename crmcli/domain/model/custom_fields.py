"""Values of custom fields and answers, parsed from text by the type in `crm.yaml` or a questionnaire."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

import msgspec
from msgspec.structs import replace

from crmcli.domain.localization.days import fixed_day, iso_day
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.list_entries import Named, unknown_entry
from crmcli.domain.values.money import BLANKS, parse_amount
from crmcli.domain.values.values import Plain, Value

YES = {"yes", "true", "oui", "y", "o"}
NO = {"no", "false", "non", "n"}
NUMBER = r"-?[0-9]{1,15}(\.[0-9]{1,15})?"


class Wanted(msgspec.Struct, frozen=True):
    """The expected value of a text: its name, type and choices, how to parse days, the currency."""

    name: str
    type: FieldType
    choices: tuple[Named, ...] = ()
    day: Callable[[str], date] = iso_day
    currency: str | None = None  # the only one that an amount can be in; any where this is None


def read_field(config: Config, name: str, text: str) -> Value:
    """Return the value of a custom field for a text typed by a person.

    Raises UsageError for a field that is not configured, or a value that its type does not allow.
    """
    field = config.custom_field(name)
    if field is None:
        raise unknown_entry("custom field", name, [field.name for field in config.fields])
    choices = tuple(Named(id=choice) for choice in field.choices)
    day = partial(fixed_day, config=config)
    return parse_value(Wanted(name, field.type, choices, day, config.currency), text)


def with_defaults(deal: Opportunity, config: Config) -> Opportunity:
    """Return a new record with defaults for the custom fields that have no value."""
    missing = {each.name: each.default for each in config.fields if each.name not in deal.fields}
    given = {name: read_field(config, name, text) for name, text in missing.items() if text is not None}
    return replace(deal, fields={**deal.fields, **given}) if given else deal


def parse_value(wanted: Wanted, text: str) -> Value:
    """Return the value of a text.

    Raises UsageError if its type does not allow it.
    """
    return READERS[wanted.type](wanted, text)


def parse_text(wanted: Wanted, text: str) -> Value:
    return text


def parse_number(wanted: Wanted, text: str) -> Value:
    number = re.sub(BLANKS, "", text).replace(",", ".")
    if not re.fullmatch(NUMBER, number):
        raise UsageError(f"{wanted.name}: {text!r} is not a number", hint="like 120 or 2.5")
    return Plain(f"{Decimal(number):f}" if Decimal(number) else "0")


def parse_money(wanted: Wanted, text: str) -> Value:
    return Plain(f"{parse_amount(text, wanted.currency):.2f}")


def parse_bool(wanted: Wanted, text: str) -> Value:
    word = text.strip().casefold()
    if word not in YES | NO:
        raise UsageError(f"{wanted.name} is yes or no, not {text!r}")
    return Plain("true" if word in YES else "false")


def parse_choice(wanted: Wanted, text: str) -> Value:
    choice = find_choice(text, wanted.choices)
    if choice is not None:
        return choice.id
    named = [name for choice in wanted.choices for name in (choice.id, choice.title)]
    raise unknown_entry(wanted.name, text, list(dict.fromkeys(named)))


def find_choice(text: str, choices: Sequence[Named]) -> Named | None:
    """Return the choice with this id or label, ignoring case, accents and repeated blanks; or None."""
    asked = folded_name(text)
    return next((c for c in choices if asked in (folded_name(c.id), folded_name(c.title))), None)


def parse_choices(wanted: Wanted, text: str) -> Value:
    if choice := find_choice(text, wanted.choices):  # its label may hold a comma
        return [choice.id]
    parts = text.split(";" if ";" in text else ",")
    return list(dict.fromkeys(parse_choice(wanted, part) for part in parts))


def parse_date(wanted: Wanted, text: str) -> Value:
    return Plain(wanted.day(text.strip()).isoformat())


def parse_contact(wanted: Wanted, text: str) -> Value:
    if not is_id(text):
        raise UsageError(f"{wanted.name}: {text!r} is not the id of a contact")
    return text


READERS = {
    FieldType.TEXT: parse_text,
    FieldType.NUMBER: parse_number,
    FieldType.MONEY: parse_money,
    FieldType.BOOL: parse_bool,
    FieldType.CHOICE: parse_choice,
    FieldType.CHOICES: parse_choices,
    FieldType.DATE: parse_date,
    FieldType.CONTACT: parse_contact,
}
