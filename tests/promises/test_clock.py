"""A clock that is set back, or was wrong, takes nothing from anybody: order, undo, rules, mails, and what the index knows."""

import email
import itertools
import json
import os
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from crmcli.domain.rules import releases
from crmcli.store.codec.parser import parse_yaml
from crmcli.store.index import fingerprint
from crmcli.store.transactions.files import Directory
from tests.harness.clocks import clock_off_by, clock_that_runs_back
from tests.harness.mail_server import a_mail_server
from tests.harness.workspaces import JEAN, Workspace
from tests.promises.test_concurrent_writers import history, holding_the_lock
from tests.promises.test_damaged_memory import believed
from tests.promises.test_mail_leaves_once import SETTINGS

SHIFTS = (
    {"days": 400},
    {"days": -400},
    {"hours": -1},
    {"seconds": -1},
    {"days": 30},
    {"minutes": -90},
    {},
)


@pytest.fixture
def office(workspace: Workspace) -> Workspace:
    """A workspace whose commands look at the clock."""
    del workspace.environment["CRM_NOW"]
    return workspace


def a_deal(office: Workspace) -> str:
    """A record that is made now."""
    return office("create", "Deal", "--contact", JEAN, "-o", "ids").ids[0]


def test_entries_stay_in_order_and_undo_takes_the_last_command(office: Workspace) -> None:
    deal = a_deal(office)
    stages = itertools.cycle(("contacted", "visit"))
    for number, shift in enumerate(SHIFTS):
        office("note", deal, "-m", f"note {number}", first=clock_off_by(**shift))
        office("move", deal, "--to", next(stages), first=clock_off_by(**shift))
    entries = history(office, deal)
    times = [str(entry["at"]) for entry in entries]
    assert times == sorted(times)
    assert [entry["text"] for entry in entries if entry["event"] == "note"] == [
        f"note {number}" for number in range(len(SHIFTS))
    ]
    for number, shift in reversed([*enumerate(SHIFTS)]):
        for line in (f"crm move {deal} --to ", f"crm note {deal} -m 'note {number}'"):
            assert office("undo", first=clock_off_by(**shift)).out.startswith(f"undone: {line}")
    assert parse_yaml(office.text(deal))["stage"] == "new"
    assert office("undo", "--force").out.startswith("undone: crm create")
    assert office.is_clean()


def test_records_made_while_the_clock_is_wrong_have_ids_and_files_of_their_own(office: Workspace) -> None:
    made = [office("create", "Deal", "-o", "ids", first=clock_off_by(**shift)).ids[0] for shift in SHIFTS]
    assert len({*made}) == len({office.file(id) for id in made}) == len(SHIFTS)
    for shift in SHIFTS:
        assert {*office("list", "-o", "ids", first=clock_off_by(**shift)).ids} == {*made}
    assert office.is_clean()


def test_what_is_due_follows_the_clock_back_and_forth(office: Workspace) -> None:
    deal = a_deal(office)
    [activity] = office("activity", "add", deal, "--type", "call", "--due", "2d", "-o", "ids").ids
    for days, is_late in ((0, False), (10, True), (-10, False), (10, True)):
        asked = ("activity", "list", "is:overdue", "-o", "ids")
        assert office(*asked, first=clock_off_by(days=days)).ids == [activity] * is_late
        shown = office("due", "--days", "5", "-o", "ids", first=clock_off_by(days=days)).ids
        assert shown == [activity] * (days >= 0)


MANY = releases.MOST + 1  # records: for so many a new rule waits
TIMED = """\
    after:
      - id: chase
        in: 3d
        activity:
          type: visit
          due: 2d
"""


def test_a_rule_that_fired_while_the_clock_was_ahead_does_not_fire_again(office: Workspace) -> None:
    config = office.data / "crm.yaml"
    text = config.read_text("utf-8").replace("  - id: visit\n    prob", f"{TIMED}  - id: visit\n    prob")
    config.write_text(text, "utf-8")
    deal = a_deal(office)
    office("move", deal, "--to", "contacted")
    office("tick", "-q")
    for days in (10, 0, 4, -30, 10, 0):
        ended = office("tick", "-q", first=clock_off_by(days=days))
        assert (ended.out, ended.err) == ("", "")
        assert office.text(deal).count("rule: contacted.chase") == 2, "the activity, and the entry"
    assert office.is_clean()


def test_a_mail_that_was_queued_in_the_future_leaves_with_the_date_of_its_sending(office: Workspace) -> None:
    with a_mail_server() as server:
        path = office.data / "crm.yaml"
        path.write_text(path.read_text("utf-8") + SETTINGS.format(port=server.port), "utf-8")
        office("trust", "--yes")
        deal = a_deal(office)
        office("move", deal, "--to", "contacted", first=clock_off_by(days=2))
        office("outbox", "send")
        office("outbox", "send", first=clock_off_by(days=-2))
        [taken] = server.behaviour.taken
    [path] = (office.data / "sent").glob("*.eml")
    date = parsedate_to_datetime(str(email.message_from_bytes(path.read_bytes())["Date"]))
    assert abs(date - datetime.now(UTC)) < timedelta(minutes=10)
    [message] = json.loads(office("show", deal, "-o", "json").out)["messages"]
    assert message["state"] == "sent"
    assert taken.recipients == ["jean@example.org"]
    assert office.is_clean()


def test_a_notice_of_once_a_day_is_given_once_after_the_clock_was_ahead(office: Workspace) -> None:
    config = office.data / "crm.yaml"
    deals = [a_deal(office) for _ in range(MANY)]
    office("move", *deals, "--to", "contacted")
    office("tick", "-q")
    text = config.read_text("utf-8").replace("  - id: visit\n    prob", f"{TIMED}  - id: visit\n    prob")
    config.write_text(text, "utf-8")
    told = [office("tick", "-q", first=clock_off_by(days=days)).err for days in (4000, 4000, 10, 10, 4000)]
    assert [bool(line) for line in told] == [True, False, True, False, True]
    assert f"contacted.chase is new and due for {MANY} records" in told[0]


def test_whoever_waits_for_the_lock_gives_up_in_time_though_the_clock_runs_back(office: Workspace) -> None:
    deal = a_deal(office)
    with holding_the_lock(office):
        started = time.monotonic()
        ended = office.run("note", deal, "-m", "x", first=clock_that_runs_back, CRM_LOCK_TIMEOUT="0.3")
    assert ended.code == 75, ended
    assert time.monotonic() - started >= 0.3


def wind_seal_forward(office: Workspace) -> None:
    """Have the index as it was built before the clock was set back by a year."""
    os.environ["CRM_STATE_DIR"] = str(office.state)
    found = fingerprint.read_seal(believed(office))
    assert found is not None
    year = int(timedelta(days=365).total_seconds()) * 10**9
    with Directory.at(office.derived) as folder:
        fingerprint.write_seal(folder, found._replace(looked=found.looked + year))


TIMES = (0, 10**18, 2 * 10**18, 4 * 10**18)  # ns since 1970: 1970, 2001, 2033, 2096


@pytest.mark.parametrize("is_sealed_in_the_future", [False, True])
def test_an_edit_is_seen_whatever_the_time_of_its_file_says(
    office: Workspace, is_sealed_in_the_future: bool
) -> None:
    deal = a_deal(office)
    path = office.file(deal)
    for number, at in enumerate(sorted(TIMES * 2)):
        office("list")
        if is_sealed_in_the_future:
            wind_seal_forward(office)
        edit_in_place(path, f"title: Deal{number}\n", at)
        listed = office("list", "-o", "csv", "--no-headers", "--fields", "title")
        assert listed.out.strip() == f"Deal{number}"


def edit_in_place(path: Path, title: str, at: int) -> None:
    """Change the title; the file's size stays, its time is set."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    changed = "".join(title if line.startswith("title: ") else line for line in lines)
    path.write_text(changed, "utf-8")
    os.utime(path, ns=(at, at))
