"""Records as typed values: what stands in a file has the type its key says, or is named with its line."""

import random
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Entry,
    HistoryEvent,
    Kind,
    Money,
    Opportunity,
    Percent,
    Priority,
    ProgramOutcome,
    ProgramRun,
    Reassignment,
    RecordedEffect,
    State,
)
from crmcli.domain.values.values import Plain
from crmcli.store.codec.typed_values import attributes_of
from crmcli.store.records import edit_record, read_record, write_canonical
from crmcli.store.unreadable import UnreadableError

PATH = Path("pipeline_data/opportunities/x.yaml")
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
MONEY = st.decimals(0, 10**12, places=2).map(Money)
MAYBE = st.none() | st.integers(0, 255)
RUNS = st.builds(
    ProgramRun,
    outcome=st.sampled_from(ProgramOutcome) | TEXTS,
    code=MAYBE,
    signal=MAYBE,
    seconds=MAYBE,
    reason=st.none() | TEXTS,
)
UNKNOWN = st.dictionaries(
    TEXTS.filter(lambda key: key not in attributes_of(RecordedEffect)), TEXTS, max_size=2
)
NESTED = {"reassign": st.builds(Reassignment, activity=TEXTS, to=TEXTS), "run": RUNS}
EFFECTS = st.one_of(
    *(st.builds(RecordedEffect, **{kind: NESTED.get(kind, TEXTS)}) for kind in attributes_of(RecordedEffect)),
    st.builds(RecordedEffect, extra=UNKNOWN),
)
ENTRIES = st.builds(
    Entry,
    at=INSTANTS,
    event=st.sampled_from(HistoryEvent) | TEXTS,
    text=TEXTS,
    to=TEXTS,
    visit=st.integers(1, 9),
    did=st.lists(EFFECTS, max_size=3).map(tuple),
)
ACTIVITIES = st.builds(
    Activity, id=st.just("c9d2e7fa"), summary=TEXTS, due=st.dates(date(1990, 1, 1)), state=st.sampled_from(State), note=TEXTS
)  # fmt: skip
DEALS = st.builds(
    Opportunity,
    id=st.just("k7f3q9mx"),
    kind=st.sampled_from(Kind),
    title=TEXTS,
    priority=st.integers(0, 3).map(Priority),
    probability=st.none() | st.decimals(0, 100, places=3).map(Percent),
    expected_revenue=st.none() | MONEY,
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    created=INSTANTS,
    expected_close=st.none() | st.dates(date(1990, 1, 1)),
    description=st.none() | TEXTS,
    fields=st.dictionaries(TEXTS, TEXTS | st.just(Plain("120")), max_size=3),
    activities=st.lists(ACTIVITIES, max_size=2).map(tuple),
    history=st.lists(ENTRIES, max_size=3).map(tuple),
)


FIRING = "title: x\nhistory:\n  - at: 2026-11-23T09:12:00Z\n    event: rule\n    "


@given(DEALS)
def test_what_is_written_reads_back_equal_and_is_written_again_byte_for_byte(deal: Opportunity) -> None:
    content = write_canonical(deal)
    source = read_record(PATH, content, Opportunity)
    assert source.value == deal
    assert write_canonical(source.value) == content


@given(DEALS, DEALS)
def test_a_changed_record_reads_back_as_the_change(before: Opportunity, after: Opportunity) -> None:
    source = read_record(PATH, write_canonical(before), Opportunity)
    assert read_record(PATH, edit_record(source, after), Opportunity).value == after


@given(DEALS, DEALS)
def test_a_canonical_file_is_simply_written_again(before: Opportunity, after: Opportunity) -> None:
    source = read_record(PATH, write_canonical(before), Opportunity)
    assert edit_record(source, after) == (source.content if before == after else write_canonical(after))


@given(DEALS, DEALS, st.randoms())
def test_a_file_in_another_order_of_keys_stays_in_it(
    before: Opportunity, after: Opportunity, dice: random.Random
) -> None:
    lines = re.split(r"(?m)^(?=\w)", write_canonical(replace(before, description=None)).decode())[1:]
    dice.shuffle(lines)
    source = read_record(PATH, "".join(lines).encode(), Opportunity)
    text = edit_record(source, after).decode()
    assert read_record(PATH, text.encode(), Opportunity).value == after
    order = [line.partition(":")[0] for line in lines]
    kept = [found for found in re.findall(r"(?m)^(\w+):", text) if found in order]
    assert kept == [key for key in order if key in kept]


def test_a_canonical_file_is_edited_without_ruamel() -> None:
    program = (
        "import sys; from pathlib import Path; from msgspec.structs import replace;"
        "from crmcli.domain.model.record_types import Opportunity; from crmcli.store import records;"
        "source = records.read_record(Path('x'), records.write_canonical(Opportunity(title='x')), Opportunity);"
        "records.edit_record(source, replace(source.value, title='y')); sys.exit('ruamel.yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def deal(text: str) -> Opportunity:
    return read_record(PATH, text.encode(), Opportunity).value


@pytest.mark.parametrize("spelling", ["8000", "8000.00", "8000.0", "'8000'", '"8000.00"'])
def test_an_amount_may_be_spelled_in_several_ways(spelling: str) -> None:
    assert deal(f"title: x\nexpected_revenue: {spelling}\n").expected_revenue == Decimal(8000)


@pytest.mark.parametrize(
    ("written", "text"),
    [("NO", "NO"), ("1e5", "1e5"), ("12:30", "12:30"), ("0x1F", "0x1F"), ("2026-12-31", "2026-12-31"),
     ("+33612345678", "+33612345678"), ("1.10", "1.10"), ("yes", "yes"), ("'~'", "~")],
)  # fmt: skip
def test_a_text_is_its_characters_whatever_yaml_makes_of_them(written: str, text: str) -> None:
    assert deal(f"title: {written}\nowner: {written}\n").title == text
    assert read_record(PATH, f"name: x\nphones: [{written}]\n".encode(), Contact).value.phones == (text,)


def test_what_another_version_did_is_kept_as_it_is() -> None:
    text = f"{FIRING.replace('rule', 'Yelled')}did: [{{sms: 0612}}, {{tag: pag, at: noon}}, {{run: {{outcome: paused}}}}]\n"
    source = read_record(PATH, text.encode(), Opportunity)
    [entry] = source.value.history
    assert entry.event == "Yelled"
    assert entry.did == (
        RecordedEffect(extra={"sms": Plain("0612")}),
        RecordedEffect(tag="pag", extra={"at": "noon"}),
        RecordedEffect(run=ProgramRun(outcome="paused")),
    )
    assert edit_record(source, replace(source.value, owner="marie")).decode() == text.replace(
        "history:", "owner: marie\nhistory:"
    )
    assert read_record(PATH, write_canonical(source.value), Opportunity).value == source.value


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null"])
def test_null_is_absence(nothing: str) -> None:
    assert deal(f"title: x\nowner: {nothing}\ntags: {nothing}\n") == Opportunity(title="x")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("owner: marie\n", None, "title is missing"),
        ("title: x\npriority: 4\n", 2, "priority is 0 to 3, not 4"),
        ("title: x\n\nprobability: 100.1\n", 3, "is not a percentage"),
        ("title: x\nexpected_revenue: 8,000\n", 2, "is not an amount"),
        ("title: x\nexpected_revenue: .nan\n", 2, "is not an amount"),
        ("title: x\nexpected_close: 31/12/2026\n", 2, "is not a date like 2026-12-31"),
        ("title: x\ncreated: 2026-11-23T09:12:00\n", 2, "is not an instant"),
        ("title: x\nkind: deal\n", 2, "'deal' is not possible, use one of 'lead', 'opportunity'"),
        ("title: x\nactivities:\n  - type: call\n    due: soon\n", 4, "activities.0.due"),
        ("title: x\ntags: {a: b}\n", 2, "tags is a list, not a mapping"),
        (f"{FIRING}did: activity c9d2e7fa\n", 5, "history.0.did is a mapping"),
        (f"{FIRING}did: {{activity: c9d2e7fa}}\n", 5, "history.0.did is a list, not a mapping"),
        (f"{FIRING}did: [{{activity: [c9d2e7fa]}}]\n", 5, "history.0.did.0.activity is a text, not a list"),
        (f"{FIRING}did: [{{run: ended}}]\n", 5, "history.0.did.0.run is a mapping"),
        (f"{FIRING}did: [{{run: {{code: 3}}}}]\n", None, "history.0.did.0.run.outcome is missing"),
        ("title: [x]\n", 1, "title is a text, not a list"),
        ("title: x\nfields: [a]\n", 2, "fields is a mapping"),
        ("title: x\n<<<<<<< ours\n", 2, "git conflict markers"),
        ("- title: x\n", 1, "not a mapping"),
        ("title: \xff\n", None, ""),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int | None, message: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        read_record(PATH, text.encode("latin-1" if "\xff" in text else "utf-8"), Opportunity)
    assert message in str(raised.value)
    assert line is None or (raised.value.place is not None and raised.value.place.line == line)


def test_unknown_keys_follow_the_known_ones_and_survive() -> None:
    value = deal("couleur: noir\ntitle: x\nactivities:\n  - {type: call, salle: 3}\n")
    assert write_canonical(value).decode() == (
        "schema: 1\ntitle: x\nactivities:\n  - type: call\n    state: planned\n    salle: 3\ncouleur: noir\n"
    )


def test_an_edit_keeps_the_spelling_of_what_did_not_change() -> None:
    text = "title: x   # un titre\nexpected_revenue: 8000\nowner:\nhistory: [{at: 2026-11-23T10:00:00+01:00, event: created}]\n"
    source = read_record(PATH, text.encode(), Opportunity)
    assert edit_record(source, replace(source.value, title="z")).decode() == text.replace(
        "title: x", "title: z"
    )


def test_mapping_keys_of_every_part_are_unique_and_known() -> None:
    def keys(part: Any) -> list[str]:
        from crmcli.store.codec.typed_values import attributes_of

        return list(attributes_of(part))

    for part in (Opportunity, Contact, Activity, Entry):
        assert len(keys(part)) == len(set(keys(part)))
