"""Answers typed by their questions: parsing of given answers, and reading of stored ones."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from crmcli.domain.localization.days import iso_day
from crmcli.domain.localization.translations import sentence
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
Given = str | Sequence[str]  # an answer as given; several texts for a question of type choices


class Reader(msgspec.Struct, frozen=True):
    """How answers are read: the functions to parse days and to search for patterns, and the currency."""

    day: Callable[[str], date] = iso_day
    searching: Callable[[str], Searching] = search_unhurried
    currency: str | None = None


PLAIN_READER = Reader()


def take_answer(question: Question, given: Given, reader: Reader = PLAIN_READER) -> Value:
    """Return the value to store for an answer.

    Raises UsageError if the question does not allow it.
    """
    if not isinstance(given, str) and question.type is FieldType.CHOICES:
        return split_choices(question, given)
    text = given if isinstance(given, str) else ", ".join(given)
    if len(text) > LONGEST:
        raise UsageError(
            sentence("{name} is longer than {count} characters", name=question.id, count=LONGEST)
        )
    text = without_unit(question, text.strip())
    wanted = Wanted(question.id, question.type, question.choices, reader.day, reader.currency)
    value = custom_fields.parse_value(wanted, text)
    check_bounds(question, value)
    check_pattern(question, value, reader)
    return value


def split_choices(question: Question, given: Sequence[str]) -> Value:
    """Return the list of chosen ids, each once, from several given choices."""
    wanted = Wanted(question.id, FieldType.CHOICE, question.choices)
    return list(dict.fromkeys(custom_fields.parse_value(wanted, text) for text in given))


def without_unit(question: Question, text: str) -> str:
    """Return the text of an answer without the question's unit, so that `120 m²` is read as a number."""
    unit = question.unit
    if unit and question.type in MEASURED and fold_text(text).endswith(fold_text(unit)):
        return fold_text(text).removesuffix(fold_text(unit)).strip()
    return text


def check_bounds(question: Question, value: Value) -> None:
    """Check that a number or a day lies between the question's bounds.

    Raises UsageError naming the bound that is exceeded.
    """
    low, high = parse_bound(question, question.min), parse_bound(question, question.max)
    if not isinstance(value, Plain) or (low is None and high is None):
        return
    number = native_value(value)
    between = " to ".join(part for part in (question.min, question.max) if part)
    if low is not None and number < low:
        raise UsageError(
            sentence(
                "{name}: {value} is less than {limit}", name=question.id, value=value.text, limit=question.min
            ),
            hint=between,
        )
    if high is not None and number > high:
        raise UsageError(
            sentence(
                "{name}: {value} is more than {limit}", name=question.id, value=value.text, limit=question.max
            ),
            hint=between,
        )


def parse_bound(question: Question, text: str | None) -> Any:
    """Return a bound of a question whose answers have an order; None without one.

    Raises UsageError if the bound is not a valid answer itself.
    """
    if text is None or question.type not in ORDERED:
        return None
    value = custom_fields.parse_value(Wanted(question.id, question.type), text)
    return native_value(value)


def check_pattern(question: Question, value: Value, reader: Reader) -> None:
    """Check that a text matches the question's pattern.

    Raises UsageError if it does not, or if the pattern is not valid.
    """
    if question.pattern is None or not isinstance(value, str):
        return
    try:
        search = reader.searching(rf"\A(?:{question.pattern})\Z")
    except patterns.INVALID as error:
        raise UsageError(f"the pattern of {question.id} is not valid: {error}") from None
    if not search(value):
        hint = question.help or f"/{question.pattern}/"
        raise UsageError(
            sentence("{name}: {value!r} does not match the required pattern", name=question.id, value=value),
            hint=hint,
        )


def read_held(question: Question, value: Value) -> Any:
    """Return the typed value of a stored answer: a text, number, day, boolean, or the ids of choices.

    Patterns are checked when an answer is given, not here. Raises UsageError if the question, as it is now,
    does not allow the answer.
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
    """Return the typed value of a question's default.

    Raises UsageError if it is not a valid answer; `questionnaire check` reports that earlier.
    """
    several = question.type is FieldType.CHOICES
    return read_held(question, take_answer(question, question.default if several else question.default[0]))


def type_answers(questionnaire: Questionnaire | None, answers: Open) -> dict[str, Any]:
    """Return a record's answers typed by its questionnaire; answers to unknown questions by their text."""
    return {
        id: resolve_answer(questionnaire.question(id) if questionnaire else None, value)
        for id, value in answers.items()
    }


def resolve_answer(question: Question | None, value: Value) -> Any:
    """Return an answer typed by its question, or by its text if the question does not allow it."""
    if question is None:
        return native_value(value)
    try:
        return read_held(question, value)
    except UsageError:
        return native_value(value)


def spell_answer(question: Question, meaning: Any) -> str:
    """Return an answer as a text that can be given again: ids, ISO days, numbers."""
    if isinstance(meaning, list):
        return ", ".join(meaning)
    if isinstance(meaning, bool):
        return "yes" if meaning else "no"
    if question.type is FieldType.MONEY:
        return f"{Decimal(meaning):.2f}"
    return meaning.isoformat() if isinstance(meaning, date) else str(meaning)


def label_of(question: Question, meaning: Any) -> str:
    """Return the labels of the chosen ids."""
    ids = meaning if isinstance(meaning, list) else [meaning]
    return ", ".join(choice.title if (choice := question.choice(id)) else str(id) for id in ids)
