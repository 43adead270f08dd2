"""Checks of the ids in `crm.yaml`: twice, not possible, or with a meaning of their own in queries."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from crmcli.checks.rule_checks import locate_stages
from crmcli.domain.model.config import Config
from crmcli.domain.model.problems import Path, Problem, Problems
from crmcli.domain.values.list_entries import ME, RESERVED

PLAIN = re.compile(r"[^\W_](?:[\w -]*\w)?")  # what stands in keys of rules, in queries and in names of files
WORDS = f"{' and '.join(RESERVED)} have a meaning in queries"


class HasId(Protocol):
    """An entry of a list in the configuration."""

    @property
    def id(self) -> str:
        """What refers to it."""


def check_ids(config: Config) -> Problems:
    """Yield a problem for each id that is repeated in its list, or that cannot be one."""
    for path, ids in ids_by_list(config).items():
        for index, id in enumerate(ids):
            if id in ids[:index]:
                yield Problem((*path, index), f"{id!r} is used twice")
    yield from check_reserved(config)
    yield from check_plain(config)


def ids_by_list(config: Config) -> Mapping[Path, list[str]]:
    """Return the ids of each list, by its place; those of stages are checked with their rules."""
    lists: Mapping[Path, Sequence[HasId]] = {
        ("pipelines",): config.pipelines,
        ("plans",): config.plans,
        ("rules",): config.rules,
        ("users",): config.users,
        ("activity_types",): config.activity_types,
        ("lost_reasons",): config.lost_reasons,
        ("fields",): config.fields,
        ("forms",): config.forms,
        ("marketing", "campaigns"): config.marketing.campaigns,
        ("marketing", "mediums"): config.marketing.mediums,
        ("marketing", "sources"): config.marketing.sources,
        ("referral", "links"): config.referral.links,
    }
    return {path: [each.id for each in entries] for path, entries in lists.items()}


ASKED_BY_ID = {  # the lists whose ids are values in queries
    ("pipelines",),
    ("users",),
    ("activity_types",),
    ("lost_reasons",),
    ("marketing", "campaigns"),
    ("marketing", "mediums"),
    ("marketing", "sources"),
    ("referral", "links"),
}


def check_reserved(config: Config) -> Problems:
    """Yield a problem for each id that means something else in a query, such as `stage:none`."""
    for path, stage in locate_stages(config):
        if stage.id in RESERVED:
            yield Problem((*path, "id"), f"{stage.id!r} cannot be an id", WORDS)
    for path, ids in ids_by_list(config).items():
        for index, id in enumerate(ids):
            if path in ASKED_BY_ID and id in RESERVED:
                yield Problem((*path, index, "id"), f"{id!r} cannot be an id", WORDS)
    for index, tag in enumerate(config.tags):
        if tag in RESERVED:
            yield Problem(("tags", index), f"{tag!r} cannot be a tag", WORDS)
    for index, user in enumerate(config.users):
        if user.id == ME:
            yield Problem(("users", index, "id"), f"{ME!r} cannot be an id", "it is who asks, in queries")


def check_plain(config: Config) -> Problems:
    """Yield a problem for each id with signs that separate parts of rule keys, queries or paths."""
    ids = [((*path, "id"), stage.id) for path, stage in locate_stages(config)]
    for name in ("pipelines", "activity_types", "plans"):
        ids += [((name, index, "id"), each.id) for index, each in enumerate(getattr(config, name))]
    ids += [(("fields", index, "name"), each.name) for index, each in enumerate(config.fields)]
    for path, id in ids:
        if not PLAIN.fullmatch(id):
            yield Problem(path, f"{id!r} cannot be an id", "letters, digits, - and _")
