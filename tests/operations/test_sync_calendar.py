"""Changes on both sides, in any order: both end equal, no change of one side alone is lost, and it is stable."""

from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmcli.domain.model.record_types import Activity, State
from crmcli.operations import activities
from crmcli.operations.activities import ActivitySelection
from crmcli.operations.exchange.folder_sync import SyncReport
from crmcli.operations.exchange.sync_calendar import sync_calendar
from crmcli.operations.request import Request
from tests.harness.calendar_folder import CalendarFolder
from tests.harness.crm import Crm

DEAL = "bbssmqtf"
DAYS = ["2026-12-01", "2026-12-24", "2027-03-28"]
TEXTS = ["Relancer", "Visite; avec, échelle", "Pose\\nde nuit", "-", "  deux  mots ", "☎ 06"]
NUMBERS = count()
SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


class Step(NamedTuple):
    """A change of a field, here or there, or a synchronisation."""

    where: str
    field: str = ""
    value: str = ""


STEPS = st.lists(
    st.one_of(
        st.just(Step("sync")),
        st.builds(Step, st.sampled_from(["here", "there"]), st.just("summary"), st.sampled_from(TEXTS)),
        st.builds(Step, st.sampled_from(["here", "there"]), st.just("due"), st.sampled_from(DAYS)),
        st.builds(
            Step, st.sampled_from(["here", "there"]), st.just("note"), st.sampled_from(["a", "b", "c"])
        ),
        st.builds(Step, st.sampled_from(["here", "there"]), st.just("state")),
    ),
    min_size=2,
    max_size=7,
)


class Both:
    """An activity of a workspace, and its item in a folder."""

    def __init__(self, crm: Crm, folder: Path) -> None:
        self.crm = crm
        self.folder = CalendarFolder(crm, folder)
        made = activities.add(
            self.request,
            [DEAL],
            type="call",
            fields={"summary": "Neu", "due": "2026-11-30", "assignee": "marie"},
        )
        self.id = made.records[0].activities[-1].id or ""
        self.sync()

    @property
    def request(self) -> Request:
        return Request(str(self.crm.root), user="marie", now="2026-11-24T09:00")

    def sync(self) -> SyncReport:
        return sync_calendar(self.request, self.folder.path, [f"id:{DEAL}"])

    @property
    def path(self) -> str:
        return self.request.reading().opportunity_references.exact(DEAL)

    @property
    def activity(self) -> Activity:
        deal = self.request.reading().opportunity(self.path)
        return next(each for each in deal.activities if each.id == self.id)

    def change_here(self, step: Step) -> None:
        selection = ActivitySelection([(self.path, self.id)])
        if step.field == "state":
            if self.activity.state is State.PLANNED:
                activities.complete(self.request, selection)
            return
        value = step.value
        if step.field == "note":
            value = "\n".join(filter(None, (self.activity.note, value)))
        value = " ".join(value.replace("\\n", " ").split()) if step.field == "summary" else value
        if value != "-":
            activities.edit(self.request, selection, fields={step.field: value})

    def change_there(self, step: Step) -> None:
        match step.field:
            case "state":
                self.folder.tick_off(self.id)
            case "note":
                self.folder.say(self.id, step.value)
            case "due":
                self.folder.set(self.id, "DUE", f"DUE;VALUE=DATE:{step.value.replace('-', '')}")
            case "summary":
                raw = step.value.replace(";", "\\;").replace(",", "\\,")
                self.folder.set(self.id, "SUMMARY", f"SUMMARY:{raw}")


@settings(max_examples=25, deadline=None, suppress_health_check=SUPPRESSED)
@given(STEPS)
def test_both_sides_end_equal_and_nothing_of_one_side_is_lost(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[Step]
) -> None:
    monkeypatch.setenv("CRM_STATE_DIR", str(tmp_path / "state"))
    both = Both(crm, tmp_path / f"agenda{next(NUMBERS)}")
    changed: dict[str, dict[str, str]] = {"here": {}, "there": {}}
    for step in [*steps, Step("sync")]:
        if step.where != "sync":
            (both.change_here if step.where == "here" else both.change_there)(step)
            changed[step.where][step.field] = step.value
            continue
        alone = {name: value for name, value in changed["there"].items() if name not in changed["here"]}
        notes = {changed[side].get("note", "") for side in changed}
        report = both.sync()
        assert not report.faults
        activity = both.activity
        if "summary" in alone and alone["summary"] != "-":
            assert activity.summary == " ".join(alone["summary"].replace("\\n", " ").split())
        if "due" in alone:
            assert str(activity.due) == alone["due"]
        if "state" in changed["here"] | changed["there"]:
            assert activity.state is State.DONE
        assert notes - {""} <= set((activity.note or "").splitlines())
        assert both.folder.line(both.id, "DUE") == f"{activity.due:%Y%m%d}"
        assert (both.folder.line(both.id, "STATUS") == "COMPLETED") is (activity.state is State.DONE)
        changed = {"here": {}, "there": {}}
    before = both.folder.contents(), crm.records()
    assert both.sync().items == []
    assert (both.folder.contents(), crm.records()) == before
