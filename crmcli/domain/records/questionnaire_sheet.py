"""The questionnaire of one record: questions asked, answers, and what is missing or invalid."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from crmcli.domain.model import answer_types
from crmcli.domain.model.questionnaires import Question, Questionnaire, Section
from crmcli.domain.model.record_types import Open, Opportunity
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.untyped_values import plain_items
from crmcli.domain.values.values import Value

WHOLE = "questionnaire"  # requirement of a stage: all required questions are answered
ONE = "answers."  # prefix of a requirement: the question with this id is answered


class Asked(StrEnum):
    """Whether a question is asked, according to the answers so far."""

    YES = "yes"
    MAYBE = "maybe"  # depends on a question that is asked and not answered yet
    NO = "no"


class Item(msgspec.Struct, frozen=True):
    """One question of a record's questionnaire, with its answer."""

    section: Section
    question: Question
    asked: Asked
    value: Value | None = None  # as the record holds it
    meaning: Any = None  # the typed answer; None without a valid one
    fault: str = ""  # why the stored answer is not valid

    @property
    def is_answered(self) -> bool:
        """Tell whether it is asked and has a valid answer."""
        return self.asked is Asked.YES and self.meaning is not None

    @property
    def is_missing(self) -> bool:
        """Tell whether it is asked and required, without a valid answer."""
        return self.asked is Asked.YES and self.question.required and self.meaning is None


class Sheet(msgspec.Struct, frozen=True):
    """A questionnaire with the answers of a record."""

    questionnaire: Questionnaire
    items: tuple[Item, ...]
    gone: dict[str, Value]  # answers to questions that the questionnaire does not contain

    @property
    def asked(self) -> list[Item]:
        """The questions that are currently asked."""
        return [item for item in self.items if item.asked is Asked.YES]

    @property
    def answered(self) -> list[Item]:
        """The questions that are asked and answered."""
        return [item for item in self.items if item.is_answered]

    @property
    def missing(self) -> list[Item]:
        """The questions that are required and not answered."""
        return [item for item in self.items if item.is_missing]

    @property
    def done(self) -> int:
        """The share of asked questions that are answered, in whole per cent, rounded down."""
        return 100 * len(self.answered) // max(len(self.asked), 1)

    def item(self, id: str) -> Item | None:
        """Return the item of the question with this id, or None."""
        return next((item for item in self.items if item.question.id == id), None)


def build_sheet(questionnaire: Questionnaire, given: Open, fields: Open) -> Sheet:
    """Return a questionnaire filled with these answers, for a record with these custom fields."""
    known = {question.id for question in questionnaire.questions}
    gone = {id: value for id, value in given.items() if id not in known}
    return Sheet(questionnaire, tuple(list_items(questionnaire, given, fields)), gone)


def sheet_of(questionnaire: Questionnaire, deal: Opportunity) -> Sheet:
    """Return a questionnaire filled with the answers of a record."""
    return build_sheet(questionnaire, deal.project.answers if deal.project else {}, deal.fields)


def list_items(questionnaire: Questionnaire, given: Open, fields: Open) -> Iterator[Item]:
    """Yield an item for each question; whether it is asked depends on the answers before it."""
    names = Names(questionnaire, fields)
    for section in questionnaire.sections:
        for question in section.questions:
            asked = names.asked(question)
            item = with_answer(Item(section, question, asked), given.get(question.id))
            names.learn(item)
            yield item


def with_answer(item: Item, value: Value | None) -> Item:
    """Return the item with the stored answer."""
    if value is None:
        return item
    try:
        return replace(item, value=value, meaning=answer_types.read_held(item.question, value))
    except UsageError as error:
        fault = f"{error.what} ({error.hint})" if error.hint else error.what
        return replace(item, value=value, fault=fault)


class Names:
    """The names available in `ask_if` conditions, extended answer by answer."""

    def __init__(self, questionnaire: Questionnaire, fields: Open) -> None:
        from crmcli.domain.templates.template_variables import Answers  # imports Jinja

        held = {name: plain_items(value) for name, value in fields.items()}
        self.given = Answers("answers", {})
        single = {name: each[0] if len(each) == 1 else each for name, each in held.items() if each}
        self.known = {
            **nothing_yet(tuple(question.id for question in questionnaire.questions)),
            "answers": self.given,
            "fields": Answers("fields", single),
        }
        self.open: set[str] = set()  # questions that may still be answered

    def learn(self, item: Item) -> None:
        """Add the answer of a question; the answer of one that is not asked is ignored."""
        if item.is_answered:
            self.known[item.question.id] = self.given[item.question.id] = item.meaning
        elif item.asked is not Asked.NO:
            self.open.add(item.question.id)

    def asked(self, question: Question) -> Asked:
        """Return whether a question is asked: yes, maybe or no."""
        if question.ask_if is None or self.holds(question.ask_if):
            return Asked.YES
        return Asked.MAYBE if self.open & looked_at(question.ask_if) else Asked.NO

    def holds(self, condition: str) -> bool:
        """Tell whether a condition holds, or cannot be evaluated, so that the question is asked."""
        from crmcli.domain.templates import sandbox

        try:
            return sandbox.evaluate_condition(
                condition, {name: self.known[name] for name in condition_heads(condition) & self.known.keys()}
            )
        except RefusedError:
            return True


@cache
def nothing_yet(ids: tuple[str, ...]) -> dict[str, Any]:
    """Return the names of questions before any answer: none has a value."""
    from crmcli.domain.templates.sandbox import NoValue

    return {id: NoValue(f"answers.{id}") for id in ids}


@cache
def names_of(condition: str) -> frozenset[tuple[str, ...]]:
    """Return the names in a condition; none if it cannot be parsed."""
    from jinja2 import TemplateSyntaxError

    from crmcli.domain.templates.condition_names import names_in, parse_condition

    try:
        return frozenset(names_in(parse_condition(condition)))
    except TemplateSyntaxError:
        return frozenset()


@cache
def condition_heads(condition: str) -> frozenset[str]:
    """Return the variables that a condition needs to be evaluated."""
    return frozenset(name[0] for name in names_of(condition))


@cache
def looked_at(condition: str) -> frozenset[str]:
    """Return the ids of the questions in a condition."""
    inside = (name[1] if name[0] == "answers" and len(name) > 1 else name[0] for name in names_of(condition))
    return frozenset(inside)


def is_unanswered(questionnaire: Questionnaire | None, given: Open, fields: Open) -> bool:
    """Tell whether a record lacks the answer to a question that is asked and required."""
    if questionnaire is None:
        return False
    always = (each for each in questionnaire.questions if each.required and each.ask_if is None)
    if any(each.id not in given for each in always):
        return True  # fast path: it decides for most records with missing answers
    return any(item.is_missing for item in list_items(questionnaire, given, fields))


def list_questions(missing: Iterable[Item]) -> str:
    """Return the ids of questions as a text."""
    return ", ".join(item.question.id for item in missing)
