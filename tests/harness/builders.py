"""Records and configurations for tests, as short as what the test is about."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.model.record_types import Contact, Money, Opportunity
from crmcli.domain.records.transitions import create_deal
from crmcli.store import records
from crmcli.store.configuration import read_config

CONFIG = """
timezone: Europe/Paris
country: FR
users:
  - {id: marie}
  - {id: paul, timezone: Australia/Sydney}
activity_types:
  - {id: call, summary: "Appeler {{ contact.name or 'le client' }}", due: 2d}
  - {id: visit, assignee: paul}
lost_reasons: [{id: price}]
stages:
  - {id: new, probability: 10}
  - id: contacted
    probability: 30
    on_enter:
      - {id: first-call, activity: {type: call, due: 2bd}}
  - {id: quoted, probability: 50, require: [contact, expected_revenue]}
  - {id: thinking}
  - {id: won, probability: 100, outcome: won}
"""


def at(text: str = "2026-11-24T09:00") -> Moment:
    """A moment of marie's, UTC."""
    return Moment(at=datetime.fromisoformat(text).replace(tzinfo=UTC), by="marie")


def a_config(text: str = CONFIG) -> Config:
    """A configuration as it stands in a crm.yaml."""
    return read_config(Path("crm.yaml"), text.encode())


def a_questionnaire(questions: str, head: str = "id: pag\nversion: 2\n") -> Questionnaire:
    """A questionnaire of one section with these questions, a flow mapping a line."""
    lines = "".join(f"      - {line.strip()}\n" for line in questions.strip().splitlines())
    text = f"{head}sections:\n  - id: house\n    questions:\n{lines}"
    return records.read_record(Path("pag.yaml"), text.encode(), Questionnaire).value


def facts(config: Config | None = None, contact: Contact | None = None, **fields: Any) -> Facts:
    """A record as it stands in its file, with all around it."""
    fields = {"id": "k7f3q9mx", "title": "Poêle", "owner": "marie", **fields}
    return Facts(opportunity=Opportunity(**fields), config=config or a_config(), contact=contact)


def created(config: Config | None = None, **fields: Any) -> Facts:
    """A record that was made by `create`, with its history."""
    about = facts(config, **fields)
    return after(about, create_deal(about, at()))


def after(about: Facts, change: Change) -> Facts:
    """The record after a change."""
    return about.about(change.after)


def euros(text: str) -> Money:
    """An amount."""
    return Money(Decimal(text))
