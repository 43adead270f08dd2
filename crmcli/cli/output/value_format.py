"""Formats of values for people: amounts and days in the workspace's locale, stars, percentages, lists."""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.nearness import nearness_text
from crmcli.domain.localization.translations import translate
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.config import Config, name_lost_reason
from crmcli.domain.records.contact_matching import shown_phone

ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?"


def in_stars(priority: Any) -> str:
    """Return a priority as stars."""
    return "★" * (priority or 0)


def stars_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats priorities."""
    return in_stars


def spell_group(row: Document) -> str:
    """Return the label of a row of a report; a month or week that is not over is marked."""
    label = row["label"] or ""
    return translate("{period}, unfinished", period=label) if row.get("unfinished") else label


def percent_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats probabilities: `66,7 %` in France."""
    shown = short_percent(config)
    return lambda value: "" if value is None else f"{shown(value)} %"


def short_percent(config: Config) -> Callable[[Any], str]:
    """Return the function that formats probabilities in a column headed `%`, without a sign."""

    def shown(value: Any) -> str:
        if value is None:
            return ""
        text = f"{value:g}"
        if text.isdigit():  # most are, and need no locale
            return text
        from crmcli.domain.localization.locale import number_text

        return number_text(text, config)

    return shown


def count_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats a number of things: `1 084` in France."""

    def shown(count: Any) -> str:
        if count is None or count < 1_000:  # most are, and need no locale
            return "" if count is None else str(count)
        from crmcli.domain.localization.locale import count_text

        return count_text(count, config)

    return shown


def words_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats words: separated by spaces."""
    return lambda values: " ".join(values or ())


def nearness_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats a number of days until something."""
    return cache(lambda days: "" if days is None else nearness_text(days))  # few are different


def phone_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats one phone number: as it is dialled in the workspace's country."""
    return lambda phone: shown_phone(phone, config.country) if phone else ""


def phones_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats phone numbers: as they are dialled in the workspace's country."""
    return lambda values: ", ".join(shown_phone(each, config.country) for each in values or ())


def term_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats words of crm's own: in the language of the screen."""
    return lambda value: "" if value is None else translate(str(value))


def reason_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats lost reasons: by their labels."""
    return lambda reason: name_lost_reason(config, reason)


def plain_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats values without a format of their own."""
    return spell_value


def list_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats lists and mappings, with days in the workspace's locale."""
    return lambda value: spell_value(localize_value(value, config))


def localize_value(value: Any, config: Config) -> Any:
    """Return a value of a document with its instants and days formatted, and without `schema`."""
    if isinstance(value, dict):
        return {key: localize_value(item, config) for key, item in value.items() if key != "schema"}
    if isinstance(value, list):
        return [localize_value(item, config) for item in value]
    if isinstance(value, str) and re.fullmatch(ISO, value):
        return (clock_style if "T" in value else day_style)(config)(value)
    return value


def spell_value(value: Any) -> str:
    """Return any value in one line.

    >>> spell_value({"brand": "Rika", "chimney": True, "rooms": [1, 2]})
    'brand: Rika, chimney: yes, rooms: 1, 2'
    """
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    if isinstance(value, list):
        between = "; " if any(isinstance(each, dict) for each in value) else ", "
        return between.join(map(spell_value, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {spell_value(each)}" for key, each in value.items())
    return "" if value is None else str(value)


def money_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats amounts: `8 000,00 €` in France."""

    def shown(amount: Any) -> str:
        if amount is None:
            return ""
        from crmcli.domain.localization.locale import money_text

        return money_text(amount, config)

    return shown


def day_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats days: `25 nov. 2026` in France."""

    def shown(value: Any) -> str:
        if not value:
            return ""
        from crmcli.domain.localization.locale import day_text

        return day_text(as_day(value, config), config)

    return shown


def as_day(value: Any, config: Config) -> date:
    """Return the day of a document's value: an ISO day, or an instant in the workspace's time zone."""
    if isinstance(value, str) and "T" in value:
        return datetime.fromisoformat(value).astimezone(find_zone(config.timezone)).date()
    if isinstance(value, datetime):
        return value.astimezone(find_zone(config.timezone)).date()
    return date.fromisoformat(value) if isinstance(value, str) else value


def clock_style(config: Config) -> Callable[[Any], str]:
    """Return the function that formats instants: day and time in the workspace's time zone."""

    def shown(value: Any) -> str:
        if not value:
            return ""
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        local = instant.astimezone(find_zone(config.timezone))
        return f"{day_style(config)(local.date())} {local:%H:%M}"

    return shown
