"""Checks of stages, rules and plans: unknown names, and spans, conditions and texts that are not valid."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from crmcli.domain.localization.recurrence import SOME_DAY, check_recurrence_rule, list_skipped
from crmcli.domain.model.config import Config
from crmcli.domain.model.fields import Content, fields_of
from crmcli.domain.model.pipeline import Due, Event, Plan, PlanAction, Rule, Stage
from crmcli.domain.model.problems import (
    Path,
    Problem,
    Problems,
    check_assignee,
    check_due,
    check_known,
    check_offset,
    check_span,
    check_template,
    check_user,
    check_value,
)
from crmcli.domain.model.record_types import Part
from crmcli.domain.records import questionnaire_sheet, stage_requirements
from crmcli.domain.records.editing import EDITABLE
from crmcli.domain.rules import referral_program
from crmcli.domain.rules.fire_rules import ACTIONS
from crmcli.domain.rules.rewards import CONTACT, SPONSOR
from crmcli.domain.templates import sandbox
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.untyped_values import characters_of


def check_pipelines(config: Config, templates: Collection[str]) -> Problems:
    """Yield the problems of all stages, the global rules, the referral programme and the plans."""
    seen: dict[str, Path] = {}
    for path, stage in locate_stages(config):
        yield from check_stage(stage, path, config, templates)
        if stage.id in seen:
            yield Problem((*path, "id"), f"{stage.id!r} is used twice")
        seen[stage.id] = path
    staged = dict(config.staged_rules())
    stales = any(stage.stale_after for stage in config.stages)
    for index, rule in enumerate(config.rules):
        yield from check_rule(rule, ("rules", index), config, templates)
        yield from check_event(rule, ("rules", index))
        if rule.id in staged:
            yield Problem(("rules", index, "id"), f"{rule.id!r} is the name of a stage's rule, too")
        if rule.on is Event.STALE and not stales:
            yield Problem(("rules", index, "on"), "no stage has stale_after, so nothing is ever stale")
    yield from check_referral_program(config, templates)
    for index, plan in enumerate(config.plans):
        yield from check_plan(plan, ("plans", index), config)


def check_referral_program(config: Config, templates: Collection[str]) -> Problems:
    """Yield the problems of the referral programme and of the rules that it generates."""
    keys: set[str] = set()
    for key, inside, rule in referral_program.program_rules(config.referral):
        path = ("referral", *inside)
        yield from check_rule(rule, path, config, templates)
        yield from check_event(rule, path)
        if key in keys:
            yield Problem((*path, "id"), f"{rule.id!r} is used twice")
        keys.add(key)
    for index, rule in enumerate(config.referral.on_success):
        if rule.on is not None:
            yield Problem(("referral", "on_success", index, "on"), "on_success has the event `won` only")
    if any(stage.id == "referral" for stage in config.stages):
        yield Problem(("referral",), "is the name of a stage, too", "give that stage another id")


def locate_stages(config: Config) -> list[tuple[Path, Stage]]:
    """Return all stages, each with its path in `crm.yaml`."""
    own: list[tuple[Path, Stage]] = [
        (("stages", index), stage) for index, stage in enumerate(config.only_stages)
    ]
    return own + [
        (("pipelines", number, "stages", index), stage)
        for number, pipeline in enumerate(config.pipelines)
        for index, stage in enumerate(pipeline.stages)
    ]


def check_event(rule: Rule, path: Path) -> Problems:
    """Yield a problem for a global rule without an event, or with keys that its event does not allow."""
    if rule.on is None:
        yield Problem(path, f"rule {rule.id} has no `on`, so it never fires")
    if rule.in_ is not None and rule.on is not Event.OVERDUE:
        yield Problem((*path, "in"), "is only for `on: overdue` and under `after`")
    if rule.reassign is not None and rule.on is not Event.OVERDUE:
        yield Problem((*path, "reassign"), "is only for `on: overdue`, which has an activity")


def check_stage(stage: Stage, path: Path, config: Config, templates: Collection[str]) -> Problems:
    """Yield the problems of a stage and its rules."""
    known = [
        *stage_requirements.REQUIRABLE,
        *(f"{stage_requirements.OF_CONTACT}{name}" for name in stage_requirements.CONTACT_FIELDS),
        questionnaire_sheet.WHOLE,
        *(field.name for field in config.fields),
    ]
    for index, field in enumerate(stage.require):
        if not field.startswith(questionnaire_sheet.ONE):  # checked with the questionnaires
            yield from check_known((*path, "require", index), "field", field, known)
    for index, other in enumerate(stage.won_from):
        yield from check_known(
            (*path, "won_from", index), "stage", other, [each.id for each in config.stages]
        )
    if stage.stale_after is not None:
        yield from check_span((*path, "stale_after", "after"), stage.stale_after.after)
    seen: set[str] = set()
    for name, rules in (("on_enter", stage.on_enter), ("on_exit", stage.on_exit), ("after", stage.after)):
        for index, rule in enumerate(rules):
            yield from check_rule(rule, (*path, name, index), config, templates)
            yield from check_place_of_rule(rule, name, (*path, name, index))
            if rule.id in seen:
                yield Problem((*path, name, index, "id"), f"{rule.id!r} is used twice in stage {stage.id}")
            seen.add(rule.id)


def check_place_of_rule(rule: Rule, name: str, path: Path) -> Problems:
    """Yield a problem for keys that a stage's rule cannot have, or lacks, under this list."""
    if rule.on is not None:
        yield Problem((*path, "on"), f"a rule under {name} has no other event", "move it to `rules`")
    if name == "after" and rule.in_ is None:
        yield Problem(path, f"rule {rule.id} has no `in`", "like in: 7d")
    if name != "after" and rule.in_ is not None:
        yield Problem((*path, "in"), "is only for rules under `after`")
    if rule.reassign is not None:
        yield Problem((*path, "reassign"), "is for `on: overdue`, where there is an activity to hand on")


def check_rule(rule: Rule, path: Path, config: Config, templates: Collection[str]) -> Problems:
    """Yield the problems of a rule: names, spans, conditions, texts, and whether it has an action."""
    yield from check_contents(rule, path, Known(config, templates))
    settable = [*EDITABLE, *(field.name for field in config.fields)]
    for field in rule.set:
        yield from check_known((*path, "set", field), "field", field.removeprefix("fields."), settable)
    if (owner := rule.set.get("owner")) and "{" not in "".join(characters_of(owner)):
        yield from check_user((*path, "set", "owner"), "".join(characters_of(owner)), config)
    for tag in set(rule.tag) & set(rule.untag):
        yield Problem((*path, "untag"), f"{tag!r} is both added and removed")
    yield from check_reward(rule, path)
    if rule.run is not None and not rule.run.timeout:
        yield Problem((*path, "run", "timeout"), "gives the program no time", "at least 1 second")
    if not any(getattr(rule, action) for action in ACTIONS):
        yield Problem(path, f"rule {rule.id} does nothing")


class Known(NamedTuple):
    """The names that a rule may use."""

    config: Config
    templates: Collection[str]  # names of e-mail templates


def check_contents(part: Part, path: Path, known: Known) -> Problems:
    """Yield the problems of a mapping of `crm.yaml`, at any depth, by the declared content of its fields."""
    for spec in fields_of(type(part)):
        value = getattr(part, spec.name)
        if value is None:
            continue
        places = enumerate(value) if spec.is_list else [(None, value)]
        for index, each in places:
            inner = (*path, spec.key) if index is None else (*path, spec.key, index)
            if isinstance(each, Due):
                yield from check_due(inner, each, known.config, has_time=not isinstance(part, PlanAction))
            elif isinstance(each, Part):
                yield from check_contents(each, inner, known)
            elif spec.content in CHECKS:
                yield from CHECKS[spec.content](inner, each, known)


def check_recurrence(path: Path, every: str) -> Problems:
    """Yield a problem for a recurrence that is not valid."""
    try:
        check_recurrence_rule(every)
    except UsageError as error:
        yield Problem(path, error.what, error.hint)
        return
    if "BYMONTHDAY" in every.upper() and (gaps := list_skipped(every, SOME_DAY)):
        what = f"{every} skips months without that day, like {gaps[0]}"
        yield Problem(path, what, "BYMONTHDAY=-1 is the last day of a month")


def check_reward(rule: Rule, path: Path) -> Problems:
    """Yield a problem for a reward without amount and kind, of zero or less, or to an unknown recipient."""
    if rule.reward is None:
        return
    if rule.reward.amount is None and rule.reward.kind is None:
        yield Problem((*path, "reward"), "is nothing", "amount: 100, or kind: bouteille")
    if rule.reward.amount is not None and rule.reward.amount <= 0:
        yield Problem((*path, "reward", "amount"), f"{rule.reward.amount} is not a valid reward")
    if rule.reward.to not in (SPONSOR, CONTACT) and not is_id(rule.reward.to):
        hint = f"{SPONSOR}, {CONTACT}, or a contact's id"
        yield Problem((*path, "reward", "to"), f"{rule.reward.to!r} is nobody", hint)


def check_program(program: str, path: Path) -> Problems:
    """Yield a problem for a command line that is empty or cannot be split into words."""
    import shlex

    try:
        if not shlex.split(program):
            yield Problem(path, "names no program")
    except ValueError as error:
        yield Problem(path, f"cannot be split into words: {error}")


def check_plan(plan: Plan, path: Path, config: Config) -> Problems:
    """Yield the problems of a plan and its lines."""
    if not plan.lines:
        yield Problem(path, f"plan {plan.id} has no lines")
    yield from check_contents(plan, path, Known(config, ()))


CHECKS: dict[Content, Callable[[Path, str, Known], Problems]] = {
    Content.ACTIVITY_TYPE: lambda path, value, known: check_known(
        path, "activity type", value, [kind.id for kind in known.config.activity_types]
    ),
    Content.PLAN: lambda path, value, known: check_known(
        path, "plan", value, [plan.id for plan in known.config.plans]
    ),
    Content.TAG: lambda path, value, known: (
        check_known(path, "tag", value, known.config.tags) if known.config.tags else iter(())
    ),
    Content.SOMEONE: lambda path, value, known: check_assignee(path, value, known.config),
    Content.MAIL_TEMPLATE: lambda path, value, known: check_known(path, "template", value, known.templates),
    Content.PROGRAM: lambda path, value, known: check_program(value, path),
    Content.JINJA: lambda path, value, known: check_template(path, value),
    Content.CONDITION: lambda path, value, known: check_value(
        path[:-1], str(path[-1]), lambda: sandbox.compiled_condition(value)
    ),
    Content.OFFSET: lambda path, value, known: check_offset(path, value),
    Content.SPAN: lambda path, value, known: check_span(path, value),
    Content.RECURRENCE: lambda path, value, known: check_recurrence(path, value),
}
