"""`crm init`: a workspace to start from, or the sample, alive today."""

import json

import pytest

from tests.harness.crm import Crm


def test_a_new_workspace_is_in_order_and_empty(bare: Crm) -> None:
    assert bare("check").out == ""
    assert bare("list").out == ""
    assert sorted(path.name for path in bare.root.iterdir()) == [
        "pipeline_data",
        "questionnaires",
        "templates",
    ]


def test_nothing_is_ever_overwritten(bare: Crm) -> None:
    before = bare.records()
    assert "is a workspace already" in bare.refused("init", str(bare.root), code=5)
    (bare.data / "crm.yaml").unlink()
    assert "exists already" in bare.refused("init", str(bare.root), code=5)
    assert bare.records() == {
        path: content for path, content in before.items() if path != "pipeline_data/crm.yaml"
    }


@pytest.mark.parametrize("day", ["2026-11-24", "2027-03-02", "2031-02-28"])
def test_the_demo_is_alive_on_any_day(crm: Crm, day: str) -> None:
    crm.environment["CRM_NOW"] = f"{day}T09:00"
    crm("init", "--demo", "later")
    crm.environment["CRM_WORKSPACE"] = str(crm.root / "later")
    assert crm("check").out == ""
    due = json.loads(crm("due", "-o", "json").out)
    assert {each["due"] for each in due if each["state"] == "today"} == {day}
    assert {each["state"] for each in due} == {"overdue", "today", "planned"}


def test_whoever_makes_it_is_somebody_in_it(bare: Crm) -> None:
    bare.environment.pop("CRM_USER")
    bare("create", "Essai")
    [deal] = json.loads(bare("list", "-o", "json").out)
    assert deal["owner"] == "marie"


def test_its_files_are_private_to_the_user(bare: Crm) -> None:
    assert {oct(path.stat().st_mode & 0o077) for path in bare.data.rglob("*")} == {"0o0"}
