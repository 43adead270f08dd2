"""Values of custom fields and answers, parsed from text by the type in `crm.yaml` or a questionnaire."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

import msgspec
from msgspec.structs import replace

from crmcli.domain.localization.days import fixed_day, iso_day
from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.list_entries import Listed, Named, find_entry, known_entry, unknown_entry
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
    field = known_entry("custom field", name, config.fields)
    day = partial(fixed_day, config=config)
    return parse_value(Wanted(name, field.type, field.entries, day, config.currency), text)


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
    return clean_text(text) or text


def parse_number(wanted: Wanted, text: str) -> Value:
    number = re.sub(BLANKS, "", text).replace(",", ".")
    if not re.fullmatch(NUMBER, number):
        raise UsageError(
            sentence("{name}: {text!r} is not a number", name=wanted.name, text=text),
            hint=sentence("like 120 or 2.5"),
        )
    return Plain(f"{Decimal(number):f}" if Decimal(number) else "0")


def parse_money(wanted: Wanted, text: str) -> Value:
    return Plain(f"{parse_amount(text, wanted.currency):.2f}")


def parse_bool(wanted: Wanted, text: str) -> Value:
    word = text.strip().casefold()
    if word not in YES | NO:
        raise UsageError(sentence("{name} is yes or no, not {text!r}", name=wanted.name, text=text))
    return Plain("true" if word in YES else "false")


def parse_choice(wanted: Wanted, text: str) -> Value:
    choice = find_entry(text, wanted.choices)
    if choice is not None:
        return choice.id
    named = [name for choice in wanted.choices for name in (choice.id, choice.title)]
    raise unknown_entry(wanted.name, text, list(dict.fromkeys(named)))


def parse_choices(wanted: Wanted, text: str) -> Value:
    return list(dict.fromkeys(parse_choice(wanted, part) for part in split_choices(text, wanted.choices)))


def split_choices(text: str, choices: Sequence[Listed]) -> Iterator[str]:
    """Yield the names of choices in a text: separated by `;` or else by `,`, and each as long as it can be.

    A name may hold the separator itself: with the choices « Poêle, 8 kW » and « Insert »,

    >>> list(split_choices("Insert, Poêle, 8 kW", [Named(id="Poêle, 8 kW"), Named(id="Insert")]))
    ['Insert', 'Poêle, 8 kW']
    """
    separator = ";" if ";" in text and find_entry(text, choices) is None else ","
    parts = text.split(separator)
    names = (name for choice in choices for name in (choice.id, *choice.shown_names))
    longest = 1 + max((name.count(separator) for name in names), default=0)  # parts of a name
    at = 0
    while at < len(parts):
        if not parts[at].strip():  # no name begins with a separator
            yield ""
            at += 1
            continue
        joined = (separator.join(parts[at : at + many]) for many in range(longest, 1, -1))
        name = next((each for each in joined if find_entry(each, choices)), parts[at])
        yield name.strip()
        at += name.count(separator) + 1


def parse_date(wanted: Wanted, text: str) -> Value:
    return Plain(wanted.day(text.strip()).isoformat())


def parse_contact(wanted: Wanted, text: str) -> Value:
    if not is_id(text):
        raise UsageError(sentence("{name}: {text!r} is not the id of a contact", name=wanted.name, text=text))
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
