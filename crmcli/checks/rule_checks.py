"""What is wrong in stages, rules and plans: names, spans, conditions and texts that mean nothing."""

from collections.abc import Collection

from crmcli.domain.localization.recurrence import check_recurrence_rule
from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import Event, Plan, Rule, Stage
from crmcli.domain.model.problems import (
    Path,
    Problem,
    Problems,
    check_assignee,
    check_due,
    check_known,
    check_offset,
    check_template,
    check_value,
)
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records import questionnaire_sheet
from crmcli.domain.records.editing import EDITABLE
from crmcli.domain.rules import referral_program
from crmcli.domain.rules.fire_rules import MANAGER
from crmcli.domain.rules.rewards import CONTACT, SPONSOR
from crmcli.domain.templates import sandbox
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.ids import is_id


def check_pipelines(config: Config, templates: Collection[str]) -> Problems:
    """What is wrong in the stages of all pipelines, in the global rules and in the plans."""
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
    """What is wrong in the referral programme, and in the rules that it stands for."""
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
    """All stages, each with where it stands in `crm.yaml`."""
    own: list[tuple[Path, Stage]] = [
        (("stages", index), stage) for index, stage in enumerate(config.only_stages)
    ]
    return own + [
        (("pipelines", number, "stages", index), stage)
        for number, pipeline in enumerate(config.pipelines)
        for index, stage in enumerate(pipeline.stages)
    ]


def check_event(rule: Rule, path: Path) -> Problems:
    """A global rule that waits for nothing, or that says what its event has not."""
    if rule.on is None:
        yield Problem(path, f"rule {rule.id} has no `on`, so it never fires")
    if rule.in_ is not None and rule.on is not Event.OVERDUE:
        yield Problem((*path, "in"), "is only for `on: overdue` and under `after`")
    if rule.reassign is not None and rule.on is not Event.OVERDUE:
        yield Problem((*path, "reassign"), "is only for `on: overdue`, which has an activity")


def check_stage(stage: Stage, path: Path, config: Config, templates: Collection[str]) -> Problems:
    """What is wrong in a stage and its rules."""
    known = [
        *Opportunity.__struct_fields__,
        questionnaire_sheet.WHOLE,
        *(field.name for field in config.fields),
    ]
    for index, field in enumerate(stage.require):
        if not field.startswith(questionnaire_sheet.ONE):  # questionnaires are looked at by themselves
            yield from check_known((*path, "require", index), "field", field, known)
    for index, other in enumerate(stage.won_from):
        yield from check_known(
            (*path, "won_from", index), "stage", other, [each.id for each in config.stages]
        )
    if stage.stale_after is not None:
        yield from check_offset((*path, "stale_after", "after"), stage.stale_after.after)
    seen: set[str] = set()
    for name, rules in (("on_enter", stage.on_enter), ("on_exit", stage.on_exit), ("after", stage.after)):
        for index, rule in enumerate(rules):
            yield from check_rule(rule, (*path, name, index), config, templates)
            yield from check_place_of_rule(rule, name, (*path, name, index))
            if rule.id in seen:
                yield Problem((*path, name, index, "id"), f"{rule.id!r} is used twice in stage {stage.id}")
            seen.add(rule.id)


def check_place_of_rule(rule: Rule, name: str, path: Path) -> Problems:
    """A rule of a stage that says what only other rules can mean."""
    if rule.on is not None:
        yield Problem((*path, "on"), f"a rule under {name} has no other event", "move it to `rules`")
    if name == "after" and rule.in_ is None:
        yield Problem(path, f"rule {rule.id} has no `in`", "like in: 7d")
    if name != "after" and rule.in_ is not None:
        yield Problem((*path, "in"), "is only for rules under `after`")
    if rule.reassign is not None:
        yield Problem((*path, "reassign"), "is only for `on: overdue`, which has an activity")


def check_rule(rule: Rule, path: Path, config: Config, templates: Collection[str]) -> Problems:
    """What is wrong in a rule: names, spans, conditions, texts; a rule that does nothing."""
    if rule.when is not None:
        yield from check_value(path, "when", lambda: sandbox.compiled_condition(rule.when or ""))
    yield from check_offset((*path, "in"), rule.in_)
    yield from of_activity(rule, path, config)
    yield from of_mails(rule, path, config, templates)
    yield from check_assignee((*path, "assign"), rule.assign, config)
    yield from check_assignee((*path, "reassign"), rule.reassign, config)
    for index, tag in enumerate(rule.tag):
        if config.tags:
            yield from check_known((*path, "tag", index), "tag", tag, config.tags)
    settable = [*EDITABLE, *(field.name for field in config.fields)]
    for field in rule.set:
        yield from check_known((*path, "set", field), "field", field.removeprefix("fields."), settable)
    for tag in set(rule.tag) & set(rule.untag):
        yield Problem((*path, "untag"), f"{tag!r} is both added and removed")
    yield from check_managers(rule, path, config)
    yield from check_reward(rule, path)
    if rule.run is not None:
        yield from check_program(rule.run.program, (*path, "run"))
        if not rule.run.timeout:
            yield Problem((*path, "run", "timeout"), "gives the program no time", "at least 1 second")
    if does_nothing(rule):
        yield Problem(path, f"rule {rule.id} does nothing")


def check_managers(rule: Rule, path: Path, config: Config) -> Problems:
    """A rule about managers where nobody has one."""
    named = (rule.assign, rule.reassign, rule.notify.to if rule.notify else None)
    if MANAGER in named and not any(user.manager for user in config.users):
        yield Problem(path, "uses the manager, but no user has one", "manager: ID of a user, in users")


def does_nothing(rule: Rule) -> bool:
    """Has a rule no action at all?"""
    plans = rule.activity or rule.plan or rule.reward or rule.run
    hands_on = rule.email or rule.notify or rule.assign or rule.reassign
    return not (plans or hands_on or rule.tag or rule.untag or rule.set)


def of_activity(rule: Rule, path: Path, config: Config) -> Problems:
    """What is wrong in the activity or the plan of a rule."""
    if rule.activity is not None:
        inner = (*path, "activity")
        yield from check_known(
            (*inner, "type"), "activity type", rule.activity.type, [kind.id for kind in config.activity_types]
        )
        yield from check_due((*inner, "due"), rule.activity.due, config)
        yield from check_assignee((*inner, "assignee"), rule.activity.assignee, config)
        yield from check_template((*inner, "summary"), rule.activity.summary or "")
        if rule.activity.every is not None:
            yield from check_recurrence((*inner, "every"), rule.activity.every)
    if rule.plan is not None:
        plans = [plan.id for plan in config.plans]
        yield from check_known((*path, "plan", "plan"), "plan", rule.plan.plan, plans)
        yield from check_due((*path, "plan", "date"), rule.plan.date, config)


def check_recurrence(path: Path, every: str) -> Problems:
    """A recurrence that is not valid."""
    try:
        check_recurrence_rule(every)
    except UsageError as error:
        yield Problem(path, error.what, error.hint)


def of_mails(rule: Rule, path: Path, config: Config, templates: Collection[str]) -> Problems:
    """Templates that are not there, people who are not users."""
    for name, action in (("email", rule.email), ("notify", rule.notify)):
        if action is not None:
            yield from check_known((*path, name, "template"), "template", action.template, templates)
    if rule.notify is not None:
        yield from check_assignee((*path, "notify", "to"), rule.notify.to, config)


def check_reward(rule: Rule, path: Path) -> Problems:
    """A reward of nothing, or to nobody."""
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
    """A program that cannot be told from its words."""
    import shlex

    try:
        if not shlex.split(program):
            yield Problem(path, "names no program")
    except ValueError as error:
        yield Problem(path, f"cannot be split into words: {error}")


def check_plan(plan: Plan, path: Path, config: Config) -> Problems:
    """What is wrong in a plan and its lines."""
    if not plan.lines:
        yield Problem(path, f"plan {plan.id} has no lines")
    types = [kind.id for kind in config.activity_types]
    for index, line in enumerate(plan.lines):
        inner = (*path, "lines", index)
        yield from check_known((*inner, "type"), "activity type", line.type, types)
        yield from check_offset((*inner, "due"), line.due)
        yield from check_assignee((*inner, "assignee"), line.assignee, config)
        yield from check_template((*inner, "summary"), line.summary or "")
