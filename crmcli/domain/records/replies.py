"""Answers in the text of a customer's reply: lines like `surface: 120`, by the question's id or label."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from crmcli.domain.model import answer_types
from crmcli.domain.model.answer_types import LONGEST, Reader
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Question, Questionnaire
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records import answer, questionnaire_sheet
from crmcli.domain.records.editing import ALIASES
from crmcli.domain.records.transitions import add_note
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.values import Value

MOST = 4_000  # lines of a mail that are looked at
LONGEST_LINE = 1_000
LONGEST_SAID = 200  # characters of one answer that failed, in a note
QUOTED = "> \t|"
BULLETS = "*-•· \t"
NOT_ANSWERED = re.compile(r"[\s.…_\-–—\[\]()☐]*")


class Reply(NamedTuple):
    """What a reply answers: values that could be taken, by question, and what could not, in words."""

    values: dict[str, Value]
    wrong: list[str]


def question_lines(text: str, questionnaire: Questionnaire) -> dict[str, str]:
    """What the lines of a mail say to each question; what was written anew before what is only quoted."""
    named = questions_by_name(questionnaire)
    fresh: dict[str, str] = {}
    quoted: dict[str, str] = {}
    for line in text.splitlines()[:MOST]:
        bare = line.lstrip(QUOTED)
        key, colon, value = bare[:LONGEST_LINE].lstrip(BULLETS).partition(":")
        question = named.get(bare_name(key)) if colon else None
        if question is not None and not NOT_ANSWERED.fullmatch(value):
            (quoted if ">" in line[: len(line) - len(bare)] else fresh).setdefault(question.id, value.strip())
    return {**quoted, **fresh}


def questions_by_name(questionnaire: Questionnaire) -> dict[str, Question]:
    """Questions by their ids and labels; a label that two have names neither."""
    found: dict[str, Question] = {}
    doubled: set[str] = set()
    for question in questionnaire.questions:
        name = bare_name(question.label)
        doubled |= {name} & found.keys()
        found[name] = question
    ids = {question.id: question for question in questionnaire.questions}
    return {**{name: question for name, question in found.items() if name not in doubled}, **ids}


def bare_name(text: str) -> str:
    """What a question is called, without its unit, a mark that it is required, and a question mark."""
    name = folded_name(text).rstrip("*? ")
    head, bracket, tail = name.rpartition("(")
    return head.rstrip("*? ") if bracket and tail.endswith(")") else name


def read_reply(text: str, questionnaire: Questionnaire, reader: Reader) -> Reply:
    """The answers in the text of a mail, each read as its question wants it."""
    values: dict[str, Value] = {}
    wrong = []
    for id, given in question_lines(text[: MOST * LONGEST_LINE], questionnaire).items():
        question = questionnaire.question(id)
        assert question is not None
        try:
            values[id] = answer_types.take_answer(question, without_stop(question, given), reader)
        except CrmError as error:
            wrong.append(str(error)[:LONGEST_SAID])
    return Reply(values, wrong)


def without_stop(question: Question, given: str) -> str:
    """An answer without the full stop that ends it as a sentence, where it is not text."""
    return given if question.type == "text" else given.rstrip(". ")


def answer_reply(facts: Facts, text: str, id: str, moment: Moment, reader: Reader) -> tuple[Change, str]:
    """The record with the answers of a reply to what was open, a note about all of them, and it in a line.

    An answer there is stays; what the customer says otherwise, and what cannot be taken, is noted. `id`
    is the note's.
    """
    deal, questionnaire = facts.opportunity, facts.questionnaire
    unchanged = Change(before=deal, after=deal)
    if questionnaire is None:
        return unchanged, ""
    reply = read_reply(text, questionnaire, reader)
    known = {item.question.id: item for item in questionnaire_sheet.sheet_of(questionnaire, deal).items}
    fresh = {id: value for id, value in reply.values.items() if known[id].meaning is None}
    other = list(list_differing(known, reply.values))
    if not (fresh or other or reply.wrong):
        return unchanged, ""
    after = answer.with_answers(deal, questionnaire, fresh) if fresh else deal
    after, kept = filled_in(facts.about(after), [known[id].question for id in fresh], moment)
    said = reply_note(list(fresh), [*other, *kept], reply.wrong)
    change = Change(before=deal, after=after).then(add_note(after, said[:LONGEST], id, moment))
    return change, reply_summary(len(fresh), len(other), len(reply.wrong))


def list_differing(known: dict[str, questionnaire_sheet.Item], values: dict[str, Value]) -> Iterator[str]:
    """Answers that a reply gives otherwise than they stand."""
    for id, value in values.items():
        item = known[id]
        meaning = answer_types.read_held(item.question, value)
        if item.meaning is not None and item.meaning != meaning:
            stands, says = (
                answer_types.spell_answer(item.question, each) for each in (item.meaning, meaning)
            )
            yield f"{id} is {stands[:LONGEST_SAID]}, the reply says {says[:LONGEST_SAID]}"


def filled_in(facts: Facts, questions: list[Question], moment: Moment) -> tuple[Opportunity, list[str]]:
    """The record with the fields that answers set and that were empty, and those that were not."""
    empty = [question for question in questions if question.sets and value_of(facts, question) is None]
    after, wrong = answer.apply_answers(facts, empty, moment)
    kept = [
        f"{question.sets} is not set by {question.id}, it has a value"
        for question in questions
        if question.sets and question not in empty
    ]
    return after, [*kept, *map(str, wrong)]


def value_of(facts: Facts, question: Question) -> Any:
    """What the field that an answer sets holds already."""
    deal = facts.opportunity
    name = ALIASES.get(question.sets or "", question.sets or "")
    if name in deal.__struct_fields__:
        return getattr(deal, name) or None
    return deal.fields.get(name.removeprefix("fields."))


def reply_note(fresh: list[str], other: list[str], wrong: list[str]) -> str:
    """The note about a reply's answers."""
    parts = [f"Answers from the reply: {', '.join(fresh)}"] if fresh else []
    parts += [f"Left as it was: {each}" for each in other]
    parts += [f"Not taken from the reply: {each}" for each in wrong]
    return "\n".join(parts)


def reply_summary(fresh: int, other: int, wrong: int) -> str:
    """The same in a line."""
    counted = ((fresh, "taken"), (other, "different, left as it was"), (wrong, "not understood"))
    found = [f"{count} {what}" for count, what in counted if count]
    return f"answers: {'; '.join(found)}"
