"""Records as documents for scripts: what the file holds, and what follows from it. JSON types only."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from crmcli.domain.changes import Moment
from crmcli.domain.facts import Facts
from crmcli.domain.history import stage_since, touched
from crmcli.domain.model import Activity, Contact, Opportunity, Part
from crmcli.domain.natural import plain
from crmcli.domain.standing import probability, standing, weighted_revenue
from crmcli.domain.urgency import state
from crmcli.domain.values import Plain

Document = dict[str, Any]


def opportunity(facts: Facts, moment: Moment) -> Document:
    """`crm.opportunity/1`: a lead or an opportunity with its probability, weighted revenue, outcome."""
    deal, config = facts.opportunity, facts.config
    chance, provenance = probability(deal, config)
    stage = config.stage(deal.stage)
    return {
        "schema": "crm.opportunity/1",
        "id": deal.id or "",
        "kind": deal.kind.value,
        "title": deal.title,
        "contact_name": facts.contact.name if facts.contact else None,
        "stage": deal.stage or config.stages[0].id,
        "stage_label": stage.title if stage else deal.stage,
        "stage_since": data(stage_since(deal)),
        "outcome": standing(deal, config).value,
        "probability": data(chance),
        "probability_from": provenance.value,
        "priority": deal.priority,
        "expected_revenue": data(deal.expected_revenue),
        "weighted_revenue": data(weighted_revenue(deal, config)),
        "tags": list(deal.tags),
        "owner": deal.owner,
        "touched": data(touched(deal)),
        **held(deal, {"schema", "id", "kind", "title", "stage", "probability", "activities"}),
        "activities": [activity(deal, each, facts, moment) for each in deal.activities],
    }


def activity(deal: Opportunity, each: Activity, facts: Facts, moment: Moment) -> Document:
    """`crm.activity/1`: something to do or done, with the deal it belongs to."""
    kind = facts.config.activity_type(each.type)
    return {
        "schema": "crm.activity/1",
        "id": each.id,
        "type": each.type,
        "type_label": kind.title if kind else each.type,
        "summary": each.summary,
        "due": data(each.due),
        "assignee": each.assignee,
        **held(each, {"id", "type", "summary", "due", "assignee", "state"}),
        "state": str(state(each, moment, facts.config)),
        "opportunity": deal.id or "",
        "title": deal.title,
        "contact": deal.contact,
        "contact_name": facts.contact.name if facts.contact else None,
    }


def contact(person: Contact, company: Contact | None) -> Document:
    """`crm.contact/1`: a person or a company."""
    return {
        "schema": "crm.contact/1",
        "id": person.id or "",
        "kind": person.kind.value,
        "name": person.name,
        "company_name": company.name if company else None,
        **held(person, {"schema", "id", "kind", "name"}),
    }


def held(part: Part, without: set[str]) -> Document:
    """What a record's file holds, but for some keys."""
    return {key: value for key, value in data(part).items() if key not in without}


def data(value: Any) -> Any:
    """Any value of a record as JSON has it: numbers, ISO dates, texts, lists, mappings."""
    match value:
        case Part():
            names = {spec.name: spec.encode_name for spec in msgspec.structs.fields(type(value))}
            present = {
                names[name]: data(getattr(value, name))
                for name in value.__struct_fields__
                if name != "extra" and getattr(value, name) not in (None, (), {})
            }
            return {**present, **data(value.extra)}
        case Plain(text=text):
            return data(plain(text))
        case Mapping():
            return {key: data(item) for key, item in value.items()}
        case tuple() | list():
            return [data(item) for item in value]
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case str():
            return str(value)
    return value
