"""Workspaces of any size with believable French deals, the same for the same seed."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from crmcli.domain.model.record_types import Activity, Contact, Entry, Money, Opportunity, Priority
from crmcli.domain.values.ids import derive_id
from crmcli.store import records
from crmcli.store.catalog import file_name
from crmcli.store.new_workspace.created_files import lay_down
from crmcli.store.new_workspace.template_folders import STOVES, open_template

FIRST = ("Pierre", "Jeanne", "Yves", "Soizic", "Hervé", "Maëlle", "Loïc", "Élodie", "Gwenaël", "Anne-Marie")
LAST = (
    "LE GALL",
    "MORVAN",
    "RICHARD",
    "TANGUY",
    "CARADEC",
    "JÉGOU",
    "LE BIHAN",
    "OLLIVIER",
    "KERLOC’H",
    "ROBIN",
)
TOWNS = ("Pontivy", "Loudéac", "Josselin", "Guémené-sur-Scorff", "Locminé", "Baud", "Rohan")
APPLIANCES = ("PAG", "PAB", "Foyer", "Insert")
BRANDS = ("Rika", "Contura", "Leenders", "MCZ", "Invicta", "Stûv", "Jøtul")
POSES = ("Raccordement sur conduit existant", "Création de conduit", "Tubage du conduit", "Ventouse")
STAGES = ("new", "contacted", "visit", "quoted", "negotiation", "won")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def workspace(root: Path, size: int, seed: int = 7) -> None:
    """Lay down a workspace with so many opportunities, and half as many contacts."""
    chance = random.Random(seed)
    lay_down(root, open_template(STOVES, "fr").configuration)
    people = [person(chance, number) for number in range(max(1, size // 2))]
    (root / "pipeline_data" / "contacts").mkdir()
    (root / "pipeline_data" / "opportunities" / "2026").mkdir(parents=True)
    for each in people:
        write(root / "pipeline_data" / "contacts", each.name, each)
    for number in range(size):
        deal = opportunity(chance, number, chance.choice(people))
        write(root / "pipeline_data" / "opportunities" / "2026", deal.title, deal)


def write(folder: Path, title: str, record: Contact | Opportunity) -> None:
    """Write one record as `crm` would."""
    (folder / file_name(title, record.id or "")).write_bytes(records.write_canonical(record))


def person(chance: random.Random, number: int) -> Contact:
    """Somebody from around Pontivy."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return Contact(
        id=derive_id("bench", "contact", str(number)),
        name=f"{first} {last}",
        emails=(f"client{number}@example.org",),
        phones=(f"06 {number % 100:02d} {number // 100 % 100:02d} 12 34",),
        created=START,
    )


def opportunity(chance: random.Random, number: int, contact: Contact) -> Opportunity:
    """A deal with a history of a few months and, if it is open, something to do."""
    id = derive_id("bench", "opportunity", str(number))
    appliance, brand, pose = chance.choice(APPLIANCES), chance.choice(BRANDS), chance.choice(POSES)
    reached = chance.randrange(len(STAGES))
    created = START + timedelta(hours=chance.randrange(7000))
    history = [Entry(at=created, event="created", to="new", visit=1, by="marie")]
    history += [
        Entry(at=created + timedelta(days=5 * step), event="stage", from_=STAGES[step - 1], to=STAGES[step], visit=1, by="marie")
        for step in range(1, reached + 1)
    ]  # fmt: skip
    won = STAGES[reached] == "won"
    call = Activity(
        id=derive_id(id, "call"), type="call", summary=f"Appeler {contact.name}", assignee="marie",
        due=date(2026, 10, 1) + timedelta(days=chance.randrange(120)),
    )  # fmt: skip
    return Opportunity(
        id=id,
        title=f"{appliance} {brand} - {pose}",
        contact=contact.id,
        stage=STAGES[reached],
        priority=Priority(chance.randrange(4)),
        expected_revenue=Money(Decimal(chance.randrange(2500, 20000))),
        tags=tuple(sorted({appliance.lower(), brand.lower()})),
        owner=chance.choice(("marie", "paul", "sophie")),
        created=created,
        closed=history[-1].at if won else None,
        description=f"Maison à {chance.choice(TOWNS)}, {chance.randrange(60, 220)} m².\nConduit à vérifier.",
        activities=() if won else (call,),
        history=tuple(history),
    )
