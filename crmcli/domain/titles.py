"""The title of a record that was given none: from its custom fields, else from its contact."""

import re

from crmcli.domain.config import Config
from crmcli.domain.model import Opportunity
from crmcli.domain.natural import typed

OF_CONTACT = {"fr": "Opportunité de {}", "de": "Verkaufschance von {}", "en": "{}'s opportunity"}


def from_fields(config: Config, deal: Opportunity) -> str | None:
    """The title that the workspace's pattern makes of the fields; None where one of them is missing."""
    if config.title is None:
        return None
    named = set(re.findall(r"\w+", config.title)) & {field.name for field in config.fields}
    if not named <= set(deal.fields):
        return None
    from crmcli.domain import sandbox  # Jinja, for the pattern only

    title = " ".join(sandbox.text(config.title, typed(deal.fields)).split())
    return title or None


def of_contact(config: Config, name: str) -> str:
    """`Pierre's opportunity`, in the workspace's language."""
    language = config.locale.partition("_")[0]
    return OF_CONTACT.get(language, OF_CONTACT["en"]).format(name)
