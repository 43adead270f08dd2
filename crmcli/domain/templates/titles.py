"""Titles: built from custom fields by a pattern, or from the contact's name; deviations from the pattern."""

import re

import msgspec
from msgspec.structs import replace

from crmcli.domain.model.config import Config, CustomField, FieldType
from crmcli.domain.model.record_types import Open, Opportunity
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.untyped_values import native_value

SHORTEST = 3  # minimum letters of a distinctive word of a choice: not « d », « du », « de »


def title_from_fields(config: Config, deal: Opportunity) -> str | None:
    """Return the title built from custom fields by the pattern; None without one or if a field is missing."""
    if config.title is None or not any(field.name in deal.fields for field in fields_in_title(config)):
        return None
    from crmcli.domain.templates import sandbox  # imports Jinja

    values = {
        field.name: native_value(deal.fields[field.name])
        if field.name in deal.fields
        else sandbox.NoValue(field.name)
        for field in config.fields
    }
    try:
        title = " ".join(sandbox.evaluate_text(config.title, values).split())
    except RefusedError:
        return None
    return title or None


def fields_in_title(config: Config) -> list[CustomField]:
    """Return the custom fields in the title pattern, in its order."""
    words = dict.fromkeys(re.findall(r"\w+", config.title or ""))
    return [field for word in words if (field := config.custom_field(word))]


def title_of_contact(config: Config, name: str) -> str:
    """Return a title such as `Pierre's opportunity`, in the workspace's language."""
    return config.language.translate("{name}'s opportunity", name=name)


def keep_title(before: Opportunity, after: Opportunity, config: Config) -> Opportunity:
    """Return the changed record with its title updated, if the title matched the pattern before."""
    if before.title != after.title or title_from_fields(config, before) != before.title:
        return after
    title = title_from_fields(config, after)
    return replace(after, title=title) if title else after


def advise_title(deal: Opportunity, config: Config) -> str | None:
    """Return a notice for a new record whose title differs from the pattern, or None."""
    title = title_from_fields(config, deal)
    if title is None or title == deal.title:
        return None
    return (
        f"« {deal.title} » is a free title, its fields make « {title} » (crm check --titles --fix {deal.id})"
    )


class OffPattern(msgspec.Struct, frozen=True):
    """A title that differs from the pattern: the proposed title, the fields found in it, the missing ones."""

    proposal: str | None
    recognised: Open
    lacking: tuple[str, ...]


def off_pattern(deal: Opportunity, config: Config) -> OffPattern | None:
    """Return how a title differs from the pattern; None if it matches, or without a pattern.

    For a missing field, the title is searched for one of its choices with all its words; the choice with the
    most words is taken.
    """
    if config.title is None or title_from_fields(config, deal) == deal.title:
        return None
    found: Open = {}
    for field in fields_in_title(config):
        choice = recognize_choice(field, deal.title) if field.name not in deal.fields else None
        if choice is not None:
            found[field.name] = [choice] if field.type is FieldType.CHOICES else choice
    complete = replace(deal, fields={**deal.fields, **found})
    lacking = tuple(field.name for field in fields_in_title(config) if field.name not in complete.fields)
    return OffPattern(title_from_fields(config, complete), found, lacking)


def recognize_choice(field: CustomField, title: str) -> str | None:
    """Return the choice of a field whose words are all in a title, ignoring case and accents; or None."""
    stands = title_words(title)
    named = [choice for choice in field.choices if title_words(choice) and title_words(choice) <= stands]
    return max(named, key=lambda choice: len(title_words(choice)), default=None)


def title_words(text: str) -> set[str]:
    """Return the distinctive words of a text, folded."""
    return {word for word in re.findall(r"\w+", fold_text(text)) if len(word) >= SHORTEST}


def correct_title(deal: Opportunity, found: OffPattern) -> Opportunity:
    """Return the record with the proposed title and the fields found in the old one.

    Raises RefusedError without a proposal.
    """
    if found.proposal is None:
        what = f"{deal.id} « {deal.title} »: no title without {', '.join(found.lacking)}"
        example = f"crm set {deal.id} {found.lacking[0]}=…" if found.lacking else ""
        raise RefusedError(what, hint=example)
    return replace(deal, title=found.proposal, fields={**deal.fields, **found.recognised})
