"""Types of untyped values: answers, fields and unknown keys as numbers, days, booleans or texts."""

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from crmcli.domain.model.record_types import Open
from crmcli.domain.values.values import Plain, Value

AS_JSON = r"0|-?[1-9][0-9]{0,14}|-?(0|[1-9][0-9]{0,14})\.[0-9]{0,14}[1-9]"
NUMBER = r"[-+]?[0-9]{1,15}(\.[0-9]{1,15})?"
TRUE = {"true", "yes", "on"}
FALSE = {"false", "no", "off"}


def type_values(values: Open) -> dict[str, Any]:
    """Return answers or fields with each value converted by `native_value`."""
    return {key: native_value(value) for key, value in values.items()}


def characters_of(value: Value) -> list[str]:
    """Return the texts of a value, or of each item of a list; mappings are left out."""
    items = value if isinstance(value, list) else [value]
    return [item.text if isinstance(item, Plain) else item for item in items if isinstance(item, str | Plain)]


def plain_items(value: Value) -> list[Any]:
    """Return the native value of a value, or of each item of a list, as a list; mappings are left out."""
    items = value if isinstance(value, list) else [value]
    return [native_value(item) for item in items if isinstance(item, str | Plain)]


def native_value(value: Value) -> Any:
    """Return the Python value of an untyped value: a plain `120` is a number, a quoted one a text."""
    if isinstance(value, list):
        return [native_value(item) for item in value]
    if isinstance(value, dict):
        return type_values(value)
    return plain_value(value.text) if isinstance(value, Plain) else value


def plain_value(text: str) -> Any:
    """Return a plain scalar as a boolean, number or date, else as its text."""
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    if re.fullmatch(NUMBER, text):
        return Decimal(text) if "." in text else int(text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def typed_fields(fields: Open, declared: Collection[str]) -> dict[str, Any]:
    """Return custom fields for expressions; those not declared in `crm.yaml` stay as they are written."""
    return {
        key: native_value(value) if key in declared else written_value(value) for key, value in fields.items()
    }


def written_value(value: Value) -> Any:
    """Return a value of an undeclared field, or each item of a list or mapping, by `as_written`."""
    if isinstance(value, list):
        return [written_value(item) for item in value]
    if isinstance(value, dict):
        return {key: written_value(item) for key, item in value.items()}
    return as_written(value.text) if isinstance(value, Plain) else value


def as_written(text: str) -> Any:
    """Return a plain scalar of an undeclared field; it is converted only where no character is lost.

    >>> [as_written(text) for text in ("120", "2.5", "true", "+33612345678", "0123", "1.10", "NO")]
    [120, Decimal('2.5'), True, '+33612345678', '0123', '1.10', 'NO']
    """
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(AS_JSON, text):
        return Decimal(text) if "." in text else int(text)
    return text
