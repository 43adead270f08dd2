"""Values of your own, typed by `crm.yaml` or by a questionnaire: what a text that a person typed means."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.localization.days import iso_day
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import is_id
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.values.money import BLANKS, parse_amount
from crmcli.domain.values.list_entries import Named, unknown
from crmcli.domain.values.values import Plain, Value

YES = {"yes", "true", "oui", "y", "o"}
NO = {"no", "false", "non", "n"}
NUMBER = r"-?[0-9]{1,15}(\.[0-9]{1,15})?"


class Wanted(NamedTuple):
    """What a text is read as: how messages call it, its type, the choices there are, how days are typed."""

    name: str
    type: FieldType
    choices: tuple[Named, ...] = ()
    day: Callable[[str], date] = iso_day


def read_field(config: Config, name: str, text: str) -> Value:
    """What a custom field holds for a text that a person typed.

    Raises UsageError for a field that is not configured, or a value that its type does not allow.
    """
    field = config.custom_field(name)
    if field is None:
        raise unknown("custom field", name, [field.name for field in config.fields])
    return read(Wanted(name, field.type, tuple(Named(id=choice) for choice in field.choices)), text)


def defaulted(deal: Opportunity, config: Config) -> Opportunity:
    """A new record with the defaults of the custom fields that it has no value for."""
    missing = {each.name: each.default for each in config.fields if each.name not in deal.fields}
    given = {name: read_field(config, name, text) for name, text in missing.items() if text is not None}
    return replace(deal, fields={**deal.fields, **given}) if given else deal


def read(wanted: Wanted, text: str) -> Value:
    """The value that a text spells.

    Raises UsageError for one that its type does not allow.
    """
    return READERS[wanted.type](wanted, text)


def read_text(wanted: Wanted, text: str) -> Value:
    return text


def read_number(wanted: Wanted, text: str) -> Value:
    number = re.sub(BLANKS, "", text).replace(",", ".")
    if not re.fullmatch(NUMBER, number):
        raise UsageError(f"{wanted.name}: {text!r} is not a number", hint="like 120 or 2.5")
    return Plain(f"{Decimal(number):f}" if Decimal(number) else "0")


def read_money(wanted: Wanted, text: str) -> Value:
    return Plain(f"{parse_amount(text):.2f}")


def read_bool(wanted: Wanted, text: str) -> Value:
    word = text.strip().casefold()
    if word not in YES | NO:
        raise UsageError(f"{wanted.name} is yes or no, not {text!r}")
    return Plain("true" if word in YES else "false")


def read_choice(wanted: Wanted, text: str) -> Value:
    choice = choice_called(text, wanted.choices)
    if choice is not None:
        return choice.id
    named = [name for choice in wanted.choices for name in (choice.id, choice.title)]
    raise unknown(wanted.name, text, list(dict.fromkeys(named)))


def choice_called(text: str, choices: Sequence[Named]) -> Named | None:
    """The choice with this id or label; case, accents and double blanks do not count."""
    asked = folded_name(text)
    return next((c for c in choices if asked in (folded_name(c.id), folded_name(c.title))), None)


def read_choices(wanted: Wanted, text: str) -> Value:
    if choice := choice_called(text, wanted.choices):  # its label may hold a comma
        return [choice.id]
    parts = text.split(";" if ";" in text else ",")
    return list(dict.fromkeys(read_choice(wanted, part) for part in parts))


def read_date(wanted: Wanted, text: str) -> Value:
    return Plain(wanted.day(text.strip()).isoformat())


def read_contact(wanted: Wanted, text: str) -> Value:
    if not is_id(text):
        raise UsageError(f"{wanted.name}: {text!r} is not the id of a contact")
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
