"""Answers to a questionnaire, stored in a record together with the fields and the title they set."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from crmcli.domain.model import answer_types
from crmcli.domain.model.answer_types import Given, Reader
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Question, Questionnaire
from crmcli.domain.model.record_types import Open, Opportunity, Project
from crmcli.domain.records import questionnaire_sheet
from crmcli.domain.records.editing import assign_field
from crmcli.domain.values.errors import CrmError, RefusedError, UsageError
from crmcli.domain.values.list_entries import known_entry
from crmcli.domain.values.values import Value


def asked_of(facts: Facts) -> Questionnaire:
    """Return the questionnaire of a record.

    Raises RefusedError if none is chosen, or if the chosen one is not available.
    """
    if facts.questionnaire is not None:
        return facts.questionnaire
    deal = facts.opportunity
    named = deal.project.questionnaire if deal.project else None
    where = deal.id or deal.title
    if named is not None:
        raise RefusedError(
            f"its questionnaire {named!r} cannot be read", where=where, hint="crm questionnaire check"
        )
    raise RefusedError(
        "no questionnaire is chosen",
        where=where,
        hint=f"crm questionnaire answer {deal.id or 'REF'} --questionnaire ID; see crm questionnaire list",
    )


def answer_questions(facts: Facts, given: Mapping[str, Given], moment: Moment, reader: Reader) -> Change:
    """Store answers in a record and apply their `sets`; an empty answer removes the stored one.

    Raises UsageError naming every invalid answer; none is stored then.
    """
    questionnaire = asked_of(facts)
    values, wrong = read_answers(questionnaire, given, reader)
    deal = with_answers(facts.opportunity, questionnaire, values)
    questions = [question for id in values if (question := questionnaire.question(id))]
    deal, refused = apply_answers(facts.about(deal), questions, moment)
    if wrong or refused:
        raise join_errors([*wrong, *refused])
    sheet = questionnaire_sheet.sheet_of(questionnaire, deal)
    return Change(
        before=facts.opportunity, after=deal, notices=tuple(list_pointless_answers(sheet, values, deal))
    )


def read_answers(
    questionnaire: Questionnaire, given: Mapping[str, Given], reader: Reader
) -> tuple[dict[str, Value | None], list[CrmError]]:
    """Return the typed answers, with None for each one to remove, and the errors for the invalid ones."""
    values: dict[str, Value | None] = {}
    wrong: list[CrmError] = []
    questions = list(questionnaire.questions)
    for name, text in given.items():
        try:
            question = known_entry("question", name, questions)
            taken = answer_types.take_answer(question, text, reader) if is_something(text) else None
            values[question.id] = taken
        except CrmError as error:
            wrong.append(error)
    return values, wrong


def is_something(given: Given) -> bool:
    """Tell whether an answer is not empty."""
    return bool(given.strip()) if isinstance(given, str) else bool(given)


def join_errors(errors: Sequence[CrmError]) -> CrmError:
    """Return several errors as one, with one line each."""
    if len(errors) == 1:
        return errors[0]
    lines = "\n".join(f"  {error}" for error in errors)
    return UsageError(f"{len(errors)} answers are invalid, so none was stored:\n{lines}")


def with_answers(
    deal: Opportunity, questionnaire: Questionnaire, values: Mapping[str, Value | None]
) -> Opportunity:
    """Return the record with these answers and the questionnaire's version; None removes an answer."""
    project = deal.project or Project()
    kept: Open = {id: value for id, value in project.answers.items() if values.get(id, value) is not None}
    kept |= {id: value for id, value in values.items() if value is not None}
    after = replace(project, questionnaire=questionnaire.id, version=questionnaire.version, answers=kept)
    return replace(deal, project=after)


def apply_answers(
    facts: Facts, questions: Iterable[Question], moment: Moment
) -> tuple[Opportunity, list[UsageError]]:
    """Return the record with the fields that answers set, and the errors for fields that cannot be set."""
    wrong = []
    held = facts.opportunity.project.answers if facts.opportunity.project else {}
    for question in questions:
        if question.sets is None or question.id not in held:
            continue
        try:
            text = set_text(facts, question, answer_types.read_held(question, held[question.id]))
            facts = facts.about(assign_field(facts, question.sets, text, moment))
        except (UsageError, RefusedError) as error:
            wrong.append(UsageError(f"{question.id} sets {question.sets}: {error.what}", hint=error.hint))
    return facts.opportunity, wrong


def set_text(facts: Facts, question: Question, meaning: object) -> str:
    """Return an answer as text for its field; the label of a choice if that is a choice of the field."""
    field = facts.config.custom_field((question.sets or "").removeprefix("fields."))
    label = answer_types.label_of(question, meaning) if question.choices else ""
    return label if field and label in field.choices else answer_types.spell_answer(question, meaning)


def list_pointless_answers(
    sheet: questionnaire_sheet.Sheet, values: Mapping[str, Value | None], deal: Opportunity
) -> Iterable[str]:
    """Yield a notice for each answer to a question that is currently not asked."""
    for id, value in values.items():
        item = sheet.item(id)
        if value is not None and item is not None and item.asked is questionnaire_sheet.Asked.NO:
            yield f"{deal.id}: {id} is kept, and is not asked as things stand ({item.question.ask_if})"


def switch_questionnaire(facts: Facts, wanted: Questionnaire) -> Change:
    """Choose another questionnaire for a record; answers that both know count, and the others stay, named.

    Raises RefusedError for the questionnaire that the record has.
    """
    before = facts.opportunity
    if before.project and before.project.questionnaire == wanted.id:
        raise RefusedError(f"{before.id} has questionnaire {wanted.id} already")
    after = choose_questionnaire_for(before, wanted)
    sheet = questionnaire_sheet.sheet_of(wanted, after)
    left = ", ".join(sheet.gone)
    notices = [f"{before.id}: {wanted.id} does not ask {left}; the answers are kept"] if left else []
    notices += [f"{before.id}: {item.fault}" for item in sheet.items if item.fault]
    return Change(before=before, after=after, notices=tuple(notices))


def choose_questionnaire_for(deal: Opportunity, questionnaire: Questionnaire) -> Opportunity:
    """Return the record with this questionnaire; answers to questions of another one are kept."""
    return with_answers(deal, questionnaire, {})
