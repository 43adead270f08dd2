"""Where deals come from: entries of the marketing lists, as people type them and as links carry them."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from crmcli.domain.model.config import Config
from crmcli.domain.records.editing import Assignment
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.list_entries import Origin, find_entry

LISTS = {"marketing.campaign": "campaigns", "marketing.medium": "mediums", "marketing.source": "sources"}
UTM = "utm_"


class Link(NamedTuple):
    """Where a link says its visitor came from, and what else it says, which is not kept."""

    assignments: list[Assignment]
    ignored: list[str]


def of_url(url: str) -> Link:
    """The campaign, medium and source of a link's `utm_…` values, in its query or behind its `#`.

    Raises UsageError where it has none.
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
    """The configuration with every campaign, medium and source that these assignments name and it lacks."""
    lists = config.marketing
    for field, _, value in assignments:
        name = LISTS.get(field)
        held: tuple[Origin, ...] = getattr(lists, name) if name else ()
        if name and value.strip() and find_entry(value, held) is None:
            lists = replace(lists, **{name: (*held, list_entry(value.strip(), {each.id for each in held}))})
    return replace(config, marketing=lists)


def list_entry(label: str, taken: set[str]) -> Origin:
    """A new entry of a list: its id is its label in small letters, digits and hyphens."""
    id = re.sub(r"[^a-z0-9]+", "-", fold_text(label)).strip("-")
    if not id:
        raise UsageError(f"{label!r} is not a valid name")
    while id in taken:
        id = f"{id}-2"
    return Origin(id=id, label=None if id == label else label)
