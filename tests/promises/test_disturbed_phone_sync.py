"""`crm calendar sync` and `crm contact sync` beside other programs: a folder and records that change meanwhile."""

import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.calendar_folder import CalendarFolder
from tests.harness.incidents import Call, failing_at, meddled_with
from tests.harness.phone_scenes import PhoneScene, a_calendar, activities, an_address_book
from tests.harness.workspaces import Workspace, a_workspace

GROWING = ("mkdir", "open", "write", "fsync", "replace")  # what a full disk can refuse
SCENES = [a_calendar, an_address_book]


def puts_a_record(call: Call) -> bool:
    """Is a record about to change? The folder has been read, and nothing was written there."""
    return call.name == "replace" and "/opportunities/" in call.path


def is_about_to_lock(call: Call) -> bool:
    """Is the lock of the records about to be taken? They have been read."""
    return call.name == "look" and call.path == "workspace/pipeline_data"


def id_of(scene: PhoneScene, *names: str) -> str:
    """The id of the activity with one of these summaries."""
    return next(each["id"] for each in activities(scene.workspace) if each["summary"] in names)


def the_one_of_both(scene: PhoneScene) -> tuple[CalendarFolder, str]:
    """The folder, and the activity that both sides have changed."""
    return CalendarFolder(scene.workspace, scene.folder), id_of(scene, "Rappeler")


def test_a_file_that_changes_while_it_is_synchronised_is_left_to_the_next_run(workspace: Workspace) -> None:
    scene = a_calendar(workspace)
    phone, both = the_one_of_both(scene)
    ended = scene.disturbed(meddled_with(puts_a_record, lambda: phone.set(both, "SUMMARY", "SUMMARY:Autre")))
    assert ended.code == 7
    assert f"{both}@crm.ics: was changed meanwhile, run it again" in ended.err
    assert phone.line(both, "SUMMARY") == "Autre"
    assert scene.sync().code == 0
    [activity] = [each for each in activities(workspace) if each["id"] == both]
    assert (activity["state"], activity["summary"]) == ("done", "Rappeler")
    assert scene.is_settled()


def test_a_file_that_goes_while_it_is_synchronised_is_not_written(workspace: Workspace) -> None:
    scene = a_calendar(workspace)
    phone, both = the_one_of_both(scene)
    ended = scene.disturbed(meddled_with(puts_a_record, lambda: phone.file(both).unlink()))
    assert (ended.code, phone.file(both).exists()) == (7, False)
    assert "was changed meanwhile" in ended.err
    assert scene.sync().code == 0
    assert scene.is_settled()
    assert [each["state"] for each in activities(workspace) if each["id"] == both] == ["done"]


def test_a_file_that_becomes_a_link_while_it_is_synchronised_leads_nowhere(workspace: Workspace) -> None:
    scene = a_calendar(workspace)
    phone, both = the_one_of_both(scene)
    outside = scene.place / "outside.ics"

    def replace_by_link() -> None:
        os.replace(phone.file(both), outside)
        os.symlink(outside, phone.file(both))

    content = phone.file(both).read_bytes()
    ended = scene.disturbed(meddled_with(puts_a_record, replace_by_link))
    assert ended.code == 7
    assert phone.file(both).is_symlink()
    assert outside.read_bytes() == content


def test_a_record_that_another_changes_meanwhile_is_merged_as_it_is_then(workspace: Workspace) -> None:
    scene = a_calendar(workspace)
    phone, moved = CalendarFolder(workspace, scene.folder), id_of(scene, "moved")
    file = workspace.file(activities(workspace)[0]["opportunity"])
    edited = file.read_text("utf-8").replace("summary: moved", "summary: Entretemps")
    ended = scene.disturbed(meddled_with(is_about_to_lock, lambda: write_text(file, edited)))
    assert ended.code == 0, ended
    [activity] = [each for each in activities(workspace) if each["id"] == moved]
    assert (activity["summary"], activity["due"]) == ("Entretemps", "2026-12-24")
    assert (phone.line(moved, "SUMMARY"), phone.line(moved, "DUE")) == ("Entretemps", "20261224")
    assert scene.is_settled()


def write_text(file: Path, text: str) -> None:
    """Write a file as an editor does."""
    file.write_text(text, "utf-8")


@pytest.mark.parametrize("make", SCENES)
def test_two_runs_at_once_do_what_one_does(
    workspace: Workspace, make: Callable[[Workspace], PhoneScene]
) -> None:
    scene = make(workspace)
    scene.keep()
    assert scene.sync().code == 0
    after = scene.state()
    scene.restore()
    words = [*scene.words[:2], str(scene.folder), *scene.words[2:]]
    runs = [workspace.start(*words) for _ in range(3)]
    assert [each.wait(timeout=60) for each in runs] == [0, 0, 0]
    assert scene.state() == after
    assert scene.is_settled()


def test_two_workspaces_may_share_a_folder(workspace: Workspace, place: Path) -> None:
    scene = a_calendar(workspace)
    assert scene.sync().code == 0
    other = a_workspace(place / "other")
    deal = other.create("Autre")
    other("activity", "add", deal, "--type", "call", "--assignee", "marie", "--summary", "à moi")
    assert "1 item added" in other("calendar", "sync", str(scene.folder)).out
    phone, mine = CalendarFolder(other, scene.folder), activities(other)[0]["id"]
    phone.tick_off(mine)
    before = phone.contents()
    assert scene.is_settled()
    assert "1 activity changed" in other("calendar", "sync", str(scene.folder)).out
    assert other("calendar", "sync", str(scene.folder)).out == ""
    assert phone.contents() == before


@pytest.mark.parametrize("make", SCENES)
def test_a_disk_that_is_full_at_any_call_loses_nothing(
    workspace: Workspace, make: Callable[[Workspace], PhoneScene]
) -> None:
    scene = make(workspace)
    scene.keep()
    assert scene.sync().code == 0
    after = scene.state()
    refused = 0
    for number in itertools.count(1, 3):
        scene.restore()
        ended = scene.disturbed(failing_at(number, errno.ENOSPC, GROWING))
        assert "Traceback" not in ended.err
        if ended.code != 0:
            assert ended.code in (7, 75), ended
            assert "cannot store" in ended.err
            refused += 1
        elif number > 150:  # a call of the index, or none at all
            break
        assert scene.sync().code == 0, number
        assert scene.state() == after, number
        assert scene.is_settled(), number
    assert refused > 5


@pytest.mark.parametrize(
    ("error", "code", "said"), [(errno.EACCES, 1, "may not write"), (errno.EROFS, 75, "Read-only")]
)
@pytest.mark.parametrize("make", SCENES)
def test_a_folder_that_may_not_be_written_is_one_clear_line_and_ended_later(
    workspace: Workspace, make: Callable[[Workspace], PhoneScene], error: int, code: int, said: str
) -> None:
    scene = make(workspace)
    scene.keep()
    assert scene.sync().code == 0
    after = scene.state()
    scene.restore()
    before = {path.name: path.read_bytes() for path in scene.folder.iterdir()}

    def refuse(call: Call) -> None:
        if call.path.startswith("folder/") and call.name in ("open", "unlink"):
            raise OSError(error, os.strerror(error), call.path)

    ended = scene.disturbed(refuse)
    assert (ended.code, ended.err.count("\n")) == (code, 1), ended
    assert said in ended.err
    assert {path.name: path.read_bytes() for path in scene.folder.iterdir()} == before
    assert scene.sync().code == 0
    assert scene.state() == after
    assert scene.is_settled()


def test_only_drafts_of_killed_runs_are_removed(workspace: Workspace) -> None:
    scene = a_calendar(workspace)
    own, others = (
        f".{'0a' * 16}.crm-new",
        (".notes.crm-new", ".color", "displayname", "x.tmp", f".{'0g' * 16}.crm-new"),
    )
    for name in (own, *others):
        (scene.folder / name).write_text("x")
    assert scene.sync("--dry-run").code == 0
    assert (scene.folder / own).exists()
    assert scene.sync().code == 0
    assert not (scene.folder / own).exists()
    assert all((scene.folder / name).read_text() == "x" for name in others)
