"""Questionnaires and their answers as pages and documents."""

from collections.abc import Iterable, Iterator
from typing import Any

from crmcli.cli.output.pages import Lines, answer, labelled, pasted, progress, section
from crmcli.cli.output.value_format import spelled
from crmcli.domain.model import answer_types
from crmcli.domain.records import documents
from crmcli.domain.records.questionnaire_sheet import Asked, Item, Sheet
from crmcli.domain.model.config import Config
from crmcli.domain.records.documents import Document
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.records.transitions import name
from crmcli.domain.model.questionnaires import Questionnaire

REQUIRED = "*"


def page(facts: Facts, sheet: Sheet) -> str:
    """The answers of a record section by section, what is missing, and what is no longer asked."""
    config = facts.config
    parts: list[Iterable[str]] = [heading(facts, sheet)]
    for each in sheet.questionnaire.sections:
        answered = [item for item in sheet.answered if item.section is each]
        lines = labelled((item.question.label, answer(item, config)) for item in answered)
        parts.append(section(each.title, lines))
    faulty = [item for item in sheet.items if item.fault]
    parts.append(section("Faulty", (f"{item.fault}" for item in faulty)))
    parts.append(section(f"Not answered ({REQUIRED} required)", unanswered(sheet)))
    parts.append(section("Answered, not asked now", labelled(idle(sheet))))
    parts.append(section("No longer asked", labelled(gone(sheet))))
    return pasted(parts)


def heading(facts: Facts, sheet: Sheet) -> Lines:
    """Which record, which questionnaire, how far it is answered."""
    yield name(facts.opportunity)
    yield f"{sheet.questionnaire.title}{version(facts, sheet)} · {progress(sheet)}"


def version(facts: Facts, sheet: Sheet) -> str:
    """The version that was answered, where the questionnaire has another one now."""
    project = facts.opportunity.project
    now = sheet.questionnaire.version
    if project is None or project.version in (None, now):
        return ""
    return f" · answered in version {project.version}, now {now}"


def unanswered(sheet: Sheet) -> list[str]:
    """The questions that are asked and not answered, by the ids that answer them."""
    left = [item for item in sheet.asked if item.meaning is None]
    marked = [
        (f"{item.question.id} {REQUIRED if item.question.required else ''}".rstrip(), item) for item in left
    ]
    return labelled((id, item.question.title) for id, item in marked)


def idle(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Answers to questions that those before them make pointless now; they are kept."""
    for item in sheet.items:
        if item.meaning is not None and item.asked is not Asked.YES:
            yield item.question.id, answer_types.text_of(item.question, item.meaning)


def gone(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Answers to questions that the questionnaire does not have any more."""
    return ((id, spelled(documents.data(value))) for id, value in sheet.gone.items())


def document(facts: Facts, sheet: Sheet) -> Document:
    """`crm.answers/1`: a record's answers, and what is asked of it."""
    deal = facts.opportunity
    return {
        "schema": "crm.answers/1",
        "id": deal.id or "",
        "title": deal.title,
        "questionnaire": sheet.questionnaire.id,
        "label": sheet.questionnaire.title,
        "version": deal.project.version if deal.project else None,
        "current_version": sheet.questionnaire.version,
        "asked": len(sheet.asked),
        "answered": len(sheet.answered),
        "done": sheet.done,
        "missing": [item.question.id for item in sheet.missing],
        "questions": [row(item, facts.config) for item in sheet.items],
        "gone": {id: documents.data(value) for id, value in sheet.gone.items()},
    }


def row(item: Item, config: Config) -> Document:
    """`crm.answer/1`: one question with its answer."""
    question = item.question
    return {
        "schema": "crm.answer/1",
        "section": item.section.id,
        "id": question.id,
        "label": question.label,
        "type": str(question.type),
        "unit": question.unit,
        "required": question.required,
        "asked": str(item.asked),
        "answer": told(item),
        "shown": answer(item, config),
        "fault": item.fault or None,
    }


def told(item: Item) -> Any:
    """An answer as JSON has it: what counts, else what stands in the file."""
    if item.meaning is not None:
        return documents.data(item.meaning)
    return None if item.value is None else documents.data(item.value)


def of_questionnaire(each: Questionnaire, records: int) -> Document:
    """`crm.questionnaire/1`: a questionnaire, what it is for, and how many records it is asked of."""
    kind = each.for_
    return {
        "schema": "crm.questionnaire/1",
        "id": each.id,
        "label": each.title,
        "version": each.version,
        "for": {"field": kind.field, "is": list(kind.values)} if kind else None,
        "sections": len(each.sections),
        "questions": len(list(each.questions)),
        "records": records,
    }
