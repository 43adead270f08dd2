"""Answers by the types of their questions: read as a person gives them, and as a record holds them."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from crmcli.domain.localization.days import iso_day
from crmcli.domain.model import custom_fields
from crmcli.domain.model.config import FieldType
from crmcli.domain.model.custom_fields import Wanted
from crmcli.domain.model.questionnaires import Question, Questionnaire
from crmcli.domain.model.record_types import Open
from crmcli.domain.values import patterns
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.patterns import Searching, search_unhurried
from crmcli.domain.values.untyped_values import characters_of, native_value
from crmcli.domain.values.values import Plain, Value

LONGEST = 4_000  # characters of an answer
MEASURED = (FieldType.NUMBER, FieldType.MONEY)
ORDERED = (*MEASURED, FieldType.DATE)
Given = str | Sequence[str]  # what somebody answers; several texts where several things can be chosen


class Reader(NamedTuple):
    """How answers are understood here: how days are typed, how patterns are searched for."""

    day: Callable[[str], date] = iso_day
    searching: Callable[[str], Searching] = search_unhurried


PLAIN_READER = Reader()


def take_answer(question: Question, given: Given, reader: Reader = PLAIN_READER) -> Value:
    """The value that a record holds for what somebody answers.

    Raises UsageError for what the question does not allow.
    """
    if not isinstance(given, str) and question.type is FieldType.CHOICES:
        return split_choices(question, given)
    text = given if isinstance(given, str) else ", ".join(given)
    if len(text) > LONGEST:
        raise UsageError(f"{question.id} is longer than {LONGEST} characters")
    text = without_unit(question, text.strip())
    value = custom_fields.parse_value(Wanted(question.id, question.type, question.choices, reader.day), text)
    check_bounds(question, value)
    check_pattern(question, value, reader)
    return value


def split_choices(question: Question, given: Sequence[str]) -> Value:
    """Several choices, each given by itself."""
    wanted = Wanted(question.id, FieldType.CHOICE, question.choices)
    return list(dict.fromkeys(custom_fields.parse_value(wanted, text) for text in given))


def without_unit(question: Question, text: str) -> str:
    """A number as it is typed with its unit: `120 m²`."""
    unit = question.unit
    if unit and question.type in MEASURED and fold_text(text).endswith(fold_text(unit)):
        return fold_text(text).removesuffix(fold_text(unit)).strip()
    return text


def check_bounds(question: Question, value: Value) -> None:
    """Make sure that a number or a day lies between the question's bounds.

    Raises UsageError naming the bound that it passes.
    """
    low, high = parse_bound(question, question.min), parse_bound(question, question.max)
    if not isinstance(value, Plain) or (low is None and high is None):
        return
    number = native_value(value)
    between = " to ".join(part for part in (question.min, question.max) if part)
    if low is not None and number < low:
        raise UsageError(f"{question.id}: {value.text} is less than {question.min}", hint=between)
    if high is not None and number > high:
        raise UsageError(f"{question.id}: {value.text} is more than {question.max}", hint=between)


def parse_bound(question: Question, text: str | None) -> Any:
    """The least or greatest answer of a question whose answers have an order.

    Raises UsageError where it could be no answer itself.
    """
    if text is None or question.type not in ORDERED:
        return None
    value = custom_fields.parse_value(Wanted(question.id, question.type), text)
    return native_value(value)


def check_pattern(question: Question, value: Value, reader: Reader) -> None:
    """Make sure that a text is of the form that the question asks for.

    Raises UsageError where it is not, or where the form is not a valid pattern.
    """
    if question.pattern is None or not isinstance(value, str):
        return
    try:
        search = reader.searching(rf"\A(?:{question.pattern})\Z")
    except patterns.INVALID as error:
        raise UsageError(f"the pattern of {question.id} is not valid: {error}") from None
    if not search(value):
        hint = question.help or f"/{question.pattern}/"
        raise UsageError(f"{question.id}: {value!r} does not match the required pattern", hint=hint)


def read_held(question: Question, value: Value) -> Any:
    """What an answer in a record means: a text, number, day, yes or no, or the ids of choices.

    Patterns are looked at where an answer is given, not here. Raises UsageError for what the question,
    as it is now, does not allow.
    """
    texts = characters_of(value)
    if question.type is not FieldType.CHOICES and len(texts) != 1:
        raise UsageError(
            f"{question.id} is one answer, not {'a list' if isinstance(value, list) else 'a mapping'}"
        )
    if question.type is FieldType.CHOICES:
        return split_choices(question, texts)
    found = custom_fields.parse_value(Wanted(question.id, question.type, question.choices), texts[0])
    check_bounds(question, found)
    return native_value(found)


def default_of(question: Question) -> Any:
    """What the default of a question means.

    Raises UsageError where it could not be answered; `questionnaire check` tells that first.
    """
    several = question.type is FieldType.CHOICES
    return read_held(question, take_answer(question, question.default if several else question.default[0]))


def type_answers(questionnaire: Questionnaire | None, answers: Open) -> dict[str, Any]:
    """The answers of a record as its questionnaire types them; those it does not know by their characters."""
    return {
        id: resolve_answer(questionnaire.question(id) if questionnaire else None, value)
        for id, value in answers.items()
    }


def resolve_answer(question: Question | None, value: Value) -> Any:
    """What an answer means, to its question if that allows it."""
    if question is None:
        return native_value(value)
    try:
        return read_held(question, value)
    except UsageError:
        return native_value(value)


def spell_answer(question: Question, meaning: Any) -> str:
    """An answer as it can be given again: ids, ISO days, numbers."""
    if isinstance(meaning, list):
        return ", ".join(meaning)
    if isinstance(meaning, bool):
        return "yes" if meaning else "no"
    if question.type is FieldType.MONEY:
        return f"{Decimal(meaning):.2f}"
    return meaning.isoformat() if isinstance(meaning, date) else str(meaning)


def label_of(question: Question, meaning: Any) -> str:
    """The labels of what was chosen."""
    ids = meaning if isinstance(meaning, list) else [meaning]
    return ", ".join(choice.title if (choice := question.choice(id)) else str(id) for id in ids)
