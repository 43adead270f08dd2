"""`crm export ics`: khal and todoman read the activities as they are meant."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import icalendar
import pytest

from tests.harness.calendar_folder import CalendarFolder
from tests.harness.crm import Crm

KHAL = """\
[calendars]
[[crm]]
path = {path}
[locale]
local_timezone = Europe/Paris
default_timezone = Europe/Paris
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {path}/../khal.db
"""
TODOMAN = """\
path = "{path}/*"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_list = "todo"
cache_path = "{path}/../todoman.sqlite3"
"""


def run(*words: str, home: Path) -> str:
    program = Path(sys.executable).with_name(words[0])
    environment = {**os.environ, "HOME": str(home), "TZ": "Europe/Paris", "LANG": "C.UTF-8"}
    ended = subprocess.run([program, *words[1:]], env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def write_items(text: str, folder: Path) -> None:
    """Write each item into a file of its own, as vdirsyncer does."""
    folder.mkdir(parents=True)
    calendar = icalendar.Calendar.from_ical(text)
    for item in calendar.walk():
        if item.name in ("VEVENT", "VTODO"):
            one = icalendar.Calendar({"VERSION": "2.0", "PRODID": "x"})
            one.add_component(item)
            one.add_missing_timezones()
            (folder / f"{item['UID']}.ics").write_bytes(one.to_ical())


@pytest.fixture
def busy(crm: Crm) -> Crm:
    words = ["activity", "add", "bbssmqtf", "--summary"]
    crm(*words, "Visite; mètre, échelle", "--type", "visit", "--due", "2026-12-24", "--time", "14:30")
    crm(*words, "Appel du matin", "--type", "call", "--due", "2026-12-25", "--assignee", "marie")
    crm(
        *words,
        "Ramonage",
        "--type",
        "sweep",
        "--due",
        "2026-03-02",
        "--time",
        "08:00",
        "--every",
        "FREQ=MONTHLY;BYDAY=1MO",
    )
    return crm


def test_khal_shows_hours_and_recurrences_over_summer_time(busy: Crm, tmp_path: Path) -> None:
    folder = tmp_path / "calendars" / "crm"
    write_items(busy("export", "ics", "id:bbssmqtf").out, folder)
    config = tmp_path / "khal.conf"
    config.write_text(KHAL.format(path=folder), "utf-8")
    listed = run(
        "khal", "-c", str(config), "list", "2026-03-01", "2026-12-31", "--format", "{start} {title}", "--day-format", "",
        home=tmp_path,
    ).splitlines()  # fmt: skip
    assert "2026-12-24 14:30 Visite; mètre, échelle" in listed
    sweeps = [line for line in listed if line.endswith("Ramonage")]
    assert sweeps[:3] == [f"2026-{day} 08:00 Ramonage" for day in ("03-02", "04-06", "05-04")]


def test_todoman_lists_the_tasks_with_their_days(busy: Crm, tmp_path: Path) -> None:
    folder = tmp_path / "calendars" / "todo"
    write_items(busy("export", "ics", "id:bbssmqtf").out, folder)
    config = tmp_path / "todoman.py"
    config.write_text(TODOMAN.format(path=tmp_path / "calendars"), "utf-8")
    listed = run("todo", "--config", str(config), "list", home=tmp_path)
    assert re.search("2026-12-25.*Appel du matin", listed)
    assert "Visite" not in listed


def test_an_item_keeps_its_uid_and_tells_its_state(busy: Crm) -> None:
    def items() -> dict[str, icalendar.Component]:
        calendar = icalendar.Calendar.from_ical(busy("export", "ics", "id:bbssmqtf", "state:any").out)
        return {str(item["SUMMARY"]): item for item in calendar.walk() if "UID" in item}

    before = items()["Appel du matin"]
    assert (before["STATUS"], before["DUE"].dt.isoformat()) == ("NEEDS-ACTION", "2026-12-25")
    assert before["DUE"].params["VALUE"] == "DATE"
    [alarm] = before.walk("VALARM")
    assert alarm["TRIGGER"].to_ical() == b"PT9H"
    id = str(before["UID"]).partition("@")[0]
    busy("done", id, "--outcome", "joint")
    after = items()["Appel du matin"]
    assert (after["UID"], after["STATUS"]) == (before["UID"], "COMPLETED")
    assert after["COMPLETED"].to_ical() == b"20261124T080000Z"
    assert not after.walk("VALARM")
    visit = items()["Visite; mètre, échelle"]
    busy("activity", "cancel", str(visit["UID"]).partition("@")[0])
    assert items()["Visite; mètre, échelle"]["STATUS"] == "CANCELLED"


def test_lines_are_folded_and_end_as_the_standard_says(busy: Crm) -> None:
    text = busy("export", "ics").out.encode()
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert text.replace(b"\r\n", b"").count(b"\n") == 0
    assert b"Visite\\; m\xc3\xa8tre\\, \xc3\xa9chelle" in text


def test_what_is_not_a_number_of_minutes_is_one_clear_line(shared: Crm) -> None:
    assert "is not a number of minutes" in shared.refused("export", "ics", "--alarm", "-5", code=2)
    assert "VALARM" not in shared("export", "ics", "--alarm", "none").out


def test_two_exports_are_equal_and_a_change_shows_only_in_its_item(busy: Crm) -> None:
    def items() -> dict[str, str]:
        text = busy("export", "ics", "state:any", "--now", next(days)).out
        found = re.findall(r"BEGIN:(?:VTODO|VEVENT)\r?\nU?.*?END:(?:VTODO|VEVENT)", text, re.DOTALL)
        return {re.search("UID:(.*)", item)[1].strip(): item for item in found}  # type: ignore[index]

    days = iter(["2026-11-24T09:00", "2026-11-26T10:00", "2026-11-27T11:00"])
    assert busy("export", "ics").out == busy("export", "ics").out
    before = items()
    assert len(before) > 5
    assert items() == before
    id = next(uid for uid, item in before.items() if "Appel du matin" in item).partition("@")[0]
    busy("activity", "edit", id, "--summary", "Appel de midi")
    after = items()
    assert [uid for uid in after if after[uid] != before[uid]] == [f"{id}@crm"]


@pytest.mark.parametrize(
    ("day", "shown", "moments"),
    [
        ("2026-03-29", ("02:30", "03:30"), ["20260329T013000Z"]),  # the hour that does not exist
        ("2026-10-25", ("02:30",), ["20261025T003000Z", "20261025T013000Z"]),  # the hour that comes twice
    ],
)
def test_an_hour_on_the_day_that_the_clock_changes(
    crm: Crm, tmp_path: Path, day: str, shown: tuple[str, ...], moments: list[str]
) -> None:
    add = ["activity", "add", "bbssmqtf", "--type", "visit", "--assignee", "marie", "--summary", "Nuit"]
    crm(*add, "--due", day, "--time", "02:30")

    def visit() -> tuple[str, str, str]:
        found = json.loads(crm("activity", "list", "id:bbssmqtf", "-o", "json").out)
        [one] = [each for each in found if each["summary"] == "Nuit"]
        return one["id"], one["due"], one["time"]

    folder = tmp_path / "calendars" / "crm"
    write_items(crm("export", "ics", "id:bbssmqtf").out, folder)
    config = tmp_path / "khal.conf"
    config.write_text(KHAL.format(path=folder), "utf-8")
    listed = run("khal", "-c", str(config), "list", day, "1d", "--format", "{start} {title}", "--day-format", "",
        home=tmp_path).splitlines()  # fmt: skip
    assert any(f"{day} {hour} Nuit" in listed for hour in shown)

    phone = CalendarFolder(crm, tmp_path / "synced")
    for _ in range(2):
        phone.sync("id:bbssmqtf")
        assert visit()[1:] == (day, "02:30")
    for moment in moments:
        phone.set(visit()[0], "DTSTART", f"DTSTART:{moment}")
        phone.sync("id:bbssmqtf")
        assert visit()[1:] == (day, shown[-1])
        assert phone.sync("id:bbssmqtf").out == ""
