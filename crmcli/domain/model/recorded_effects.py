"""Effects recorded in history entries: their description in words, and changes of the texts in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

from msgspec.structs import replace

from crmcli.domain.model.record_types import Part, ProgramOutcome, ProgramRun, RecordedEffect
from crmcli.domain.values.values import Plain, Value, change_texts

P = TypeVar("P", bound=Part)
NOTHING = "no change needed"
UNCERTAIN = ProgramRun(outcome=ProgramOutcome.UNCERTAIN)

OUTCOMES: Mapping[str, Callable[[ProgramRun], str]] = {
    ProgramOutcome.ENDED: lambda run: f"ended {run.code if run.signal is None else -run.signal}",
    ProgramOutcome.STOPPED: lambda run: f"stopped after {run.seconds} s",
    ProgramOutcome.NOT_STARTED: lambda run: f"could not be started: {run.reason}",
    ProgramOutcome.NOT_TRUSTED: lambda run: "not trusted, not run",
    ProgramOutcome.INSIDE_PROGRAM: lambda run: "not started inside another program",
}
WORDS: Mapping[str, Callable[[Any], str]] = {
    "reassign": lambda given: f"activity {given.activity} to {given.to}",
    "notify": lambda user: f"notified {user}",
    "run": lambda run: f"run {describe_run(run)}",
    "nothing": lambda reason: f"no change ({reason})",
    "waits": lambda what: f"waits for {what}",
    "forced": lambda obstacles: f"forced: {obstacles}",
    "command": str,
}


def describe_effects(effects: Iterable[RecordedEffect]) -> str:
    """Return the effects of an event in words."""
    return ", ".join(map(describe_effect, effects)) or NOTHING


def describe_effect(effect: RecordedEffect) -> str:
    """Return one effect in words: its kind and value; unknown kinds are included.

    >>> describe_effect(RecordedEffect(notify="marie")), describe_effect(RecordedEffect(tag="pag"))
    ('notified marie', 'tag pag')
    >>> describe_effect(RecordedEffect(extra={"sms": "k7f3q9mx"}))
    'sms k7f3q9mx'
    """
    known = [WORDS[kind](value) if kind in WORDS else f"{kind} {value}" for kind, value in held_by(effect)]
    return ", ".join([*known, *(f"{kind} {spell_tree(value)}" for kind, value in effect.extra.items())])


def describe_run(run: ProgramRun) -> str:
    """Return the outcome of a program in words."""
    words = OUTCOMES.get(run.outcome)
    return words(run) if words else str(run.outcome)


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
