"""The answers of questionnaires that rows of deals give."""

from crmcli.domain.importing.import_targets import ANSWERS, QUESTIONNAIRE
from crmcli.domain.importing.import_values import ReadRow
from crmcli.domain.model.answer_types import Reader
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Questionnaire, find_questionnaire
from crmcli.domain.model.record_types import Project
from crmcli.domain.records.answer import answer_questions, choose_questionnaire_for, read_answers
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.exchange.csv_tables import spell_exported
from crmcli.exchange.export_tables import ColumnType
from crmcli.store.writer import Writing


def import_answers(session: Writing, facts: Facts, row: ReadRow, reader: Reader) -> Facts:
    """Return a record with the questionnaire and the answers of a row; those that it has stay.

    Raises UsageError for answers without a questionnaire, and for invalid ones, with the heading.
    """
    deal = facts.opportunity
    held = (deal.project or Project()).answers
    given = {
        target.removeprefix(ANSWERS): text for target, text in row.texts.items() if target.startswith(ANSWERS)
    }
    news = {
        name: text
        for name, text in given.items()
        if name not in held or spell_exported(held[name], ColumnType.TEXT) != text
    }
    named = row.texts.get(QUESTIONNAIRE, "")
    if not news and (not named or (deal.project and deal.project.questionnaire == named)):
        return facts
    wanted = find_asked(session, facts, named)
    facts = facts.asked(wanted)
    if deal.project is None or deal.project.questionnaire != wanted.id:
        facts = facts.about(choose_questionnaire_for(deal, wanted))
    changed = check_answers(facts, wanted, row, news, reader)
    return facts.about(answer_questions(facts, changed, session.moment, reader).after) if changed else facts


def find_asked(session: Writing, facts: Facts, named: str) -> Questionnaire:
    """Return the questionnaire of a row, else of its record, else the only one.

    Raises UsageError where there is none.
    """
    known = session.questionnaires
    found = known.get(named) if named else find_questionnaire(facts.opportunity, known)
    only = next(iter(known.values())) if len(known) == 1 else None
    if found or only:
        return found or only  # type: ignore[return-value]
    raise UsageError("has answers, but no questionnaire", hint=f"map a column to {QUESTIONNAIRE}")


def check_answers(
    facts: Facts, asked: Questionnaire, row: ReadRow, given: dict[str, str], reader: Reader
) -> dict[str, str]:
    """Return the answers that differ from those of a record; all invalid ones are faults of the row.

    Raises UsageError for the last of these, with its heading.
    """
    held = (facts.opportunity.project or Project()).answers
    changed: dict[str, str] = {}
    wrong: list[tuple[str, CrmError]] = []
    for name, text in given.items():
        values, errors = read_answers(asked, {name: text}, reader)
        wrong += [(f"{ANSWERS}{name}", error) for error in errors]
        if any(held.get(id) != value for id, value in values.items()):
            changed[name] = text
    for target, error in wrong[:-1]:
        row.refuse(target, error)
    if wrong:
        target, error = wrong[-1]
        raise row.name_fault(target, error)
    return changed
