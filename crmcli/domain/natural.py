"""What an untyped value means: answers, fields and unknown keys as numbers, days, yes or no, texts."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from crmcli.domain.model import Open
from crmcli.domain.values import Plain, Value

NUMBER = r"[-+]?[0-9]{1,15}(\.[0-9]{1,15})?"
TRUE = {"true", "yes", "on"}
FALSE = {"false", "no", "off"}


def typed(values: Open) -> dict[str, Any]:
    """Answers and fields with the Python values that their characters spell."""
    return {key: native(value) for key, value in values.items()}


def plain_items(value: Value) -> list[Any]:
    """What a value, or each item of a list of them, means; mappings mean nothing here."""
    items = value if isinstance(value, list) else [value]
    return [native(item) for item in items if isinstance(item, str | Plain)]


def native(value: Value) -> Any:
    """What an untyped value means: a plain `120` is a number, a quoted one a text."""
    if isinstance(value, list):
        return [native(item) for item in value]
    if isinstance(value, dict):
        return typed(value)
    return plain(value.text) if isinstance(value, Plain) else value


def plain(text: str) -> Any:
    """A plain scalar as yes/no, number or date; else its characters."""
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    if re.fullmatch(NUMBER, text):
        return Decimal(text) if "." in text else int(text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
