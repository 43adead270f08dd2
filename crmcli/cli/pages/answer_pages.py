"""Questionnaires and their answers as pages and documents."""

from collections.abc import Iterable, Iterator
from typing import Any

from crmcli.cli.output.value_format import spell_value
from crmcli.cli.pages.opportunity_page import format_answer, format_progress
from crmcli.cli.pages.page_parts import Lines, format_labelled, format_section, join_parts
from crmcli.domain.documents.answer_documents import AnswerDocument, AnswersDocument, QuestionnaireDocument
from crmcli.domain.localization.translations import translate
from crmcli.domain.model import answer_types
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.records import documents
from crmcli.domain.records.questionnaire_sheet import Asked, Item, Sheet

REQUIRED = "*"


def format_answer_page(facts: Facts, sheet: Sheet) -> str:
    """Return a record's answers by section, then faulty and missing ones, and those no longer asked."""
    config = facts.config
    parts: list[Iterable[str]] = [format_heading(facts, sheet)]
    for each in sheet.questionnaire.sections:
        answered = [item for item in sheet.answered if item.section is each]
        lines = format_labelled((item.question.label, format_answer(item, config)) for item in answered)
        parts.append(format_section(each.title, lines))
    faulty = [item for item in sheet.items if item.fault]
    parts.append(format_section(translate("Faulty"), (f"{item.fault}" for item in faulty)))
    parts.append(
        format_section(translate("Not answered ({mark} required)", mark=REQUIRED), list_unanswered(sheet))
    )
    title = translate("Answered, not asked now")
    parts.append(format_section(title, format_labelled(list_idle_answers(sheet))))
    parts.append(format_section(translate("No longer asked"), format_labelled(list_removed_answers(sheet))))
    return join_parts(parts)


def format_heading(facts: Facts, sheet: Sheet) -> Lines:
    """Yield the name of the record, and the questionnaire with its progress."""
    yield name_deal(facts.opportunity)
    yield f"{sheet.questionnaire.title}{format_version(facts, sheet)} · {format_progress(sheet)}"


def format_version(facts: Facts, sheet: Sheet) -> str:
    """Return the version that was answered, if the questionnaire has another one now, else an empty text."""
    project = facts.opportunity.project
    now = sheet.questionnaire.version
    if project is None or project.version in (None, now):
        return ""
    answered = translate("answered in version {version}, now {current}", version=project.version, current=now)
    return f" · {answered}"


def list_unanswered(sheet: Sheet) -> list[str]:
    """Return a line for each question asked and not answered, labelled with its id, marked if required."""
    left = [item for item in sheet.asked if item.meaning is None]
    marked = [
        (f"{item.question.id} {REQUIRED if item.question.required else ''}".rstrip(), item) for item in left
    ]
    return format_labelled((id, item.question.title) for id, item in marked)


def list_idle_answers(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Yield the answers to questions that are not asked now, because of other answers; they are kept."""
    for item in sheet.items:
        if item.meaning is not None and item.asked is not Asked.YES:
            yield item.question.id, answer_types.spell_answer(item.question, item.meaning)


def list_removed_answers(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Yield the answers to questions that the questionnaire no longer contains."""
    return ((id, spell_value(documents.plain_data(value))) for id, value in sheet.gone.items())


def build_answers_document(facts: Facts, sheet: Sheet) -> AnswersDocument:
    """Return `crm.answers/1`: the answers of a record, and the questions asked about it."""
    deal = facts.opportunity
    return AnswersDocument(
        id=deal.id or "",
        title=deal.title,
        questionnaire=sheet.questionnaire.id,
        label=sheet.questionnaire.title,
        version=deal.project.version if deal.project else None,
        current_version=sheet.questionnaire.version,
        asked=len(sheet.asked),
        answered=len(sheet.answered),
        done=sheet.done,
        missing=[item.question.id for item in sheet.missing],
        questions=[build_answer_document(item, facts.config) for item in sheet.items],
        gone={id: documents.plain_data(value) for id, value in sheet.gone.items()},
    )


def build_answer_document(item: Item, config: Config) -> AnswerDocument:
    """Return `crm.answer/1`: one question with its answer."""
    question = item.question
    return AnswerDocument(
        section=item.section.id,
        id=question.id,
        label=question.label,
        type=str(question.type),
        unit=question.unit,
        required=question.required,
        asked=item.asked,
        answer=answer_for_scripts(item),
        shown=format_answer(item, config),
        fault=item.fault or None,
    )


def answer_for_scripts(item: Item) -> Any:
    """Return an answer for JSON: the typed answer, or without a valid one the value in the file."""
    if item.meaning is not None:
        return documents.plain_data(item.meaning)
    return None if item.value is None else documents.plain_data(item.value)


def of_questionnaire(each: Questionnaire, records: int) -> QuestionnaireDocument:
    """Return `crm.questionnaire/1`: a questionnaire, its kind of project, and its number of records."""
    kind = each.for_
    return QuestionnaireDocument(
        id=each.id,
        label=each.title,
        version=each.version,
        for_={"field": kind.field, "is": list(kind.values)} if kind else None,
        sections=len(each.sections),
        questions=len(list(each.questions)),
        records=records,
    )
