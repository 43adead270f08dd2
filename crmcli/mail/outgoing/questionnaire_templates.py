"""Questionnaires as text, Markdown or HTML, blank or with a record's answers."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from crmcli.domain.model import answer_types
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Choice, Questionnaire, Section
from crmcli.domain.records import questionnaire_sheet
from crmcli.domain.records.questionnaire_sheet import Asked, Item
from crmcli.domain.templates.template_variables import build_variables
from crmcli.domain.values.errors import RefusedError
from crmcli.mail.outgoing import template
from crmcli.store.transactions import files

FORMATS = {"text": "form.txt.j2", "md": "form.md.j2", "html": "form.html.j2"}
FOLDER = "templates/questionnaire"


def render_blank(root: Path, questionnaire: Questionnaire, config: Config, format: str) -> str:
    """Render a blank questionnaire with every question.

    Raises RefusedError naming template and line where it cannot be rendered.
    """
    every = [
        Item(section, question, Asked.MAYBE if question.ask_if else Asked.YES)
        for section in questionnaire.sections
        for question in section.questions
    ]
    return render_questionnaire(
        root, format, {"company": config.company, "record": None}, questionnaire, every, config
    )


def render_filled(root: Path, facts: Facts, day: date, format: str) -> str:
    """Render the questionnaire of a record with its answers; questions that do not apply are left out.

    Raises RefusedError naming template and line where it cannot be rendered.
    """
    questionnaire = facts.questionnaire
    if questionnaire is None:
        raise RefusedError("no questionnaire is chosen", where=facts.opportunity.id or "")
    sheet = questionnaire_sheet.sheet_of(questionnaire, facts.opportunity)
    wanted = [item for item in sheet.items if item.asked is not Asked.NO]
    names = build_variables(facts, day)
    values = {"company": names["company"], "contact": names["contact"], "record": names["opportunity"]}
    return render_questionnaire(root, format, values, questionnaire, wanted, facts.config)


def render_questionnaire(
    root: Path,
    format: str,
    values: Mapping[str, Any],
    questionnaire: Questionnaire,
    items: Iterable[Item],
    config: Config,
) -> str:
    """Render a questionnaire with the workspace's template."""
    path = f"{FOLDER}/{FORMATS[format]}"
    source = files.read_file(root / path, files.LARGEST)
    if source is None:
        raise RefusedError("does not exist", where=path, hint="crm init creates it in a new workspace")
    sections = [section_values(each, items) for each in questionnaire.sections]
    told = {"id": questionnaire.id, "label": questionnaire.title, "version": questionnaire.version}
    shown = {**values, "questionnaire": told, "sections": [each for each in sections if each["questions"]]}
    return template.render_page(path, source.decode("utf-8", "replace"), shown, config)


def section_values(of: Section, items: Iterable[Item]) -> dict[str, Any]:
    """Return the template variables of a section."""
    return {
        "id": of.id,
        "label": of.title,
        "questions": [question_values(item) for item in items if item.section is of],
    }


def question_values(item: Item) -> dict[str, Any]:
    """Return the template variables of a question: `answer` is typed, `text` is its input form."""
    question, meaning = item.question, item.meaning
    chosen = meaning if isinstance(meaning, list) else [meaning]
    return {
        **{name: getattr(question, name) or "" for name in ("id", "label", "unit", "help", "min", "max")},
        "type": str(question.type),
        "required": question.required,
        "maybe": item.asked is Asked.MAYBE,
        "choices": [choice_values(each, chosen) for each in question.choices],
        "is_answered": meaning is not None,
        "answer": meaning,
        "text": "" if meaning is None else answer_types.spell_answer(question, meaning),
    }


def choice_values(of: Choice, chosen: list[Any]) -> dict[str, Any]:
    """Return the template variables of a choice."""
    return {"id": of.id, "label": of.title, "chosen": of.id in chosen}
