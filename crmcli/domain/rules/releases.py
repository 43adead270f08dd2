"""Rules that run by time, and which of them may fire: a rule that is new to a workspace does not flood it.

A rule is known by its key and by what decides when it fires. One that is not known yet and is due for
many records waits until somebody releases it: for all of them, or for what comes due from then on.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import Event, Rule
from crmcli.domain.model.record_types import Code, Instant, Part, RuleId, UserName
from crmcli.domain.values.ids import derive_id

D = TypeVar("D", bound="Due")
MOST = 20  # records for which a new rule may fire at once without being released
BY_TIME = (Event.STALE, Event.OVERDUE)


class Release(Part, frozen=True, kw_only=True):
    """A rule that may fire in this workspace; `from` leaves out what was due before."""

    schema: int = 1
    rule: RuleId
    timing: Code  # as `timing_of` gives it
    from_: Instant | None = msgspec.field(name="from", default=None)
    at: Instant | None = None  # when it was released; absent if it never waited
    by: UserName | None = None


class TimedRule(NamedTuple):
    """A rule that `crm tick` fires, with its key in histories and a mark of its timing."""

    key: str
    rule: Rule
    timing: str


class Due(Protocol):
    """Something that may be due for a rule."""

    @property
    def rule(self) -> str:
        """The key of the rule."""
        ...


class Gates(msgspec.Struct, frozen=True):
    """Which timed rules may fire: all but those held; of some, only what comes due after an instant."""

    held: frozenset[str] = frozenset()
    since: Mapping[str, Instant] = {}

    def admitted(self, due: Sequence[D]) -> list[D]:
        """Return what may be due, without that of the rules that are held."""
        return [each for each in due if each.rule not in self.held]

    def lets(self, key: str, was_due: Callable[[Instant], bool]) -> bool:
        """Tell whether a rule may fire for something due; `was_due` tells whether it was at an instant."""
        if key in self.held:
            return False
        since = self.since.get(key)
        return since is None or not was_due(since)


OPEN = Gates()


def timed_rules(config: Config) -> Iterator[TimedRule]:
    """Yield the rules that fire by time: those under `after`, and on stale deals and overdue activities."""
    for stage in config.stages:
        for rule in stage.after:
            key = f"{stage.id}.{rule.id}"
            yield TimedRule(key, rule, timing_of(key, rule, ()))
    limits = tuple(f"{stage.id} {stage.stale_after}" for stage in config.stages if stage.stale_after)
    for rule in config.rules:
        if rule.on in BY_TIME:
            stale = limits if rule.on is Event.STALE else ()
            yield TimedRule(rule.id, rule, timing_of(rule.id, rule, stale))


def timing_of(key: str, rule: Rule, limits: Collection[str]) -> str:
    """Return a mark of when a rule fires; it is another one after an edit of that, not of its actions."""
    return derive_id(key, str(rule.on), str(rule.in_), str(rule.when), str(rule.once), *limits)


def gates_of(rules: Collection[TimedRule], known: Collection[Release], held: Collection[str]) -> Gates:
    """Return the gates; the latest release of a rule counts for its later versions, too."""
    latest: dict[str, Release] = {}
    for each in sorted((each for each in known if each.at is not None), key=lambda each: str(each.at)):
        latest[each.rule] = each
    since = {key: found.from_ for key, found in latest.items() if found.from_ is not None}
    return Gates(frozenset(held), {each.key: since[each.key] for each in rules if each.key in since})
