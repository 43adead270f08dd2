"""Titles: made of the custom fields by a pattern, else of the contact; and those that differ."""

import re
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.config import Config, CustomField, FieldType
from crmcli.domain.model.record_types import Open, Opportunity
from crmcli.domain.values.errors import RefusedError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.untyped_values import native_value

OF_CONTACT = {"fr": "Opportunité de {}", "de": "Verkaufschance von {}", "en": "{}'s opportunity"}
SHORTEST = 3  # letters of a word that tells one choice from another: not « d », « du », « de »


def title_from_fields(config: Config, deal: Opportunity) -> str | None:
    """The title that the workspace's pattern makes of the fields; None where one that it needs is missing."""
    if config.title is None or not any(field.name in deal.fields for field in fields_in_title(config)):
        return None
    from crmcli.domain.templates import sandbox  # Jinja, for the pattern only

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
    """The custom fields that the pattern speaks of, in its order."""
    words = dict.fromkeys(re.findall(r"\w+", config.title or ""))
    return [field for word in words if (field := config.custom_field(word))]


def title_of_contact(config: Config, name: str) -> str:
    """`Pierre's opportunity`, in the workspace's language."""
    language = config.locale.partition("_")[0]
    return OF_CONTACT.get(language, OF_CONTACT["en"]).format(name)


def keep_title(before: Opportunity, after: Opportunity, config: Config) -> Opportunity:
    """The record after a change of its fields: a title that followed the pattern goes on following it."""
    if before.title != after.title or title_from_fields(config, before) != before.title:
        return after
    title = title_from_fields(config, after)
    return replace(after, title=title) if title else after


def advise_title(deal: Opportunity, config: Config) -> str | None:
    """What to say of a new record whose title differs from the one that its fields make."""
    title = title_from_fields(config, deal)
    if title is None or title == deal.title:
        return None
    return (
        f"« {deal.title} » is a free title, its fields make « {title} » (crm check --titles --fix {deal.id})"
    )


class OffPattern(NamedTuple):
    """How a title differs: the pattern's nearest one, the fields read from it, those that nothing tells."""

    proposal: str | None
    recognised: Open
    lacking: tuple[str, ...]


def off_pattern(deal: Opportunity, config: Config) -> OffPattern | None:
    """How a title differs from the pattern; None where it follows it, or without a pattern.

    What a field lacks is looked for in the title: the choice whose words all stand there, the one
    with most words first.
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
    """The choice of a field that a title speaks of, whatever its case and accents."""
    stands = title_words(title)
    named = [choice for choice in field.choices if title_words(choice) and title_words(choice) <= stands]
    return max(named, key=lambda choice: len(title_words(choice)), default=None)


def title_words(text: str) -> set[str]:
    """The words by which a text is told from others."""
    return {word for word in re.findall(r"\w+", fold_text(text)) if len(word) >= SHORTEST}


def correct_title(deal: Opportunity, found: OffPattern) -> Opportunity:
    """The record with the title proposed, and the fields that were read from the old one.

    Raises RefusedError without a proposal.
    """
    if found.proposal is None:
        what = f"{deal.id} « {deal.title} »: no title without {', '.join(found.lacking)}"
        example = f"crm set {deal.id} {found.lacking[0]}=…" if found.lacking else ""
        raise RefusedError(what, hint=example)
    return replace(deal, title=found.proposal, fields={**deal.fields, **found.recognised})
