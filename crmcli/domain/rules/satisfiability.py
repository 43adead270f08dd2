"""Detection of conditions that are false for every possible record.

A condition is evaluated for all relevant values: for names that the configuration lists, each entry; for
others, the numbers and texts in the condition, and their neighbours. If there are too many combinations,
the condition is not reported.
"""

from datetime import date, timedelta
from itertools import combinations, product
from math import prod
from types import SimpleNamespace
from typing import Any

from jinja2 import nodes

from crmcli.domain.model.config import UNSTATED, Config
from crmcli.domain.model.pipeline import Event, Rule
from crmcli.domain.model.record_types import Kind, State
from crmcli.domain.templates import sandbox
from crmcli.domain.templates.condition_names import Name, names_in, parse_condition
from crmcli.domain.templates.sandbox import NoValue
from crmcli.domain.templates.template_variables import PartView

COMPUTED = (  # computed values: conditions with these are not reported
    *(nodes.Filter, nodes.Test, nodes.Call, nodes.Getitem, nodes.CondExpr, nodes.Neg, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow),
)
LISTS = {"planned", "activities", "messages", "rewards", "history"}
MOST_TAGS = 6
MOST = 20_000  # combinations to try
MOST_NAMES = 30
MOST_WORK = 1_000_000  # combinations × nodes of the condition
SOME_DAY = date(2026, 6, 15)
ABSENT = object()


def never_holds(condition: str, config: Config, rule: Rule, stage: str | None) -> bool:
    """Tell whether a condition is false for all records when its rule fires; `stage` is the rule's stage."""
    tree = parse_condition(condition)
    if next(tree.find_all(COMPUTED), None) is not None:
        return False
    names = names_in(tree)
    if len(names) > MOST_NAMES:
        return False
    size = sum(1 for _ in tree.find_all(nodes.Node))
    literals = [node.value for node in tree.find_all(nodes.Const)]
    choices = [possible_values(name, literals, config, rule, stage) for name in names]
    if prod(map(len, choices)) > min(MOST, MOST_WORK // size):
        return False
    worlds = (dict(zip(names, values, strict=True)) for values in product(*choices))
    return not any(true_for(condition, each) for each in worlds)


def true_for(condition: str, values: dict[Name, Any]) -> bool:
    """Tell whether a condition holds with these values; if it fails with an error, it does not."""
    try:
        return sandbox.evaluate_condition(condition, build_world(values))
    except Exception:  # expressions may raise any error
        return False


def build_world(values: dict[Name, Any]) -> dict[str, Any]:
    """Return the variables of a condition with these values for names and attributes."""
    given = {name: NoValue(".".join(name)) if value is ABSENT else value for name, value in values.items()}
    names: dict[str, Any] = {name[0]: value for name, value in given.items() if len(name) == 1}
    for name, value in given.items():
        if len(name) > 1:
            place = namespace_in(names, name[0])
            for each in name[1:-1]:
                place = namespace_in(vars(place), each)
            vars(place)[name[-1]] = value
    return names


def namespace_in(names: dict[str, Any], name: str) -> SimpleNamespace:
    """Return the namespace for the attributes of a name; it is created if missing."""
    if not isinstance(names.get(name), SimpleNamespace):
        names[name] = PartView()
    place: SimpleNamespace = names[name]
    return place


def possible_values(
    name: Name, literals: list[Any], config: Config, rule: Rule, stage: str | None
) -> list[Any]:
    """Return the relevant values of a name."""
    if name == ("stage",):
        known = [each for each in config.stages if stage in (None, each.id)]
        return [PartView(id=each.id, label=each.title) for each in known]
    if name == ("lost",):
        reasons = [*(each.id for each in config.lost_reasons), UNSTATED]
        return reasons if rule.on is Event.LOST else [ABSENT, *reasons]
    if name[-1] in LISTS:
        return [[], ["something"]]
    if name[0] == "tags":
        return tag_sets([each for each in literals if isinstance(each, str)], config)
    listed = listed_values(name, config, stage)
    if listed is not None:
        return [ABSENT, *listed]
    numbers = [each for each in literals if isinstance(each, int | float) and not isinstance(each, bool)]
    around = sorted({float(each) + step for each in numbers for step in (-1, 0, 1)})
    if name[-1] in RANGES:
        low, high = RANGES[name[-1]]
        return [ABSENT, *(each for each in {*around, low, high} if low <= each <= high)]
    texts = [each for each in literals if isinstance(each, str)]
    days = [SOME_DAY - timedelta(days=1), SOME_DAY] if name[-1] in DAYS else []
    return [ABSENT, True, False, "some text", 1, *around, *texts, *days]


def tag_sets(named: list[str], config: Config) -> list[list[str]]:
    """Return the possible lists of tags: all subsets of those in the condition and one other."""
    possible = [tag for tag in dict.fromkeys(named) if not config.tags or tag in config.tags][:MOST_TAGS]
    all_of_them = ["another", *possible]
    return [list(some) for size in range(len(all_of_them) + 1) for some in combinations(all_of_them, size)]


def listed_values(name: Name, config: Config, stage: str | None) -> list[str] | None:
    """Return the values that the configuration lists for a name; None for other names."""
    name = name[1:] if name[0] == "opportunity" else name
    if name[0] == "fields" and len(name) == 2:
        field = config.custom_field(name[1])
        return list(field.choices) if field and field.choices else None
    known: dict[Name, list[str]] = {
        ("stage",): [each.id for each in config.stages if stage in (None, each.id)],
        ("stage", "id"): [each.id for each in config.stages if stage in (None, each.id)],
        ("kind",): [*Kind],
        ("owner", "id"): [user.id for user in config.users],
        ("marketing", "campaign"): [each.id for each in config.marketing.campaigns],
        ("marketing", "medium"): [each.id for each in config.marketing.mediums],
        ("marketing", "source"): [each.id for each in config.marketing.sources],
        ("referral", "link"): [each.id for each in config.referral.links],
        ("activity", "type"): [each.id for each in config.activity_types],
        ("activity", "state"): [*State],
    }
    return known.get(name) or None


RANGES = {"priority": (0.0, 3.0), "probability": (0.0, 100.0)}
DAYS = {"expected_close", "created", "closed", "due", "today"}
