"""`crm context`: what one wants to know about a record in the minute before a call."""

from typing import NamedTuple

from msgspec.structs import asdict

from crmcli.domain.documents.report_documents import ContextDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.explain.briefing import ComingRule, LastContact, coming_rules, last_contacts
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.records import documents
from crmcli.domain.records.questionnaire_sheet import Item, sheet_of

PASSED_ON = ("history", "messages", "activities", "files")  # keys of a record that the briefing tells itself


class Briefing(NamedTuple):
    """A record with its contact, and what a call will be about."""

    facts: Facts
    contacts: list[LastContact]
    questions: list[Item]
    rules: list[ComingRule]


def brief(facts: Facts, moment: Moment) -> Briefing:
    """Return the briefing on a record at a moment."""
    sheet = sheet_of(facts.questionnaire, facts.opportunity) if facts.questionnaire else None
    asked = [item for item in sheet.asked if not item.is_answered] if sheet else []
    questions = sorted(asked, key=lambda item: not item.question.required)
    return Briefing(facts, last_contacts(facts.opportunity), questions, coming_rules(facts, moment))


def build_context_document(briefing: Briefing, moment: Moment) -> ContextDocument:
    """Return a briefing as `crm.context/1`."""
    facts = briefing.facts
    whole = documents.build_opportunity(facts, moment.at)
    planned = [each for each in whole["activities"] if each["state"] not in documents.CLOSED]
    return ContextDocument(
        record={key: value for key, value in whole.items() if key not in PASSED_ON},
        contact=describe_contact(facts),
        contacts=[documents.plain_data(asdict(each)) for each in briefing.contacts],
        questions=[
            {"id": each.question.id, "label": each.question.label, "required": each.question.required}
            for each in briefing.questions
        ],
        due=sorted(planned, key=lambda each: (each["due"] or documents.UNDATED, each.get("time") or "")),
        rules=[documents.plain_data(asdict(each)) for each in briefing.rules],
    )


def describe_contact(facts: Facts) -> Document | None:
    """Return how to reach the contact of a record; None without one."""
    person = facts.contact
    if person is None:
        return None
    return {
        "id": person.id,
        "name": person.name,
        "company": facts.company.name if facts.company else None,
        "job": person.job,
        "phones": list(person.phones),
        "emails": list(person.emails),
        "city": documents.first_city(person),
    }
