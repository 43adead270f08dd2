"""`crm calendar sync`: what a phone changes comes into the records, and what changes there onto the phone."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.harness.calendar_folder import CalendarFolder
from tests.harness.crm import Crm

DEAL = "bbssmqtf"
FOREIGN = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:dentist\r\nDTSTART:20261124T100000Z\r\n"
    "SUMMARY:Dentiste\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
OUTLOOK_ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Chez nous\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
    "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


@pytest.fixture
def phone(crm: Crm, tmp_path: Path) -> CalendarFolder:
    return CalendarFolder(crm, tmp_path / "agenda")


@pytest.fixture
def task(phone: CalendarFolder) -> str:
    """A call of marie's on a day, which is in the folder."""
    return plan(phone, "Relancer", "--due", "2026-12-01")


@pytest.fixture
def event(phone: CalendarFolder) -> str:
    """A visit of marie's at an hour, which is in the folder."""
    return plan(phone, "Visite", "--due", "2026-12-24", "--time", "14:30")


def plan(phone: CalendarFolder, summary: str, *words: str) -> str:
    add = ["activity", "add", DEAL, "--type", "call", "--assignee", "marie", "--summary", summary, *words]
    before = {each["id"] for each in activities(phone.crm)}
    phone.crm(*add)
    [id] = {each["id"] for each in activities(phone.crm)} - before
    phone.sync()
    return str(id)


def activities(crm: Crm) -> list[dict[str, Any]]:
    return list(json.loads(crm("activity", "list", f"id:{DEAL}", "state:any", "-o", "json").out))


def activity(phone: CalendarFolder, id: str) -> dict[str, Any]:
    return next(each for each in activities(phone.crm) if each["id"] == id)


def is_settled(phone: CalendarFolder, *words: str) -> bool:
    """Whether another run changes nothing at all."""
    before = phone.contents(), phone.crm.records()
    ended = phone.sync(*words)
    return (phone.contents(), phone.crm.records()) == before and ended.out == ""


def test_the_first_run_writes_what_is_planned_for_me_and_the_second_nothing(phone: CalendarFolder) -> None:
    assert "items added" in phone.sync().out
    mine = json.loads(phone.crm("activity", "list", "assignee:me", "-o", "json").out)
    assert sorted(phone.contents()) == sorted(f"{each['id']}@crm.ics" for each in mine)
    assert is_settled(phone)


def test_a_task_ticked_off_is_done_when_it_was_ticked_off(phone: CalendarFolder, task: str) -> None:
    phone.tick_off(task, "20261123T150000Z")
    assert "1 activity changed from the calendar" in phone.sync().out
    done = activity(phone, task)
    assert (done["state"], done["closed"]) == ("done", "2026-11-23T15:00:00Z")
    assert "marie" in phone.crm("log", DEAL).out
    assert is_settled(phone)
    assert phone.line(task, "STATUS") == "COMPLETED"


def test_a_clock_that_is_ahead_does_not_date_anything_into_the_future(
    phone: CalendarFolder, task: str
) -> None:
    phone.tick_off(task, "20991231T000000Z")
    phone.sync()
    assert activity(phone, task)["closed"] == "2026-11-24T08:00:00Z"


def test_undo_takes_the_run_back_and_the_next_one_the_phone(phone: CalendarFolder, task: str) -> None:
    phone.tick_off(task)
    phone.sync()
    phone.crm("undo")
    assert activity(phone, task)["state"] == "planned"
    phone.sync()
    assert phone.line(task, "STATUS") == "NEEDS-ACTION"
    assert phone.line(task, "COMPLETED") == ""
    assert activity(phone, task)["state"] == "planned"


def test_a_recurring_one_ticked_off_is_followed_by_the_next(phone: CalendarFolder) -> None:
    id = plan(phone, "Ramonage", "--due", "2026-11-24", "--every", "1y")
    phone.tick_off(id, "20261124T070000Z")
    phone.sync()
    [following] = [each for each in activities(phone.crm) if each["due"] == "2027-11-24"]
    assert phone.line(following["id"], "DUE") == "20271124"
    assert is_settled(phone)


@pytest.mark.parametrize(
    ("line", "due", "time"),
    [
        ("DTSTART:20261224T160000Z", "2026-12-24", "17:00"),
        ("DTSTART;TZID=Europe/Paris:20261225T090000", "2026-12-25", "09:00"),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/London:20261225T090000",
            "2026-12-25",
            "10:00",
        ),
        ("DTSTART;TZID=W. Europe Standard Time:20261225T090000", "2026-12-25", "09:00"),
        ("DTSTART:20261225T090000", "2026-12-25", "09:00"),
        ("DTSTART;VALUE=DATE:20261226", "2026-12-26", None),
        ("DTSTART:20270328T003000Z", "2027-03-28", "01:30"),
        ("DTSTART:20270328T013000Z", "2027-03-28", "03:30"),
    ],
)
def test_an_event_that_is_moved_is_due_then(
    phone: CalendarFolder, event: str, line: str, due: str, time: str | None
) -> None:
    phone.set(event, "DTSTART", line)
    phone.sync()
    moved = activity(phone, event)
    assert (moved["due"], moved.get("time")) == (due, time)
    assert is_settled(phone)


def test_a_zone_that_only_the_file_knows_is_used(phone: CalendarFolder, event: str) -> None:
    phone.set(event, "DTSTART", "DTSTART;TZID=Chez nous:20261225T090000")
    phone.change(event, lambda text: text.replace("BEGIN:VEVENT", f"{OUTLOOK_ZONE}BEGIN:VEVENT"))
    phone.sync()
    assert activity(phone, event)["time"] == "10:00"


def test_a_moved_event_keeps_its_length_when_the_record_moves_it_again(
    phone: CalendarFolder, event: str
) -> None:
    phone.set(event, "DURATION", "DTEND;TZID=Europe/Paris:20261224T170000")
    phone.sync()
    phone.crm("activity", "edit", event, "--due", "2026-12-28", "--time", "08:00")
    phone.sync()
    assert phone.line(event, "DTSTART") == "20261228T080000"
    assert (phone.line(event, "DURATION"), phone.line(event, "DTEND")) == ("PT150M", "")


def test_a_task_gets_an_hour_and_loses_its_day(phone: CalendarFolder, task: str) -> None:
    phone.set(task, "DUE", "DUE;TZID=Europe/Paris:20261202T081500")
    phone.sync()
    assert activity(phone, task)["time"] == "08:15"
    assert is_settled(phone)
    phone.set(task, "DUE", "")
    phone.sync()
    assert activity(phone, task)["due"] is None
    assert is_settled(phone)


def test_what_is_said_in_the_calendar_becomes_the_note(phone: CalendarFolder, task: str) -> None:
    phone.say(task, "Prendre l’échelle\\, le conduit est haut")
    phone.sync()
    assert activity(phone, task)["note"] == "Prendre l’échelle, le conduit est haut"
    phone.set(task, "COMMENT", "COMMENT:Code du portail 1234")
    phone.sync()
    assert activity(phone, task)["note"].splitlines()[1:] == ["Code du portail 1234"]
    assert is_settled(phone)
    assert phone.text(task).count("1234") == 2  # the comment itself, and the note


def test_unknown_properties_alarms_and_colours_stay(phone: CalendarFolder, task: str) -> None:
    mine = (
        "X-APPLE-SORT-ORDER:683\r\nCOLOR:red\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM"
    )
    phone.change(task, lambda text: text.replace("END:VTODO", f"{mine}\r\nEND:VTODO"))
    phone.crm("activity", "edit", task, "--summary", "Rappeler", "--due", "2026-12-09")
    phone.sync()
    assert phone.line(task, "SUMMARY") == "Rappeler"
    assert all(each in phone.text(task) for each in mine.split("\r\n"))
    assert (phone.line(task, "DUE"), phone.line(task, "SEQUENCE")) == ("20261209", "1")


@pytest.mark.parametrize("between", [" - ", " ", "\\, ", ": "])
def test_what_is_said_behind_a_line_of_ours_becomes_the_note(
    phone: CalendarFolder, task: str, between: str
) -> None:
    before = phone.line(task, "DESCRIPTION")
    phone.set(task, "DESCRIPTION", f"DESCRIPTION:{before}{between}a dit oui")
    phone.sync()
    assert activity(phone, task)["note"] == "a dit oui"
    assert phone.line(task, "DESCRIPTION") == f"{before}\\na dit oui"
    assert is_settled(phone)


def test_a_note_that_begins_like_a_line_of_ours_stays_whole(phone: CalendarFolder, task: str) -> None:
    contact = phone.line(task, "DESCRIPTION").split("\\n")[1]
    phone.say(task, f"{contact} au travail")
    phone.sync()
    assert activity(phone, task)["note"] == f"{contact} au travail"


def triggers(phone: CalendarFolder, id: str) -> list[str]:
    return [each for each in phone.text(id).splitlines() if each.startswith("TRIGGER")]


def test_the_alarm_of_ours_follows_when_a_day_becomes_an_hour(phone: CalendarFolder, task: str) -> None:
    assert triggers(phone, task) == ["TRIGGER;RELATED=END:PT9H"]
    phone.crm("activity", "edit", task, "--time", "14:00")
    phone.sync()
    assert triggers(phone, task) == ["TRIGGER;RELATED=END:-PT30M"]
    phone.crm("activity", "edit", task, "--time", "-", "--due", "-")
    phone.sync()
    assert triggers(phone, task) == []
    phone.crm("activity", "edit", task, "--due", "2026-12-03")
    phone.sync()
    assert triggers(phone, task) == ["TRIGGER;RELATED=END:PT9H"]
    assert is_settled(phone)


def test_the_alarm_of_ours_follows_when_an_hour_becomes_a_day(phone: CalendarFolder, event: str) -> None:
    phone.crm("activity", "edit", event, "--time", "-")
    phone.sync()
    assert triggers(phone, event) == ["TRIGGER:PT9H"]


@pytest.mark.parametrize("new", ["TRIGGER:-PT10M", ""])
def test_an_alarm_that_the_user_changed_stays(phone: CalendarFolder, event: str, new: str) -> None:
    phone.change(event, lambda text: text.replace("TRIGGER:-PT30M", new))
    phone.crm("activity", "edit", event, "--time", "-")
    phone.sync()
    assert triggers(phone, event) == ([new] if new else [])


def test_fields_that_both_sides_changed_are_decided_one_by_one(phone: CalendarFolder, task: str) -> None:
    phone.crm("activity", "edit", task, "--due", "2026-12-09", "--note", "Demander le plan")
    phone.set(task, "DUE", "DUE;VALUE=DATE:20261215")
    phone.set(task, "SUMMARY", "SUMMARY:Rappeler M. Le Goff")
    phone.say(task, "Sonner deux fois")
    ended = phone.sync()
    both = activity(phone, task)
    assert (both["due"], both["summary"]) == ("2026-12-09", "Rappeler M. Le Goff")
    assert both["note"] == "Demander le plan\nSonner deux fois"
    assert (
        "Rappeler M. Le Goff differs on both sides: due/time stays '2026-12-09', not '2026-12-15'"
        in ended.err
    )
    assert phone.line(task, "DUE") == "20261209"
    assert is_settled(phone)


def test_a_task_unticked_is_named(phone: CalendarFolder, task: str) -> None:
    phone.tick_off(task)
    phone.sync()
    phone.set(task, "STATUS", "STATUS:NEEDS-ACTION")
    before = phone.file(task).read_bytes()
    assert "Relancer differs on both sides: state stays done, not planned" in phone.sync().err
    phone.file(task).write_bytes(before)
    said = phone.crm("calendar", "sync", str(phone.path), CRM_LANG="fr").err
    assert "diffère des deux côtés : état reste faite, pas prévue" in said


def test_what_only_changed_the_record_is_taken_and_no_empty_result(phone: CalendarFolder, task: str) -> None:
    phone.sync("-e", code=1)
    phone.tick_off(task)
    [item] = json.loads(phone.sync("-e", "-o", "json").out)
    assert (item["outcome"], item["taken"]) == ("taken", ["state"])
    phone.sync("-e", "-o", "json", code=1)


def test_an_item_that_is_none_any_more_is_named(phone: CalendarFolder, task: str) -> None:
    phone.set(task, "UID", "UID:moi")
    text = phone.file(task).read_bytes()
    ended = phone.sync(code=7)
    assert f"{task}@crm.ics: is not the item of {task} any more; left as it is (delete it" in ended.err
    assert phone.file(task).read_bytes() == text


def test_done_stands_before_cancelled(phone: CalendarFolder, task: str) -> None:
    phone.crm("activity", "cancel", task, "--reason", "doublon")
    phone.tick_off(task)
    phone.sync()
    assert activity(phone, task)["state"] == "done"
    assert is_settled(phone)


def test_what_is_deleted_on_the_phone_comes_back_and_is_named(phone: CalendarFolder, task: str) -> None:
    phone.file(task).unlink()
    ended = phone.sync()
    assert f"{task} Relancer was deleted there" in ended.err
    assert phone.line(task, "STATUS") == "NEEDS-ACTION"
    assert activity(phone, task)["state"] == "planned"


def test_what_is_deleted_on_the_phone_is_cancelled_if_one_says_so(phone: CalendarFolder, task: str) -> None:
    phone.file(task).unlink()
    out = phone.sync("--deleted", "cancel").out
    assert "1 activity cancelled" in out
    assert f"{task}  Relancer" in out
    assert activity(phone, task)["state"] == "cancelled"
    assert not phone.file(task).exists()
    assert is_settled(phone)


def test_an_empty_folder_cancels_nothing(phone: CalendarFolder, task: str) -> None:
    for each in phone.path.iterdir():
        each.unlink()
    assert "items are gone" in phone.crm.refused(
        "calendar", "sync", str(phone.path), "--deleted", "cancel", code=5
    )
    assert activity(phone, task)["state"] == "planned"


def test_a_mistyped_query_does_not_empty_the_folder(phone: CalendarFolder, task: str, event: str) -> None:
    phone.set(task, "COLOR", "COLOR:red")
    phone.sync()
    before = phone.contents(), phone.crm.records()
    ended = phone.sync("due:..2020-01-01", code=5)
    assert "do not match and would be removed" in ended.err
    assert (phone.contents(), phone.crm.records()) == before
    assert "items removed" in phone.sync("due:..2020-01-01", "--remove").out
    assert not phone.contents()


def test_only_items_that_would_be_removed_are_counted(phone: CalendarFolder) -> None:
    phone.sync()
    phone.sync("--as", "paul")
    both = set(phone.contents())
    phone.sync("--all")
    assert both < set(phone.contents())
    phone.sync()
    assert set(phone.contents()) == both


def test_several_people_use_one_folder(phone: CalendarFolder, task: str, event: str) -> None:
    mine = phone.contents()
    phone.sync("--as", "paul")
    both = phone.contents()
    assert mine.keys() < both.keys()
    assert mine.items() <= both.items()
    [id] = [name.removesuffix("@crm.ics") for name in sorted(both.keys() - mine.keys())][:1]
    phone.tick_off(id)
    ticked = phone.contents()
    assert phone.sync("--as", "marie").out == ""
    assert phone.contents() == ticked
    assert "1 activity changed" in phone.sync("--as", "paul").out


def test_an_item_of_a_new_assignee_stays(phone: CalendarFolder, task: str, event: str) -> None:
    phone.set(task, "COLOR", "COLOR:red")
    phone.sync()
    phone.crm("activity", "edit", task, "--assignee", "paul")
    phone.sync("--as", "paul")
    phone.sync("--as", "marie")
    assert phone.line(task, "COLOR") == "red"
    phone.crm("activity", "edit", task, "--assignee", "marie")
    phone.sync("--as", "paul")
    assert not phone.file(task).exists()


def test_an_unknown_time_zone_is_named_and_left_as_it_is(phone: CalendarFolder, event: str) -> None:
    phone.set(event, "DTSTART", "DTSTART;TZID=Mars/Phobos:20261225T090000")
    before = phone.contents(), phone.crm.records()
    ended = phone.sync(code=7)
    assert f"{event}@crm.ics" in ended.err
    assert "Mars/Phobos" in ended.err
    assert (phone.contents(), phone.crm.records()) == before


def test_cancelled_and_deleted_here_is_so_there(phone: CalendarFolder, task: str, event: str) -> None:
    phone.crm("activity", "cancel", event)
    phone.sync()
    assert phone.line(event, "STATUS") == "CANCELLED"
    phone.crm("delete", DEAL, "--yes")
    phone.sync()
    assert not phone.file(task).exists()


def test_done_ones_leave_after_a_month(phone: CalendarFolder, task: str) -> None:
    phone.tick_off(task)
    phone.sync()
    phone.sync("--now", "2026-12-20")
    assert phone.file(task).exists()
    phone.sync("--now", "2026-12-30")
    assert not phone.file(task).exists()
    assert activity(phone, task)["state"] == "done"


def test_items_of_others_are_left_alone(phone: CalendarFolder, task: str) -> None:
    (phone.path / "dentist.ics").write_text(FOREIGN, "utf-8", newline="")
    other = phone.text(task).replace(task, "zzzzzzz9")
    (phone.path / "other.ics").write_text(other, "utf-8", newline="")
    assert is_settled(phone)


def test_one_that_is_somebody_elses_now_leaves_with_what_was_said_about_it(
    phone: CalendarFolder, task: str
) -> None:
    phone.crm("activity", "reassign", task, "--to", "paul")
    phone.say(task, "Il est sourd")
    phone.sync()
    assert not phone.file(task).exists()
    assert activity(phone, task)["note"] == "Il est sourd"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:{id}@crm\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:{id}@crm\r\nDUE:gestern\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VTODO\r\n" * 50 + b"UID:{id}@crm",
        b"BEGIN:VCALENDAR\r\n" + b"X:1\r\n" * 30_000 + b"X:{id}@crm\r\nEND:VCALENDAR\r\n",
        b"x" * (5 * 1024 * 1024),
    ],
    ids=["empty", "bytes", "endless", "no date", "deep", "long", "giant"],
)
def test_a_broken_file_is_named_and_left_as_it_is(phone: CalendarFolder, task: str, content: bytes) -> None:
    broken = content.replace(b"{id}", task.encode())
    phone.file(task).write_bytes(broken)
    ended = phone.sync(code=7)
    assert f"{task}@crm.ics" in ended.err
    assert phone.file(task).read_bytes() == broken
    assert activity(phone, task)["state"] == "planned"


def test_links_are_neither_read_nor_written_through(phone: CalendarFolder, task: str, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.ics"
    phone.tick_off(task)
    os.replace(phone.file(task), outside)
    phone.file(task).symlink_to(outside)
    before = outside.read_bytes()
    assert "is a symbolic link" in phone.sync(code=7).err
    assert outside.read_bytes() == before
    assert activity(phone, task)["state"] == "planned"


def test_two_files_with_one_uid_are_named(phone: CalendarFolder, task: str) -> None:
    (phone.path / "copy.ics").write_bytes(phone.file(task).read_bytes())
    assert "copy.ics" in phone.sync(code=7).err


def test_a_rule_that_never_ends_costs_nothing(phone: CalendarFolder, event: str) -> None:
    phone.set(event, "RRULE", "RRULE:FREQ=SECONDLY;INTERVAL=1")
    phone.set(event, "SUMMARY", "SUMMARY:Visite du chantier")
    phone.sync()
    assert activity(phone, event)["summary"] == "Visite du chantier"
    assert phone.line(event, "RRULE") == "FREQ=SECONDLY;INTERVAL=1"


def test_without_a_memory_nothing_is_doubled_or_lost(phone: CalendarFolder, task: str) -> None:
    phone.set(task, "SUMMARY", "SUMMARY:Autre chose")
    phone.tick_off(task)
    for state in (phone.crm.root.parent / ".local/state/crm").glob("synced-*"):
        state.unlink()
    ended = phone.sync()
    assert "summary stays 'Relancer', not 'Autre chose'" in ended.err
    assert activity(phone, task)["state"] == "done"
    assert len([name for name in phone.contents() if task in name]) == 1
    assert is_settled(phone)


def test_a_dry_run_changes_nothing_and_tells_all(phone: CalendarFolder, task: str) -> None:
    phone.tick_off(task)
    before = phone.contents(), phone.crm.records()
    [item] = json.loads(phone.sync("--dry-run", "-o", "json").out)
    assert (item["id"], item["taken"]) == (task, ["state"])
    assert (phone.contents(), phone.crm.records()) == before


def test_a_record_that_cannot_be_read_loses_no_item(phone: CalendarFolder, task: str) -> None:
    path = phone.crm.file(DEAL)
    path.write_text(path.read_text("utf-8") + "\nx: [", "utf-8")
    for each in phone.path.glob("*.ics"):
        if each != phone.file(task):
            phone.tick_off(each.name.partition("@")[0])
            break
    assert phone.sync().err.count("skipped") == 1
    assert phone.file(task).exists()


def test_a_folder_that_is_none_is_one_clear_line(crm: Crm, tmp_path: Path) -> None:
    assert "no such folder" in crm.refused("calendar", "sync", str(tmp_path / "nowhere"), code=3)
    assert "is inside pipeline_data" in crm.refused("calendar", "sync", str(crm.data), code=2)
    assert "exclude" in crm.refused("calendar", "sync", str(tmp_path), "--all", "due:today", code=2)


TASKS_ORG = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:+//IDN tasks.org//android-130904//EN
BEGIN:VTODO
DTSTAMP:20261124T120000Z
UID:{id}@crm
CREATED:20261124T080000Z
LAST-MODIFIED:20261124T120000Z
SUMMARY:Relancer
DESCRIPTION:{description}
PRIORITY:9
DUE;VALUE=DATE:20261201
COMPLETED:20261124T073000Z
STATUS:COMPLETED
PERCENT-COMPLETE:100
X-CRM-RECORD:bbssmqtf
END:VTODO
END:VCALENDAR
"""
NEXTCLOUD = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Nextcloud Tasks v0.16.1
BEGIN:VTODO
UID:{id}@crm
CREATED:20261124T080000
LAST-MODIFIED:20261124T120000
DTSTAMP:20261124T120000
SUMMARY:Relancer
DESCRIPTION:{description}
DUE;VALUE=DATE:20261201
PERCENT-COMPLETE:100
COMPLETED:20261124T073000
STATUS:COMPLETED
END:VTODO
END:VCALENDAR
"""
APPLE = """\
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//iOS 18.1//EN
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:UTC+2
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:UTC+1
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VTODO
COMPLETED:20261124T073000Z
CREATED:20261124T080000Z
DESCRIPTION:{description}
DTSTAMP:20261124T120000Z
DTSTART;TZID=Europe/Paris:20261201T090000
DUE;VALUE=DATE:20261201
PERCENT-COMPLETE:100
SEQUENCE:1
STATUS:COMPLETED
SUMMARY:Relancer
UID:{id}@crm
X-APPLE-SORT-ORDER:802520000
BEGIN:VALARM
ACTION:NONE
TRIGGER;VALUE=DATE-TIME:19760401T005545Z
END:VALARM
END:VTODO
END:VCALENDAR
"""


@pytest.mark.parametrize("form", [TASKS_ORG, NEXTCLOUD, APPLE], ids=["Tasks.org", "Nextcloud", "Apple"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_task_ticked_off_in_other_programs_is_done(
    phone: CalendarFolder, task: str, form: str, ends: str
) -> None:
    text = form.format(id=task, description=phone.line(task, "DESCRIPTION"))
    phone.file(task).write_bytes(text.replace("\n", ends).encode())
    phone.sync()
    done = activity(phone, task)
    assert (done["state"], done["due"], done.get("note")) == ("done", "2026-12-01", None)
    assert phone.file(task).read_bytes() == text.replace("\n", ends).encode()
    assert is_settled(phone)


def test_an_exception_of_a_series_is_not_the_item(phone: CalendarFolder, event: str) -> None:
    exception = f"BEGIN:VEVENT\r\nUID:{event}@crm\r\nRECURRENCE-ID:20270101T000000Z\r\nSUMMARY:Autre\r\nEND:VEVENT\r\n"
    phone.change(event, lambda text: text.replace("BEGIN:VEVENT", f"{exception}BEGIN:VEVENT", 1))
    assert is_settled(phone)
    assert activity(phone, event)["summary"] == "Visite"


def test_a_run_that_is_killed_is_completed_by_the_next(phone: CalendarFolder, task: str) -> None:
    phone.tick_off(task)
    phone.crm("activity", "edit", task, "--summary", "Rappeler")
    before = phone.contents(), sorted((phone.crm.root.parent / ".local/state/crm").glob("synced-*"))
    kept = [each.read_bytes() for each in before[1]]
    phone.sync()
    for name, content in before[0].items():  # as if it had been killed between the records and the files
        (phone.path / name).write_bytes(content)
    for path, content in zip(before[1], kept, strict=True):
        path.write_bytes(content)
    phone.sync()
    assert (activity(phone, task)["state"], phone.line(task, "SUMMARY")) == ("done", "Rappeler")
    assert is_settled(phone)
