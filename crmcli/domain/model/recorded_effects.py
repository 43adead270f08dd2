"""Effects recorded in history entries: their description in words, and changes of the texts in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

from msgspec.structs import replace

from crmcli.domain.localization.locale import money_text
from crmcli.domain.localization.translations import IN_ENGLISH, Language, deferred, screen_language, translate
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import (
    Activity,
    Message,
    Opportunity,
    Part,
    ProgramOutcome,
    ProgramRun,
    Reassignment,
    RecordedEffect,
    Reward,
)
from crmcli.domain.values.values import Plain, Value, change_texts

P = TypeVar("P", bound=Part)
NOTHING = deferred("no change needed")
UNCERTAIN = ProgramRun(outcome=ProgramOutcome.UNCERTAIN)

OUTCOMES: Mapping[str, str] = {
    ProgramOutcome.ENDED: deferred("ended {code}"),
    ProgramOutcome.STOPPED: deferred("stopped after {seconds} s"),
    ProgramOutcome.NOT_STARTED: deferred("could not be started: {reason}"),
    ProgramOutcome.NOT_TRUSTED: deferred("not trusted, not run"),
    ProgramOutcome.INSIDE_PROGRAM: deferred("not started inside another program"),
}
WORDS: Mapping[str, str] = {  # by kind; `name` is the value, or the name of what it is the id of
    "activity": deferred("activity {name}"),
    "mail": deferred("mail {name}"),
    "notify": deferred("notified {name}"),
    "tag": deferred("tag {name}"),
    "untag": deferred("untag {name}"),
    "set": deferred("set {name}"),
    "assign": deferred("assign {name}"),
    "reward": deferred("reward {name}"),
    "nothing": deferred("no change ({name})"),
    "waits": deferred("waits for {name}"),
    "forced": deferred("forced: {name}"),
}
NAMELESS: Mapping[str, str] = {}


def describe_effects(effects: Iterable[RecordedEffect], names: Mapping[str, str] = NAMELESS) -> str:
    """Return the effects of an event in words; `names` are those of activities and mails by id."""
    return ", ".join(describe_effect(each, names) for each in effects) or translate(NOTHING)


def describe_effect(
    effect: RecordedEffect, names: Mapping[str, str] = NAMELESS, language: Language | None = None
) -> str:
    """Return one effect in words: its kind and value; unknown kinds are included.

    The language is by default that of the screen.

    >>> describe_effect(RecordedEffect(notify="marie")), describe_effect(RecordedEffect(tag="pag"))
    ('notified marie', 'tag pag')
    >>> describe_effect(RecordedEffect(activity="c9d2e7fa"), {"c9d2e7fa": "« Call »"})
    'activity « Call »'
    >>> describe_effect(RecordedEffect(extra={"sms": "k7f3q9mx"}))
    'sms k7f3q9mx'
    """
    said = language or screen_language()
    known = [describe_kind(kind, value, names, said) for kind, value in held_by(effect)]
    return ", ".join([*known, *(f"{kind} {spell_tree(value)}" for kind, value in effect.extra.items())])


def describe_kind(kind: str, value: Any, names: Mapping[str, str], language: Language) -> str:
    """Return the only known key of an effect in words."""
    match value:
        case Reassignment():
            name = names.get(value.activity, value.activity)
            return language.translate("activity {name} to {user}", name=name, user=value.to)
        case ProgramRun():
            return language.translate("run {outcome}", outcome=describe_run(value, language))
    name = names.get(value, value)
    return language.translate(WORDS[kind], name=name) if kind in WORDS else str(value)


def describe_run(run: ProgramRun, language: Language = IN_ENGLISH) -> str:
    """Return the outcome of a program in words."""
    code = run.code if run.signal is None else -run.signal
    words = OUTCOMES.get(run.outcome, "")
    return language.translate(words, code=code, seconds=run.seconds, reason=run.reason) or str(run.outcome)


def name_parts(deal: Opportunity, config: Config) -> dict[str, str]:
    """Return the names of a deal's activities and mails, in quotes, and of its rewards, by their ids."""
    names = {each.id: f"« {name_activity(each)} »" for each in deal.activities if each.id}
    names |= {each.id: name_message(each) for each in deal.messages if each.id}
    return names | {each.id: name_reward(each, config) for each in deal.rewards if each.id}


def name_reward(reward: Reward, config: Config) -> str:
    """Return the thing that a reward is, in quotes, else its amount."""
    if reward.amount is None:
        return f"« {reward.kind or ''} »"
    return money_text(reward.amount, config)


def name_activity(activity: Activity) -> str:
    """Return the summary of an activity, else its type."""
    return activity.summary or activity.type or ""


def name_message(message: Message) -> str:
    """Return the subject of a mail in quotes, and whether it was withdrawn before it was sent."""
    name = f"« {message.subject or ''} »"
    return translate("{mail} (withdrawn)", mail=name) if message.withdrawn else name


def held_by(part: Part) -> Iterator[tuple[str, Any]]:
    """Yield each known attribute of a part that has a value, with the value."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if name != "extra" and value is not None:
            yield name, value


def spell_tree(value: Value) -> str:
    """Return a value of a file on one line."""
    match value:
        case Plain(text=text):
            return text
        case dict():
            return ", ".join(f"{key} {spell_tree(each)}" for key, each in value.items())
        case list():
            return ", ".join(map(spell_tree, value))
    return value


def is_uncertain(effect: RecordedEffect) -> bool:
    """Tell whether an effect is a program that was started and whose end is not recorded."""
    return effect.run is not None and effect.run.outcome == ProgramOutcome.UNCERTAIN


def change_effect_texts(part: P, change: Callable[[str], str]) -> P:
    """Return an effect, or a part of one, with `change` applied to all texts, including unknown keys."""
    changed = {name: change_held(value, change) for name, value in held_by(part)}
    return replace(part, **changed, extra=change_texts(part.extra, change))


def change_held(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value of an effect with `change` applied to its texts; enum values are kept."""
    if isinstance(value, Part):
        return change_effect_texts(value, change)
    return change(value) if isinstance(value, str) and not isinstance(value, Enum) else value
