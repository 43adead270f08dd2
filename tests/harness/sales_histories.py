"""A workspace of deals with two years of varied histories, the same for the same seed, for figures."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Direction,
    Entry,
    Kind,
    Marketing,
    Message,
    Money,
    Opportunity,
    Percent,
    RecordedEffect,
    Referral,
    Reward,
    State,
)
from crmcli.domain.values.ids import derive_id
from crmcli.store import records

STAGES = ("new", "contacted", "visit", "quoted", "negotiation")
OWNERS = ("marie", "paul", "sophie", None)
SOURCES = ("client", "salon", "site-web", "google", None)
REASONS = ("price", "competitor", "delay", "unstated")
FIRST = datetime(2024, 11, 1, tzinfo=UTC)
LAST = datetime(2026, 11, 24, 8, tzinfo=UTC)
SPONSORS = [derive_id("sales", "sponsor", str(number)) for number in range(60)]
CONFIG = """\
schema: 1
timezone: Europe/Paris
locale: en_US
users:
  - {id: marie}
  - {id: paul}
  - {id: sophie}
lost_reasons:
  - {id: price}
  - {id: competitor}
  - {id: delay}
marketing:
  sources: [{id: client}, {id: salon}, {id: site-web}, {id: google}]
stages:
  - {id: new, probability: 10, stale_after: 7d}
  - {id: contacted, probability: 30, stale_after: 14d}
  - {id: visit, probability: 40, stale_after: 21d}
  - {id: quoted, probability: 50, stale_after: 30d}
  - {id: negotiation, probability: 70}
  - {id: won, probability: 100, outcome: won}
"""


def lay_down_sales(root: Path, size: int, seed: int = 11) -> None:
    """Write a workspace with so many leads and deals."""
    chance = random.Random(seed)
    folder = root / "pipeline_data" / "opportunities"
    folder.mkdir(parents=True)
    (root / "pipeline_data" / "crm.yaml").write_text(CONFIG)
    people = root / "pipeline_data" / "contacts"
    people.mkdir()
    for number, id in enumerate(SPONSORS):
        sponsor = Contact(id=id, name=f"Sponsor {number}", created=FIRST)
        (people / f"sponsor--{id}.yaml").write_bytes(records.write_canonical(sponsor))
    for number in range(size):
        deal = make_deal(chance, number)
        (folder / f"deal--{deal.id}.yaml").write_bytes(records.write_canonical(deal))


class History:
    """The history of a deal while it is made up."""

    def __init__(self, chance: random.Random, created: datetime) -> None:
        self.chance, self.at = chance, created
        self.stage, self.closings = "new", 0
        self.visits = {"new": 1}
        self.entries = [
            Entry(at=created, event="created", to="new", visit=1, by=chance.choice(("marie", "ingest")))
        ]

    def wait(self, days: float) -> bool:
        """Let some time pass; False where that is later than today."""
        self.at += timedelta(seconds=self.chance.randrange(int(days * 86_400)))
        return self.at < LAST

    def add(self, event: str, to: str, *, again: bool = False, **more: Any) -> None:
        """Add an entry; unless the deal stays in its visit, a new one begins."""
        if not again:
            self.visits[to] = self.visits.get(to, 0) + 1
        origin = self.stage if event in ("stage", "won") else None
        self.entries.append(
            Entry(at=self.at, event=event, from_=origin, to=to, visit=self.visits[to], by="marie", **more)
        )
        self.stage = to


def make_deal(chance: random.Random, number: int) -> Opportunity:
    """Return a lead or a deal that went forth and back, was lost, reopened or won."""
    created = FIRST + timedelta(seconds=chance.randrange(int((LAST - FIRST).total_seconds())))
    history = History(chance, created)
    closed, lost = None, None
    is_lead = chance.random() < 0.15
    while not is_lead and history.wait(25):
        throw = chance.random()
        place = STAGES.index(history.stage)
        if throw < 0.6 and place < 4:
            history.add("stage", STAGES[min(4, place + chance.choice((1, 1, 1, 2)))])
        elif throw < 0.7 and place > 0:
            history.add("stage", STAGES[place - 1])
        elif throw < 0.82:
            history.closings += 1
            history.add("lost", history.stage, again=True, closing=history.closings)
            closed, lost = history.at, chance.choice(REASONS)
            if chance.random() < 0.75 or not history.wait(60):
                break
            history.add("reopened", history.stage, closing=history.closings, was=lost)
            closed = lost = None
        elif throw < 0.95 and place >= 2:
            history.closings += 1
            history.add("won", "won", closing=history.closings)
            closed = history.at
            break
        elif throw > 0.97:
            break
    amount = None if chance.random() < 0.1 else Money(Decimal(chance.randrange(10_000, 2_000_000)).scaleb(-2))
    manual = Percent(Decimal(chance.randrange(0, 101))) if chance.random() < 0.15 else None
    close = date(2026, 8, 1) + timedelta(days=chance.randrange(300))
    source = chance.choice(SOURCES)
    id = derive_id("sales", str(number))
    messages, firings = make_messages(chance, id, created)
    sponsor = chance.choice(SPONSORS) if chance.random() < 0.3 else None
    return Opportunity(
        id=id,
        kind=Kind.LEAD if is_lead else Kind.OPPORTUNITY,
        title=f"Deal {number}",
        stage=history.stage,
        lost=lost,
        probability=manual if closed is None else None,
        expected_revenue=amount,
        owner=chance.choice(OWNERS),
        tags=tuple(sorted({chance.choice(("pag", "pab", "foyer")) for _ in range(chance.randrange(3))})),
        created=created,
        closed=closed,
        expected_close=close if chance.random() < 0.7 else None,
        marketing=Marketing(source=source) if source else None,
        referral=Referral(by=sponsor) if sponsor else None,
        rewards=make_rewards(chance, id, sponsor, closed) if sponsor and history.stage == "won" else (),
        activities=tuple(make_activities(chance, id, created)),
        messages=messages,
        history=(history.entries[0], *firings, *history.entries[1:]),
    )


def make_rewards(chance: random.Random, id: str, sponsor: str, won: datetime | None) -> tuple[Reward, ...]:
    """Return the reward of a sponsor for a deal that was won: due, or paid some days later."""
    at = (won or LAST) + timedelta(seconds=chance.randrange(9 * 86_400))
    amount = Money(Decimal(chance.randrange(1_000, 30_000)).scaleb(-2))
    is_paid = at < LAST and chance.random() < 0.7
    reward = Reward(
        id=derive_id(id, "reward"),
        to=sponsor,
        amount=amount,
        state="paid" if is_paid else "due",
        at=at if is_paid else won,
    )
    return (reward,)


def make_messages(
    chance: random.Random, id: str, created: datetime
) -> tuple[tuple[Message, ...], tuple[Entry, ...]]:
    """Return the mails of a record, the acknowledgement of a rule and the answer of a person, and the firing."""
    found, firings = [], []
    if chance.random() < 0.5:
        queued = derive_id(id, "acknowledgement")
        found.append(Message(id=queued, at=created, direction=Direction.OUT, sent=created))
        effect = RecordedEffect(mail=queued)
        firings.append(
            Entry(at=created, event="rule", rule="new.acknowledge", occurrence="1", did=(effect,), by="marie")
        )
    if chance.random() < 0.5:
        at = created + timedelta(seconds=chance.randrange(5 * 86_400))
        state = chance.choice(({"sent": at}, {"sent": at}, {"withdrawn": at}))
        found.append(Message(id=derive_id(id, "answer"), at=at, direction=Direction.OUT, **state))
    return tuple(found), tuple(firings)


def make_activities(chance: random.Random, id: str, created: datetime) -> list[Activity]:
    """Return some activities of a record: planned, done and cancelled."""
    found = []
    for number in range(chance.randrange(3)):
        due = (created + timedelta(days=chance.randrange(40))).date()
        state = chance.choice((State.PLANNED, State.DONE, State.DONE, State.CANCELLED))
        closed = created + timedelta(seconds=chance.randrange(40 * 86_400))
        found.append(
            Activity(
                id=derive_id(id, "activity", str(number)),
                type=chance.choice(("call", "visit")),
                due=due if chance.random() < 0.9 else None,
                assignee=chance.choice(OWNERS),
                state=state,
                closed=None if state is State.PLANNED else closed,
            )
        )
    return found
