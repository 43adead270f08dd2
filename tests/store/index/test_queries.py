"""The index answers what the records themselves would: the same ids, in the same order, for any query."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.zones import local_day, local_days
from crmcli.domain.model.config import Config, DateOrder
from crmcli.domain.model.record_types import (
    Activity,
    Address,
    Consent,
    Contact,
    ContactKind,
    Entry,
    Kind,
    Marketing,
    Message,
    Money,
    Opportunity,
    Percent,
    Priority,
    Project,
    Referral,
    Reward,
    State,
)
from crmcli.domain.records.documents import DocumentBuilder
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.values import Plain
from crmcli.query import evaluation
from crmcli.query.is_words import IS_WORDS
from crmcli.query.key_values import QueryRecord
from crmcli.query.keys import KEYS
from crmcli.query.query_model import QueryContext
from crmcli.query.query_parser import parse_query
from crmcli.store.index.building import insert_files
from crmcli.store.index.file_stats import SeenFiles
from crmcli.store.index.index_file import Opened
from crmcli.store.index.queries import Index
from crmcli.store.index.rows import contact_rows, deal_rows
from crmcli.store.index.schema import INDEXES, TABLES
from tests.harness.builders import a_config, a_questionnaire

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
YESTERDAY = "Pacific/Pago_Pago"  # where it is still the day before
CONFIG: Config = msgspec.structs.replace(
    a_config(),
    timezone="Australia/Sydney",
    date_order=DateOrder.DMY,
    users=tuple(
        msgspec.structs.replace(each, timezone=YESTERDAY if each.id == "paul" else None)
        for each in a_config().users
    ),
)
STAGES = [None, "new", "contacted", "visit", "quoted", "won", "Elsewhere"]
USERS = [None, *(user.id for user in CONFIG.users), "gone"]
WORDS = ["Poêle", "poele à granulés", "INSERT", "Straße", "", "x'y", "é", "100 %", "a_b", "ﬁn", "12"]
ASKED = {
    "pab": a_questionnaire(
        "{id: brand, label: B, required: true}\n{id: surface, label: S, type: number, required: true, ask_if: brand == 'Rika'}",
        "id: pab\nfor: {field: brand, is: [Rika, '120']}\n",
    ),
    "pag": a_questionnaire(
        "{id: surface, label: S, type: number}\n{id: brand, label: B, type: date, required: true, ask_if: surface > 100 or fields.surface}"
    ),
}
days = st.sampled_from(
    [AT.date() + timedelta(days=n) for n in (-400, -31, -8, -7, -1, 0, 1, 2, 6, 7, 8, 37, 400)]
)
instants = st.sampled_from(
    [AT + timedelta(hours=h) for h in (-9000, -170, -25, -20, -19, -1, 0, 1, 3, 4, 5, 30, 800)]
)
words = st.sampled_from(WORDS)
amounts = st.one_of(st.none(), st.sampled_from(["0", "0.01", "7500.50", "8000", "8000.01", "12000"])).map(
    lambda text: None if text is None else Money(Decimal(text))
)
percents = st.one_of(st.none(), st.sampled_from(["0", "33.333333", "50", "100"])).map(
    lambda text: None if text is None else Percent(Decimal(text))
)
values = st.sampled_from(
    [
        Plain("120"),
        Plain("99.5"),
        Plain("true"),
        Plain("2026-11-24"),
        Plain("1e5"),
        "120",
        "Rika",
        ["Rika", Plain("7")],
        {"a": "b"},
    ]
)
open_values = st.dictionaries(st.sampled_from(["brand", "surface"]), values, max_size=2)


@st.composite
def activities(draw: st.DrawFn, number: int) -> Activity:
    return Activity(
        id=f"act{number:05d}",
        type=draw(st.sampled_from([None, "call", "visit"])),
        summary=draw(st.one_of(st.none(), words)),
        due=draw(st.one_of(st.none(), days)),
        assignee=draw(st.sampled_from(USERS)),
        state=draw(st.sampled_from(list(State))),
        time=draw(st.sampled_from([None, "09:30"])),
        closed=draw(st.one_of(st.none(), instants)),
        reason=draw(st.one_of(st.none(), words)),
        rule=draw(st.sampled_from([None, "new.call"])),
    )


@st.composite
def deals(draw: st.DrawFn, number: int) -> Opportunity:
    created = draw(instants)
    stages = draw(st.lists(st.sampled_from([s for s in STAGES if s]), min_size=1, max_size=3))
    history = [Entry(at=created, event="created", to=stages[0], visit=1)]
    history += [
        Entry(at=created + timedelta(hours=7), event="stage", to=to, visit=1, by="tick") for to in stages[1:]
    ]
    history += [Entry(at=created, event="note", text=draw(words))]
    lost = draw(st.sampled_from([None, None, "price"]))
    return Opportunity(
        id=draw(st.sampled_from([None, f"deal{number:04d}", f"deal{number:04d}"])),
        title=draw(words) or "?",
        kind=draw(st.sampled_from(list(Kind))),
        contact=draw(st.sampled_from([None, "cccccccc", "dddddddd", "gone"])),
        stage=draw(st.sampled_from([stages[-1], stages[-1], *STAGES])),
        lost=lost,
        priority=Priority(draw(st.integers(0, 3))),
        probability=draw(percents),
        expected_revenue=draw(amounts),
        recurring_revenue=draw(amounts),
        budget=draw(amounts),
        tags=tuple(draw(st.lists(st.sampled_from(["rika", "Rika", "été"]), max_size=2))),
        owner=draw(st.sampled_from(USERS)),
        team=draw(st.one_of(st.none(), words)),
        created=draw(st.sampled_from([None, created])),
        closed=draw(st.one_of(st.none(), instants)),
        expected_close=draw(st.one_of(st.none(), days)),
        description=draw(st.one_of(st.none(), words)),
        fields=draw(open_values),
        marketing=draw(st.sampled_from([None, Marketing(source="web"), Marketing(campaign="Salon", medium="mail")])),
        referral=draw(st.sampled_from([None, Referral(by="cccccccc", link="neighbour")])),
        project=draw(st.one_of(st.none(), open_values.map(lambda answers: Project(questionnaire="pag", answers=answers)))),
        activities=tuple(draw(activities(10 * number + n)) for n in range(draw(st.integers(0, 2)))),
        messages=tuple(draw(st.lists(st.builds(Message, at=instants, subject=words, from_=words), max_size=2))),
        rewards=tuple(draw(st.lists(st.builds(Reward, at=instants, amount=amounts, state=st.sampled_from(["due", "paid"])), max_size=2))),
        history=tuple(history),
    )  # fmt: skip


PEOPLE = (
    Contact(id="cccccccc", name="Élodie  Robin", emails=("E.Robin@example.org", "e2@example.org"), phones=("06 12 34 56 78", "06 12"),
            addresses=(Address(city="Pontivy"), Address(street="x", country="FR"), Address(city="Loudéac")), company="eeeeeeee",
            tags=("rika", "été"), language="fr", created=AT, owner="marie",
            consent=Consent(source="web", at=AT, purposes=("salon", "devis"))),
    Contact(id="dddddddd", name="x'y", kind=ContactKind.COMPANY),
    Contact(id="eeeeeeee", name="Robin & Cœur", kind=ContactKind.COMPANY),
)  # fmt: skip

texts = st.sampled_from(
    ["poele", "Poêle", "~granul", "~", "/^p/", "/ê/", "none", "any", "'any'", "x'y", "~é", "strasse", "fin", "rika", "web",
     "salon,web", "me", "pontivy", "~robin", "élodie  robin", "cccccccc", "e2@example.org", "a_b", "~100 %", "new,won", "0612345678", "+33612345678", "~0612", "~3361", "Robin & Coeur", "~cœur", "devis", "09:30"]
)  # fmt: skip
numbers = st.sampled_from(
    ["0", "1", "50", "33.333333", "7500.5", "7500.505..", "..8000", "8000..8000.005", "100..", "..-1", "any", "none",
     "..99999999999999999999", "2..3", "4000..4000.1"]
)  # fmt: skip
dates = st.sampled_from(
    ["today", "yesterday", "tomorrow", "..7d", "-8d..", "2026", "2026-11", "2026-W48", "2026-11-25..2026-11-30", "overdue",
     "eom", "eoy", "9999-12-31", "..9999-12-31", "0001-01-01..", "none", "any", "24/11/2026", "monday", "-31d,today"]
)  # fmt: skip
opens = st.one_of(texts, numbers, st.sampled_from(["true", "oui", "no", "120", "99..121", "1e5"]))
BY_TYPE = {"text": texts, "number": numbers, "date": dates}
COMPARING = st.sampled_from(["", "", "", ".not", ".gt", ".ge", ".lt", ".le", ".before", ".after"])
PLAINLY = st.sampled_from(["", "", "", ".not"])


@st.composite
def terms(draw: st.DrawFn) -> str:
    key = draw(
        st.sampled_from(
            [*KEYS, "is", "is", "text", "+", "field.brand", "answer.surface", "word", "sort", "sort", "limit"]
        )
    )
    no = draw(st.sampled_from(["", "", "not:"]))
    if key == "is":
        return f"{no}is:{','.join(draw(st.lists(st.sampled_from(list(IS_WORDS)), min_size=1, max_size=2)))}"
    if key in ("text", "word", "+"):
        lead = {"text": "text:", "word": "", "+": "+"}[str(key)]
        return (
            no
            + lead
            + draw(st.sampled_from(["rika", "poele", "ete", "x'y", "robin", "granul", "devis", "0612345678"]))
        )
    if key == "sort":
        own = ["field.brand", "answer.surface"]
        name = draw(st.sampled_from([*(k.name for k in KEYS if not k.of_activity), *own]))
        return f"sort:{draw(st.sampled_from(['', '-']))}{name}"
    if key == "limit":
        return f"limit:{draw(st.integers(0, 4))}"
    if isinstance(key, str):
        return f"{no}{key}{draw(COMPARING)}:{draw(opens)}"
    known = [each.id for each in key.choices(CONFIG)] if key.choices else []
    if known:
        value = draw(
            st.one_of(
                st.sampled_from([*known, "none", "any"]),
                st.sampled_from([f"~{known[0][:3]}", f"/{known[-1][1:]}$/"]),
            )
        )
        return f"{no}{key.name}{draw(PLAINLY)}:{value}"
    return f"{no}{key.name}{draw(PLAINLY if key.type == 'text' else COMPARING)}:{draw(BY_TYPE[key.type])}"


def a_subject(deal: Opportunity, contact: Contact | None, people: dict[str | None, Contact]) -> QueryRecord:
    return QueryRecord(
        deal,
        CONFIG,
        contact,
        AT,
        company=people.get(contact.company) if contact else None,
        questionnaires=ASKED,
    )


def index_of(held: list[tuple[str, Opportunity]]) -> Index:
    database = sqlite3.connect(":memory:")
    database.executescript(TABLES + INDEXES)
    insert_files(
        database, [[deal_rows(path, deal) for path, deal in held]], len(held), lambda done, total: None
    )
    insert_files(
        database,
        [[contact_rows(f"c/{each.id}", each) for each in PEOPLE]],
        len(PEOPLE),
        lambda done, total: None,
    )

    def never(error: sqlite3.Error) -> sqlite3.Connection:
        raise error

    return Index(Opened(database, SeenFiles([], {})), again=never)


TODAY = local_day(AT, CONFIG)
ASKER = QueryContext(CONFIG, TODAY, lambda: "marie", elsewhere=frozenset(local_days(AT, CONFIG) - {TODAY}))


@given(st.lists(st.integers(0, 99), unique=True, min_size=4, max_size=8).flatmap(lambda ns: st.tuples(*map(deals, sorted(ns)))),
       st.lists(terms(), min_size=1, max_size=3), st.sampled_from([["is:any"], []]))  # fmt: skip
def test_the_index_gives_the_same_records_in_the_same_order(
    found: tuple[Opportunity, ...], asked: list[str], also: list[str]
) -> None:
    try:
        query = parse_query([*asked, *also], ASKER)
    except UsageError:
        return
    held = [(f"o/{number:03d}.yaml", deal) for number, deal in enumerate(found)]
    people: dict[str | None, Contact] = {person.id: person for person in PEOPLE}
    subjects = [a_subject(deal, people.get(deal.contact), people) for _, deal in held]
    paths = {id(deal): path for path, deal in held}
    index, viewing = index_of(held), DocumentBuilder(CONFIG, AT, lambda: ASKED)
    wanted = [paths[id(each.deal)] for each in evaluation.select_records_of(query, subjects)]
    assert [path for path, _ in index.places(query, viewing)] == wanted
    assert [doc["title"] for doc in index.opportunities(query, viewing)] == [
        dict(held)[path].title for path in wanted
    ]
    due = [activity.id for _, activity in evaluation.select_activities(query, subjects)]
    assert [doc["id"] for doc in index.activities(query, viewing)] == due


def test_dates_of_instants_are_days_of_the_workspace() -> None:
    deal = Opportunity(id="aaaaaaaa", title="x", stage="new", created=datetime(2026, 11, 23, 14, tzinfo=UTC))
    index, viewing = index_of([("o/a", deal)]), DocumentBuilder(CONFIG, AT)  # 24 November, 01:00 in Sydney
    assert [p for p, _ in index.places(parse_query(["created:2026-11-24"], ASKER), viewing)] == ["o/a"]
    assert index.places(parse_query(["created:2026-11-23"], ASKER), viewing) == []
    assert date(2026, 11, 24) == local_day(AT, CONFIG)


@given(
    st.lists(st.integers(0, 99), unique=True, min_size=4, max_size=8).flatmap(
        lambda ns: st.tuples(*map(deals, sorted(ns)))
    )
)
def test_the_index_knows_what_is_unanswered(found: tuple[Opportunity, ...]) -> None:
    held = [(f"o/{number:03d}.yaml", deal) for number, deal in enumerate(found)]
    index, viewing = index_of(held), DocumentBuilder(CONFIG, AT, lambda: ASKED)
    subjects = {path: a_subject(deal, None, {}) for path, deal in held}
    wanted = {path for path, each in subjects.items() if IS_WORDS["unanswered"].holds(each)}
    assert {path for path, _ in index.places(parse_query(["is:unanswered"], ASKER), viewing)} == wanted
