"""Hostile files in the folders of a calendar and an address book: named in one line or taken rightly, nothing lost."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmcli.operations.exchange.sync_calendar import sync_calendar
from crmcli.operations.exchange.sync_contacts import sync_contacts
from crmcli.operations.request import Request
from tests.harness.calendar_folder import CalendarFolder
from tests.harness.crm import Crm

DEAL, PIERRE = "bbssmqtf", "f8dz9xw4"
BEGIN, END = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "END:VCALENDAR\r\n"
NUMBERS = count()
LIE = (
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    "TZOFFSETFROM:+1000\r\nTZOFFSETTO:+1000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


@pytest.fixture
def phone(crm: Crm, tmp_path: Path) -> CalendarFolder:
    folder = CalendarFolder(crm, tmp_path / "agenda")
    crm(
        "activity",
        "add",
        DEAL,
        "--type",
        "call",
        "--assignee",
        "marie",
        "--summary",
        "Zoner",
        "--due",
        "2026-12-01",
    )
    crm("activity", "add", DEAL, "--type", "visit", "--assignee", "marie", "--summary", "Zvisite",
        "--due", "2026-12-24", "--time", "14:30")  # fmt: skip
    folder.sync()
    return folder


def read(phone: CalendarFolder, summary: str) -> dict[str, Any]:
    """The activity whose summary began so before anything hostile."""
    found = json.loads(phone.crm("activity", "list", f"id:{DEAL}", "state:any", "-o", "json").out)
    return next(each for each in found if (each["summary"] or "").startswith(summary))


def task(uid: str, *lines: str) -> str:
    """A task with these lines."""
    return "\r\n".join(["BEGIN:VTODO", f"UID:{uid}", "SUMMARY:Zoner", *lines, "END:VTODO", ""])


REFUSED = {
    "4 MB on a line": lambda uid: BEGIN + task(uid, "DESCRIPTION:" + "x" * 4_000_000) + END,
    "100,000 lines": lambda uid: BEGIN + task(uid, *["X-A:1"] * 100_000) + END,
    "100,000 comments": lambda uid: BEGIN + task(uid, *[f"COMMENT:{n}" for n in range(15_000)]) + END,
    "1,000 components in each other": lambda uid: "BEGIN:VTODO\r\n" * 1000 + f"UID:{uid}\r\n",
    "two tasks": lambda uid: BEGIN + task(uid) + task(uid) + END,
    "two calendars": lambda uid: BEGIN + task(uid) + END + BEGIN + END,
    "no date": lambda uid: BEGIN + task(uid, "DUE:20261301") + END,
    "a day before all days": lambda uid: BEGIN + task(uid, "DUE:00000101T000000Z") + END,
    "an hour after all hours": lambda uid: (
        BEGIN + task(uid, "DUE;TZID=America/New_York:99991231T235959") + END
    ),
    "an end without a beginning": lambda uid: BEGIN + "END:VEVENT\r\n" + task(uid) + END,
    "megabytes of folds": lambda uid: BEGIN + task(uid, "DESCRIPTION:" + "\r\n x" * 1_000_000) + END,
    "a zone that nobody has": lambda uid: (
        BEGIN + task(uid, "DUE;TZID=../../etc/passwd:20261215T080000") + END
    ),
    "a zone with a NUL": lambda uid: BEGIN + task(uid, "DUE;TZID=Eur\0ope:20261215T080000") + END,
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_one_sensible_item_is_named_in_a_line_and_stays(phone: CalendarFolder, kind: str) -> None:
    id = read(phone, "Zoner")["id"]
    content = REFUSED[kind](f"{id}@crm").encode()
    phone.file(id).write_bytes(content)
    before = phone.crm.records()
    ended = phone.sync(code=7)
    assert (ended.err.count("\n"), ended.out) == (1, "")
    assert f"{id}@crm.ics: " in ended.err
    assert phone.file(id).read_bytes() == content
    assert phone.crm.records() == before


TAKEN = {
    "ticked off without a time": (["STATUS:COMPLETED"], {"state": "done", "closed": "2026-11-24T08:00:00Z"}),
    "ticked off before the record": (
        ["STATUS:COMPLETED", "COMPLETED:00010101T000000Z"],
        {"state": "done"},
    ),
    "ticked off at no time": (["STATUS:COMPLETED", "COMPLETED:soon"], {"state": "done"}),
    "due before it begins": (
        ["DTSTART;VALUE=DATE:20270101", "DUE;VALUE=DATE:20261215"],
        {"due": "2026-12-15"},
    ),
    "a rule of a billion": (
        ["DUE;VALUE=DATE:20261215", "RRULE:FREQ=SECONDLY;COUNT=1000000000"],
        {"due": "2026-12-15"},
    ),
    "a NUL in a text": (["DESCRIPTION:a\0b", "DUE;VALUE=DATE:20261201"], {"note": "a\0b"}),
    "a sequence of a million digits": (
        ["SEQUENCE:" + "9" * 1_000_000, "STATUS:CANCELLED"],
        {"state": "cancelled"},
    ),
    "a state that nobody has": (["STATUS:\x1b[31mX", "DUE;VALUE=DATE:20261201"], {"state": "planned"}),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_what_can_be_meant_is_taken_as_it_is_meant(phone: CalendarFolder, kind: str) -> None:
    id = read(phone, "Zoner")["id"]
    lines, expected = TAKEN[kind]
    phone.file(id).write_bytes((BEGIN + task(f"{id}@crm", *lines) + END).encode())
    phone.sync()
    found = read(phone, "Zoner")
    assert {name: found.get(name) for name in expected} == expected
    assert phone.sync().out == ""


def test_a_declared_zone_that_lies_about_a_known_one_is_not_believed(phone: CalendarFolder) -> None:
    id = read(phone, "Zvisite")["id"]
    phone.set(id, "DTSTART", "DTSTART;TZID=Europe/Paris:20261225T090000")
    phone.change(id, lambda text: text.replace("BEGIN:VEVENT", f"{LIE}BEGIN:VEVENT"))
    phone.sync()
    assert (read(phone, "Zvisite")["due"], read(phone, "Zvisite")["time"]) == ("2026-12-25", "09:00")


def test_a_line_folded_inside_a_character_is_one_text(phone: CalendarFolder) -> None:
    id = read(phone, "Zoner")["id"]
    content = BEGIN.encode() + task(f"{id}@crm", "DESCRIPTION:Clé sous le paillasson").encode() + END.encode()
    phone.file(id).write_bytes(content.replace("é".encode(), b"\xc3\r\n \xa9"))
    phone.sync()
    assert read(phone, "Zoner")["note"] == "Clé sous le paillasson"


def test_a_summary_with_codes_for_terminals_is_text(phone: CalendarFolder) -> None:
    id = read(phone, "Zoner")["id"]
    phone.set(id, "SUMMARY", "SUMMARY:Zoner\x1b]0;pwned\x07\x1b[2J\u202e Anne")
    ended = phone.sync()
    shown = ended.out + ended.err + phone.crm("activity", "list", f"id:{DEAL}").out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


@pytest.mark.parametrize(
    "name", ["a\nb: crm: deleted\n.ics", "\x1b[31mred\x1b]0;x\x07.ics", "\u202e.ics", "-rf.ics"]
)
def test_a_file_may_have_any_name_and_is_named_on_one_line(phone: CalendarFolder, name: str) -> None:
    id = read(phone, "Zoner")["id"]
    (phone.path / name).write_bytes(f"BEGIN:VCALENDAR\r\nUID:{id}@crm\r\n".encode())
    ended = phone.sync(code=7)
    assert ended.err.count("\n") == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.err)


def test_a_file_whose_name_is_not_text_is_named(phone: CalendarFolder) -> None:
    id = read(phone, "Zoner")["id"]
    with open(bytes(phone.path) + b"/\xff\xfe.ics", "wb") as file:
        file.write(f"BEGIN:VCALENDAR\r\nUID:{id}@crm\r\n".encode())
    assert phone.sync(code=7).err.count("\n") == 1
    assert phone.sync("-o", "json", code=7).err.count("\n") == 1


CARDS = {
    "4 MB of note": "NOTE:" + "x" * 4_000_000,
    "100,000 phones": "\r\n".join(f"TEL:06{n:08}" for n in range(100_000)),
    "a card in a card": "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:X\r\nEND:VCARD",
    "a line that is none": "FN",
}


@pytest.mark.parametrize("kind", CARDS)
def test_a_card_that_is_not_sensible_is_named_in_a_line_and_stays(
    crm: Crm, tmp_path: Path, kind: str
) -> None:
    book = tmp_path / "carnet"
    book.mkdir()
    crm("contact", "sync", str(book))
    card = book / f"{PIERRE}.vcf"
    card.write_bytes(card.read_bytes().replace(b"END:VCARD", f"{CARDS[kind]}\r\nEND:VCARD".encode()))
    content, before = card.read_bytes(), crm.records()
    ended = crm("contact", "sync", str(book), code=7)
    assert (ended.err.count("\n"), ended.out) == (1, "")
    assert f"{PIERRE}.vcf: " in ended.err
    assert (card.read_bytes(), crm.records()) == (content, before)


NAMES = ["DUE", "DTSTART", "SUMMARY", "STATUS", "COMPLETED", "DESCRIPTION", "COMMENT", "DURATION", "BEGIN", "END", "TEL",
         "N", "FN", "ADR", "ORG", "UID", "CATEGORIES", "NOTE", "LANG", "KIND", "REV"]  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["20261225T090000Z", "VTODO", "VEVENT", "VTIMEZONE", "COMPLETED", "00010101", "P1W", ";;;;", "\\"]
    ),
)
LINES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda name, param, text: f"{name}{param}:{text}".encode("utf-8", "replace"),
            st.sampled_from(NAMES),
            st.sampled_from(
                ["", ";TZID=Europe/Paris", ";TZID=x", ";VALUE=DATE", ";ENCODING=QUOTED-PRINTABLE", ';A="']
            ),
            TEXT,
        ),
    ),
    max_size=6,
)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(LINES, st.booleans())
def test_any_lines_in_an_item_or_a_card_are_taken_or_named_and_a_second_run_is_quiet(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[bytes], is_card: bool
) -> None:
    monkeypatch.setenv("CRM_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / f"folder{next(NUMBERS)}"
    folder.mkdir()

    def sync() -> list[Any]:
        request = Request(str(crm.root), user="marie", now="2026-11-24T09:00")
        report = sync_contacts(request, folder) if is_card else sync_calendar(request, folder)
        return report.items

    sync()
    changed = sorted(folder.iterdir())[0]
    marker = b"END:VCARD" if is_card else b"END:VTODO"
    changed.write_bytes(changed.read_bytes().replace(marker, b"\r\n".join([*lines, marker])))
    sync()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}, crm.records()
    assert all(each.outcome == "unchanged" for each in sync())
    assert ({path.name: path.read_bytes() for path in folder.iterdir()}, crm.records()) == before
