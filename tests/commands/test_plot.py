"""--plot: reports and lists of activities as pictures, and what does not go with it."""

import subprocess
import sys

import pytest
from wcwidth import wcswidth

from tests.commands.test_reports import GROUPS, REPORTS, rows
from tests.harness.crm import Crm
from tests.harness.terminal import show_at_terminal
from tests.harness.workspaces import add_service_pipeline


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("by", GROUPS)
def test_every_report_is_drawn_by_every_grouping(shared: Crm, report: str, by: str) -> None:
    shared("report", report, "--by", by, "--plot")
    shared("report", report, "--by", by, "--since", "2026-10", "--compare", "previous", "--plot")


@pytest.mark.parametrize("report", REPORTS)
def test_without_records_nothing_is_drawn(bare: Crm, report: str) -> None:
    assert bare("report", report, "--plot").out == ""
    assert show_at_terminal(bare, "report", report, "--plot") == "nothing matches\r\n"
    assert bare("report", report, "--plot", "-e", code=1).out == ""


def test_figures_are_those_of_the_table(shared: Crm) -> None:
    table, plot = (shared("report", "forecast", *more).out for more in ([], ["--plot"]))
    for line in plot.splitlines()[2:]:
        label, *_, expected, weighted = [part.strip() for part in line.split("  ") if part.strip()]
        assert any(
            row.startswith(label) and row.endswith(f" {weighted}") and f" {expected} " in row
            for row in table.splitlines()
        ), line


@pytest.mark.parametrize(
    "other",
    [["-o", "json"], ["-o", "csv"], ["-o", "md"], ["--columns", "label"], ["--template", "{{ label }}"],
     ["--excel"], ["--wide"], ["--vertical"]],
)  # fmt: skip
@pytest.mark.parametrize(
    "command", [["report", "pipeline"], ["report", "lost"], ["activity", "list", "--by", "week"]]
)
def test_a_picture_is_for_people_only(shared: Crm, command: list[str], other: list[str]) -> None:
    told = shared.refused(*command, "--plot", *other, code=2)
    assert told.startswith(
        f"crm: --plot draws a picture for people, and {' '.join(other[: 2 if other[0] == '-o' else 1])}"
    )
    assert told.count("\n") == 1


def test_a_list_of_activities_is_drawn_in_groups(shared: Crm) -> None:
    assert "--by week" in shared.refused("activity", "list", "--plot", code=2)
    assert "--pick" in shared.refused("activity", "list", "--plot", "--by", "week", "--pick", code=2)
    assert "assignee, type" in shared.refused("activity", "list", "--plot", "--by", "owner", code=2)
    drawn = shared("activity", "list", "--plot", "--by", "assignee").out.splitlines()
    count = len(shared("activity", "list", "-o", "ids").out.split())
    assert sum(int(line.split()[-2]) for line in drawn[2:]) == count


def test_weeks_between_are_drawn_and_many_are_left_out(shared: Crm) -> None:
    drawn = shared("activity", "list", "--plot", "--by", "week", "state:any").out.splitlines()
    weeks = [line.split()[0] for line in drawn[2:]]
    assert {"2026-W45", "2026-W46", "2026-W47"} <= set(weeks)
    assert weeks[weeks.index("2026-W48") :][:3] == ["2026-W48", "…", "2027-W13"]
    assert "…" in drawn


def test_each_pipeline_has_a_picture_of_its_own(crm: Crm) -> None:
    add_service_pipeline(crm.root)
    stage = rows(crm, "pipeline", "pipeline:service")[0]["stage"]
    crm("create", "Ramonage", "--stage", stage, "--revenue", "90")
    pages = crm("report", "pipeline", "--plot").out.split("\n\n")
    assert [page.count("\n") > 1 for page in pages] == [False, True, False, True]  # titles and pictures
    assert pages[0] == "Ventes"
    assert "\nVentes\n" in crm("stats").out
    assert crm("report", "pipeline", "--plot", "title:Ramonage").out.count("total") == 1


def test_hostile_and_long_labels_stay_labels(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    hostile = '"\\e[31mNouveau\\u202e 薪ストーブ ' + "x" * 200 + '"'
    config.write_text(config.read_text("utf-8").replace("label: Nouveau\n", f"label: {hostile}\n"), "utf-8")
    drawn = crm("report", "pipeline", "--plot").out
    assert "Nouveau" in drawn
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    assert max(map(wcswidth, drawn.splitlines())) <= 100


def test_colours_are_as_everywhere(shared: Crm) -> None:
    plain = shared("report", "funnel", "--plot").out
    assert "\x1b" not in plain
    assert "\x1b[32m" in shared("report", "funnel", "--plot", "--color", "always").out
    assert "\x1b[32m" in shared("report", "funnel", "--plot", CLICOLOR_FORCE="1").out
    assert "\x1b" not in shared("report", "funnel", "--plot", CLICOLOR_FORCE="1", NO_COLOR="1").out


def test_width_is_that_of_the_terminal_or_80(shared: Crm) -> None:
    for columns, width in (("", 80), ("120", 120), ("60", 60)):
        drawn = shared("report", "forecast", "--plot", COLUMNS=columns).out
        assert max(map(len, drawn.splitlines())) == width


def test_quiet_prints_nothing_and_headers_can_be_left_out(shared: Crm) -> None:
    assert shared("report", "lost", "--plot", "-q").out == ""
    whole = shared("report", "lost", "--plot").out.splitlines()
    assert shared("report", "lost", "--plot", "--no-headers").out.splitlines() == whole[2:]


def test_a_report_without_a_picture_does_not_import_rich(shared: Crm) -> None:
    script = "import sys; from crmcli.cli import app; sys.argv[1:] = sys.argv[1].split(); app.run_program(); print('rich.bar' in sys.modules)"

    def imports(words: str) -> bool:
        ended = subprocess.run(
            [sys.executable, "-c", script, words],
            env=shared.environment,
            capture_output=True,
            check=True,
            text=True,
        )
        return ended.stdout.split()[-1] == "True"

    assert (imports("report lost"), imports("report lost --plot")) == (False, True)
