"""Which timed rules may fire now, and which wait because they are new and due for many records."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import fired_rules
from crmcli.domain.rules import releases
from crmcli.domain.rules.releases import Gates, Release, TimedRule
from crmcli.domain.rules.timed_rules import fire_timed
from crmcli.domain.values.errors import CrmError
from crmcli.operations.request import Request
from crmcli.store.index.due_records import Ripe
from crmcli.store.reader import Reading
from crmcli.store.rule_releases import read_releases
from crmcli.store.unreadable import UnreadableError


class HeldRule(NamedTuple):
    """A rule that waits for its release, and the number of records for which it is due."""

    key: str
    due: int

    def __str__(self) -> str:
        hint = f"crm rules release {self.key} --from today, or --from all for these, too"
        return f"rule {self.key} is new and due for {self.due} records, so it waits ({hint})"


class Admission(NamedTuple):
    """The rules that may fire, those that wait, and those seen for the first time, which are recorded."""

    gates: Gates
    held: list[HeldRule]
    fresh: list[Release]


def admit_rules(request: Request, reading: Reading, ripe: Sequence[Ripe]) -> Admission:
    """Decide which of the timed rules may fire; `ripe` is what may be due in all records.

    A rule without any file that has fired before was in use before such files were kept, and goes on.
    """
    rules = list(releases.timed_rules(request.config))
    known = list(known_releases(request))
    timings, keys = {(each.rule, each.timing) for each in known}, {each.rule for each in known}
    held, fresh = list[HeldRule](), list[Release]()
    for each in rules:
        if (each.key, each.timing) in timings:
            continue
        due = count_due(request, reading, each, ripe)
        if due > releases.MOST and (each.key in keys or not reading.index.has_fired(each.key)):
            held.append(HeldRule(each.key, due))
        else:
            fresh.append(Release(rule=each.key, timing=each.timing))
    return Admission(releases.gates_of(rules, known, {each.key for each in held}), held, fresh)


def known_releases(request: Request) -> Iterator[Release]:
    """Yield the recorded rules, and warn of files that cannot be read; their rules are new then."""
    for each in read_releases(request.workspace.root):
        if isinstance(each, UnreadableError):
            request.advise(str(each))
        else:
            yield each


def count_due(request: Request, reading: Reading, rule: TimedRule, ripe: Sequence[Ripe]) -> int:
    """Count the records for which a rule is due; its condition is tested only where it decides."""
    paths = dict.fromkeys(each.path for each in ripe if each.rule == rule.key)
    if rule.rule.when is None or len(paths) <= releases.MOST:
        return len(paths)
    return sum(is_due(request, reading, rule.key, path) for path in paths)


def is_due(request: Request, reading: Reading, key: str, path: str) -> bool:
    """Tell whether a rule would fire on the record at a path."""
    try:
        return fires(reading.facts(reading.opportunity(path)), key, request)
    except CrmError:
        return False  # unreadable or removed: reported where it is processed


def fires(facts: Facts, key: str, request: Request) -> bool:
    """Tell whether a rule would fire on a record."""
    before = set(fired_rules(facts.opportunity))
    after = fire_timed(facts, request.moment_of("tick"))
    return any(each.startswith(f"{key} ") for each in set(fired_rules(after)) - before)
