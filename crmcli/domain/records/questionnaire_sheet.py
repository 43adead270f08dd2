"""What a questionnaire asks of one record: which questions, what is answered, what is missing or faulty."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from crmcli.domain.model import answer_types
from crmcli.domain.model.questionnaires import Question, Questionnaire, Section
from crmcli.domain.model.record_types import Open, Opportunity
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.untyped_values import plain_items
from crmcli.domain.values.values import Value

WHOLE = "questionnaire"  # what a stage requires where every required question must be answered
ONE = "answers."  # and before the id of a question, where this one must be


class Asked(StrEnum):
    """Whether a question is asked, as far as the answers so far tell."""

    YES = "yes"
    MAYBE = "maybe"  # that depends on a question that is asked, and not answered yet
    NO = "no"


class Item(NamedTuple):
    """One question of a record's questionnaire, with the answer there is."""

    section: Section
    question: Question
    asked: Asked
    value: Value | None = None  # as the record holds it
    meaning: Any = None  # None without an answer that counts
    fault: str = ""  # why the answer there is does not count

    @property
    def is_answered(self) -> bool:
        """Is it asked, with an answer that counts?"""
        return self.asked is Asked.YES and self.meaning is not None

    @property
    def is_missing(self) -> bool:
        """Is it asked and required, without an answer that counts?"""
        return self.asked is Asked.YES and self.question.required and self.meaning is None


class Sheet(NamedTuple):
    """A questionnaire with a record's answers."""

    questionnaire: Questionnaire
    items: tuple[Item, ...]
    gone: dict[str, Value]  # answers to questions that are no longer asked by any version

    @property
    def asked(self) -> list[Item]:
        """The questions that are asked as things stand."""
        return [item for item in self.items if item.asked is Asked.YES]

    @property
    def answered(self) -> list[Item]:
        """Those of them that are answered."""
        return [item for item in self.items if item.is_answered]

    @property
    def missing(self) -> list[Item]:
        """Those that are required and not answered."""
        return [item for item in self.items if item.is_missing]

    @property
    def done(self) -> int:
        """How much is answered of what is asked, in whole per cent; all of it only where nothing is left."""
        return 100 * len(self.answered) // max(len(self.asked), 1)

    def item(self, id: str) -> Item | None:
        """The question with this id."""
        return next((item for item in self.items if item.question.id == id), None)


def build_sheet(questionnaire: Questionnaire, given: Open, fields: Open) -> Sheet:
    """A questionnaire with these answers, in a record with these custom fields."""
    known = {question.id for question in questionnaire.questions}
    gone = {id: value for id, value in given.items() if id not in known}
    return Sheet(questionnaire, tuple(list_items(questionnaire, given, fields)), gone)


def sheet_of(questionnaire: Questionnaire, deal: Opportunity) -> Sheet:
    """A questionnaire with the answers of a record."""
    return build_sheet(questionnaire, deal.project.answers if deal.project else {}, deal.fields)


def list_items(questionnaire: Questionnaire, given: Open, fields: Open) -> Iterator[Item]:
    """Each question, asked or not by the answers to those before it."""
    names = Names(questionnaire, fields)
    for section in questionnaire.sections:
        for question in section.questions:
            asked = names.asked(question)
            item = with_answer(Item(section, question, asked), given.get(question.id))
            names.learn(item)
            yield item


def with_answer(item: Item, value: Value | None) -> Item:
    """The question with the answer that the record holds."""
    if value is None:
        return item
    try:
        return item._replace(value=value, meaning=answer_types.read_held(item.question, value))
    except UsageError as error:
        fault = f"{error.what} ({error.hint})" if error.hint else error.what
        return item._replace(value=value, fault=fault)


class Names:
    """What the conditions of questions can speak of, growing answer by answer."""

    def __init__(self, questionnaire: Questionnaire, fields: Open) -> None:
        from crmcli.domain.templates.template_variables import Answers  # Jinja's, for the conditions

        held = {name: plain_items(value) for name, value in fields.items()}
        self.given = Answers("answers", {})
        single = {name: each[0] if len(each) == 1 else each for name, each in held.items() if each}
        self.known = {
            **nothing_yet(tuple(question.id for question in questionnaire.questions)),
            "answers": self.given,
            "fields": Answers("fields", single),
        }
        self.open: set[str] = set()  # questions whose answer may still come

    def learn(self, item: Item) -> None:
        """Take the answer of a question into account; that of one that is not asked does not count."""
        if item.is_answered:
            self.known[item.question.id] = self.given[item.question.id] = item.meaning
        elif item.asked is not Asked.NO:
            self.open.add(item.question.id)

    def asked(self, question: Question) -> Asked:
        """Is this question asked?"""
        if question.ask_if is None or self.holds(question.ask_if):
            return Asked.YES
        return Asked.MAYBE if self.open & looked_at(question.ask_if) else Asked.NO

    def holds(self, condition: str) -> bool:
        """Does a condition hold? One that cannot be evaluated does: better asked than forgotten."""
        from crmcli.domain.templates import sandbox

        try:
            return sandbox.evaluate_condition(
                condition, {name: self.known[name] for name in condition_heads(condition) & self.known.keys()}
            )
        except RefusedError:
            return True


@cache
def nothing_yet(ids: tuple[str, ...]) -> dict[str, Any]:
    """The answers before any is given: none has a value."""
    from crmcli.domain.templates.sandbox import NoValue

    return {id: NoValue(f"answers.{id}") for id in ids}


@cache
def names_of(condition: str) -> frozenset[tuple[str, ...]]:
    """The names in a condition; none in one that cannot be read."""
    from jinja2 import TemplateSyntaxError

    from crmcli.domain.templates.condition_names import names_in, parse_condition

    try:
        return frozenset(names_in(parse_condition(condition)))
    except TemplateSyntaxError:
        return frozenset()


@cache
def condition_heads(condition: str) -> frozenset[str]:
    """What a condition needs to be evaluated."""
    return frozenset(name[0] for name in names_of(condition))


@cache
def looked_at(condition: str) -> frozenset[str]:
    """The questions that a condition looks at."""
    inside = (name[1] if name[0] == "answers" and len(name) > 1 else name[0] for name in names_of(condition))
    return frozenset(inside)


def is_unanswered(questionnaire: Questionnaire | None, given: Open, fields: Open) -> bool:
    """Does a record lack the answer to a question that is asked and required?"""
    if questionnaire is None:
        return False
    always = (each for each in questionnaire.questions if each.required and each.ask_if is None)
    if any(each.id not in given for each in always):
        return True  # most records that lack one lack one of these
    return any(item.is_missing for item in list_items(questionnaire, given, fields))


def list_questions(missing: Iterable[Item]) -> str:
    """Questions by their ids."""
    return ", ".join(item.question.id for item in missing)
