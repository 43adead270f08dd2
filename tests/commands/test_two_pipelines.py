"""A workspace with two pipelines: every command and report knows which stages belong together."""

import json
from pathlib import Path

import pytest

from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.workspaces import add_service_pipeline

READING = (
    "list", "list pipeline:service", "list -o jsonl", "list stage:asked", "board", "board pipeline:service", "report pipeline",
    "report pipeline is:any", "report sources", "report sources --by campaign", "report referrals", "due", "activity list",
    "duplicates", "contact list", "referral list", "referral tree", "reward list", "questionnaire list", "plan list",
    "tick --dry-run", "rules test", "config show", "schema", "help query", "sql", "undo --list",
)  # fmt: skip


@pytest.fixture(scope="module")
def both(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """The sample with a second pipeline, and an opportunity in it."""
    crm = copy_workspace(sample, tmp_path_factory.mktemp("two") / "stoves")
    add_service_pipeline(crm.root)
    crm("create", "Entretien annuel", "--pipeline", "service", "--contact", "f8dz9xw4", "--revenue", "180")
    return crm


@pytest.mark.parametrize("line", READING)
def test_a_reading_command_ends_well(both: Crm, line: str) -> None:
    both(*line.split())


@pytest.mark.parametrize("word", ["list", "config check", "rules check", "check"])
def test_the_workspace_is_in_order(both: Crm, word: str) -> None:
    assert "pipelines" not in both(*word.split()).err


def test_figures_stand_under_their_pipeline(both: Crm) -> None:
    rows = json.loads(both("report", "pipeline", "-o", "json").out)
    assert {row["pipeline"] for row in rows} == {"sales", "service"}
    [asked] = [row for row in rows if row["stage"] == "asked"]
    assert (asked["count"], asked["expected_revenue"], asked["weighted_revenue"]) == (1, 180, 90)
    assert both("report", "pipeline", "pipeline:service").out.splitlines()[-1].split()[:3] == [
        "service",
        "total",
        "1",
    ]
    board = json.loads(both("board", "-o", "json").out)
    assert [row["pipeline"] for row in board if len(row["cards"]) == 1 and row["stage"] == "asked"] == [
        "service"
    ]
    assert both("report", "pipeline").out.splitlines()[0].split()[0] == "pipeline"


def test_a_deal_goes_through_its_own_pipeline(sample: Path, tmp_path: Path) -> None:
    crm = copy_workspace(sample, tmp_path / "stoves")
    add_service_pipeline(crm.root)
    id = json.loads(crm("create", "Ramonage", "--pipeline", "service", "-o", "json").out)[0]["id"]
    assert [json.loads(line)["stage"] for line in crm("next", id, "-o", "jsonl").out.splitlines()]
    crm("win", id)
    assert json.loads(crm("list", "is:won", f"id:{id}", "-o", "jsonl").out)["stage"] == "serviced"
    crm("undo")
    crm("lose", id, "--reason", "price")
    crm("reopen", id)
    assert json.loads(crm("list", f"id:{id}", "-o", "jsonl").out)["stage"] == "asked"
