"""Answers in the text of a reply: lines like `surface: 120`, with the question's id or label."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from crmcli.domain.localization.said_errors import say_error
from crmcli.domain.localization.translations import Language, deferred, sentence
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

MOST = 4_000  # lines of a mail that are read
LONGEST_LINE = 1_000
LONGEST_SAID = 200  # characters of one answer in a note
COUNTED = (
    deferred("{count} taken"),
    deferred("{count} different, left as it was"),
    deferred("{count} not understood"),
)
QUOTED = "> \t|"
BULLETS = "*-•· \t"
NOT_ANSWERED = re.compile(r"[\s.…_\-–—\[\]()☐]*")


class Reply(NamedTuple):
    """The answers in a reply: valid values by question id, and the errors of the invalid ones."""

    values: dict[str, Value]
    wrong: list[CrmError]


def question_lines(text: str, questionnaire: Questionnaire) -> dict[str, str]:
    """Return the text of each answer by question id; new lines take precedence over quoted ones."""
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
    """Return the questions by id and label; a label shared by two questions is left out."""
    found: dict[str, Question] = {}
    doubled: set[str] = set()
    for question in questionnaire.questions:
        name = bare_name(question.label)
        doubled |= {name} & found.keys()
        found[name] = question
    ids = {question.id: question for question in questionnaire.questions}
    return {**{name: question for name, question in found.items() if name not in doubled}, **ids}


def bare_name(text: str) -> str:
    """Return the folded name of a question without its unit, its required mark and its question mark."""
    name = folded_name(text).rstrip("*? ")
    head, bracket, tail = name.rpartition("(")
    return head.rstrip("*? ") if bracket and tail.endswith(")") else name


def read_reply(text: str, questionnaire: Questionnaire, reader: Reader) -> Reply:
    """Return the answers in the text of a mail, typed by their questions."""
    values: dict[str, Value] = {}
    wrong = list[CrmError]()
    for id, given in question_lines(text[: MOST * LONGEST_LINE], questionnaire).items():
        question = questionnaire.question(id)
        assert question is not None
        try:
            values[id] = answer_types.take_answer(question, without_stop(question, given), reader)
        except CrmError as error:
            wrong.append(error)
    return Reply(values, wrong)


def without_stop(question: Question, given: str) -> str:
    """Return an answer without a final full stop, unless the question takes a text."""
    return given if question.type == "text" else given.rstrip(". ")


def answer_reply(facts: Facts, text: str, id: str, moment: Moment, reader: Reader) -> tuple[Change, str]:
    """Store a reply's answers to open questions and note all its answers; also return a summary line.

    Existing answers are kept; different answers in the reply, and invalid ones, are listed in the note. `id`
    is the id of the note.
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
    said = reply_note(list(fresh), [*other, *kept], reply.wrong, facts.config.language)
    change = Change(before=deal, after=after).then(add_note(after, said[:LONGEST], id, moment))
    return change, reply_summary(len(fresh), len(other), len(reply.wrong))


def list_differing(known: dict[str, questionnaire_sheet.Item], values: dict[str, Value]) -> Iterator[str]:
    """Yield a message for each answer in a reply that differs from the stored one."""
    for id, value in values.items():
        item = known[id]
        meaning = answer_types.read_held(item.question, value)
        if item.meaning is not None and item.meaning != meaning:
            stands, says = (
                answer_types.spell_answer(item.question, each) for each in (item.meaning, meaning)
            )
            yield sentence(
                "{question} is {present}, the reply says {other}",
                question=id,
                present=stands[:LONGEST_SAID],
                other=says[:LONGEST_SAID],
            )


def filled_in(facts: Facts, questions: list[Question], moment: Moment) -> tuple[Opportunity, list[str]]:
    """Return the record with empty fields set by answers, and messages about the fields left as they were."""
    empty = [question for question in questions if question.sets and value_of(facts, question) is None]
    after, wrong = answer.apply_answers(facts, empty, moment)
    kept = [
        sentence(
            "{field} is not set by {question}, it has a value", field=question.sets, question=question.id
        )
        for question in questions
        if question.sets and question not in empty
    ]
    return after, [*kept, *(say_error(each, facts.config.language) for each in wrong)]


def value_of(facts: Facts, question: Question) -> Any:
    """Return the present value of the field that a question sets."""
    deal = facts.opportunity
    name = ALIASES.get(question.sets or "", question.sets or "")
    if name in deal.__struct_fields__:
        return getattr(deal, name) or None
    return deal.fields.get(name.removeprefix("fields."))


def reply_note(fresh: list[str], other: list[str], wrong: Sequence[CrmError], language: Language) -> str:
    """Return the note about the answers of a reply."""
    answers = language.translate("Answers from the reply: {questions}", questions=", ".join(fresh))
    parts = [answers] if fresh else []
    parts += [language.translate("Left as it was: {answer}", answer=language.say(each)) for each in other]
    faults = (say_error(each, language)[:LONGEST_SAID] for each in wrong)
    parts += [language.translate("Not taken from the reply: {fault}", fault=each) for each in faults]
    return "\n".join(parts)


def reply_summary(fresh: int, other: int, wrong: int) -> str:
    """Return a summary of the answers of a reply on one line."""
    counts = zip(COUNTED, (fresh, other, wrong), strict=True)
    found = [sentence(words, count=count) for words, count in counts if count]
    summary = found[0]
    for each in found[1:]:
        summary = sentence("{one}; {other}", one=summary, other=each)
    return sentence("answers: {counts}", counts=summary)
