"""Origins of deals: entries of the marketing lists, from typed names and from links."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec.structs import replace

from crmcli.domain.model.config import Config
from crmcli.domain.records.editing import Assignment
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.list_entries import Origin, find_entry

LISTS = {"marketing.campaign": "campaigns", "marketing.medium": "mediums", "marketing.source": "sources"}
UTM = "utm_"


class Link(msgspec.Struct, frozen=True):
    """The origin in a link's `utm_…` values, and the other `utm_…` values, which are not stored."""

    assignments: list[Assignment]
    ignored: list[str]


def of_url(url: str) -> Link:
    """Return the campaign, medium and source in a link's `utm_…` values, in its query or fragment.

    Raises UsageError if there are none.
    """
    try:
        parts = urlsplit(url.strip())
        pairs = [
            pair for text in (parts.query, parts.fragment) for pair in parse_qsl(text, max_num_fields=100)
        ]
    except ValueError as error:
        raise UsageError(f"{url!r} is not a link: {error}") from None
    known = {f"{UTM}{name.partition('.')[2]}": name for name in LISTS}
    given = {key.casefold(): value for key, value in pairs if key.casefold().startswith(UTM)}
    assignments = [Assignment(known[key], "", value) for key, value in given.items() if key in known]
    if not assignments:
        raise UsageError(f"{url!r} has no utm_… values", hint=f"…?{'=…&'.join(known)}=…")
    return Link(assignments, [f"{key}={value}" for key, value in given.items() if key not in known])


def enlarge_lists(config: Config, assignments: Iterable[Assignment]) -> Config:
    """Return the configuration with missing campaigns, mediums and sources of these assignments added."""
    lists = config.marketing
    for field, _, value in assignments:
        name = LISTS.get(field)
        held: tuple[Origin, ...] = getattr(lists, name) if name else ()
        label = clean_text(value.strip())
        if name and label and find_entry(label, held) is None:
            lists = replace(lists, **{name: (*held, list_entry(label, {each.id for each in held}))})
    return replace(config, marketing=lists)


def list_entry(label: str, taken: set[str]) -> Origin:
    """Return a new list entry; its id is the label in lower-case letters, digits and hyphens.

    Raises UsageError if the label has no letter or digit.
    """
    id = re.sub(r"[^a-z0-9]+", "-", fold_text(label)).strip("-")
    if not id:
        raise UsageError(f"{label!r} is not a valid name")
    while id in taken:
        id = f"{id}-2"
    return Origin(id=id, label=None if id == label else label)
