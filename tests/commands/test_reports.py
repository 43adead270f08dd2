"""Reports: groups, periods, comparisons, several pipelines, and what they refuse."""

import csv
import json
import shlex
from typing import Any

import pytest

from tests.harness.crm import Crm
from tests.harness.workspaces import add_service_pipeline

RICHARD, MARTIN, LEROY = "xgcej9p8", "enpgbmme", "phwvchqk"
REPORTS = (
    "pipeline",
    "forecast",
    "funnel",
    "velocity",
    "activities",
    "sources",
    "referrals",
    "lost",
    "stale",
    "response",
)
GROUPS = ("stage", "owner", "team", "source", "medium", "campaign", "tag", "month", "week", "field.brand")


def rows(crm: Crm, *words: str, **environment: str) -> list[dict[str, Any]]:
    return list(json.loads(crm("report", *words, "-o", "json", **environment).out))


def by_id(crm: Crm, *words: str, **environment: str) -> dict[str | None, dict[str, Any]]:
    return {row["id"]: row for row in rows(crm, *words, **environment)}


def count(row: dict[str, Any]) -> int:
    return int(next(row[key] for key in ("count", "entered", "stays", "deals", "lost", "open") if key in row))


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("by", GROUPS)
def test_every_report_takes_every_grouping_in_every_period(crm: Crm, report: str, by: str) -> None:
    crm("report", report, "--by", by)
    crm("report", report, "--by", by, "--since", "2026-10", "--compare", "previous", "-o", "csv")


@pytest.mark.parametrize("report", REPORTS)
def test_a_workspace_without_records_has_reports_without_figures(bare: Crm, report: str) -> None:
    found = rows(bare, report)
    assert all(not count(row) for row in found)
    assert bare("report", report, "--since", "this-year", "--compare", "year").err in (
        "",
        "crm: nothing matches\n",
    )


def test_groups_add_up_to_the_total_that_people_see(crm: Crm) -> None:
    total = crm("report", "sources").out.splitlines()[-1].split()
    found = rows(crm, "sources")
    assert total[:3] == [
        "total",
        str(sum(row["leads"] for row in found)),
        str(sum(row["deals"] for row in found)),
    ]
    assert "total" not in crm("report", "sources", "-o", "csv").out


def test_a_deal_that_comes_back_is_in_the_funnel_once_and_in_velocity_twice(crm: Crm) -> None:
    before = by_id(crm, "funnel")["quoted"]["entered"], by_id(crm, "velocity")["negotiation"]["stays"]
    crm(
        "create",
        "Poêle",
        "--stage",
        "new",
        "--contact",
        "Jeanne MARTIN",
        "--revenue",
        "5000",
        "--now",
        "2026-11-01T09:00",
    )
    [id] = crm("list", "title:Poêle", "-o", "ids").out.split()
    for day, stage in (
        ("02", "quoted"),
        ("04", "negotiation"),
        ("06", "quoted"),
        ("08", "negotiation"),
        ("12", "quoted"),
    ):
        crm("move", id, "--to", stage, "--now", f"2026-11-{day}T09:00")
    after = by_id(crm, "funnel")["quoted"]["entered"], by_id(crm, "velocity")["negotiation"]["stays"]
    assert after == (before[0] + 1, before[1] + 2)
    assert by_id(crm, "velocity", "title:Poêle")["negotiation"]["mean_days"] == 3  # 2 and 4 days


def test_a_lost_deal_has_not_advanced_and_a_reopened_one_is_not_lost(crm: Crm) -> None:
    crm("lose", RICHARD, "--reason", "price")
    lost = by_id(crm, "funnel", f"id:{RICHARD}")
    stage = json.loads(crm("show", RICHARD, "-o", "json").out)["stage"]
    assert (lost[stage]["lost"], lost[stage]["advanced"], lost[stage]["open"]) == (1, 0, 0)
    assert by_id(crm, "lost", f"id:{RICHARD}")["price"]["stages"] == {stage: 1}
    crm("reopen", RICHARD)
    assert by_id(crm, "funnel", f"id:{RICHARD}")[stage]["lost"] == 0
    assert by_id(crm, "lost", f"id:{RICHARD}")["price"]["lost"] == 0


def test_an_undone_move_counts_nowhere(crm: Crm) -> None:
    before = rows(crm, "funnel", f"id:{RICHARD}"), rows(crm, "velocity", f"id:{RICHARD}")
    crm("move", RICHARD, "--to", "negotiation")
    assert rows(crm, "funnel", f"id:{RICHARD}") != before[0]
    crm("undo")
    assert (rows(crm, "funnel", f"id:{RICHARD}"), rows(crm, "velocity", f"id:{RICHARD}")) == before


def test_everybody_and_every_month_has_a_row_and_the_month_that_is_not_over_is_marked(crm: Crm) -> None:
    assert {"marie", "paul", "sophie"} <= by_id(crm, "pipeline", "--by", "owner").keys()
    assert list(by_id(crm, "pipeline", "owner:paul", "--by", "owner")) == ["paul"]
    months = by_id(crm, "lost", "--by", "month", "--since", "2026-06")
    assert list(months) == ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]
    assert [id for id, row in months.items() if row.get("unfinished")] == ["2026-11"]
    since = ("--by", "month", "--since", "2026-06")
    assert "\n2026-11, unfinished  " in crm("report", "lost", *since).out
    assert "\n2026-11," in crm("report", "lost", *since, "-o", "csv").out  # a program reads the month
    ahead = {
        row["id"]: row.get("unfinished") for row in json.loads(crm("report", "forecast", "-o", "json").out)
    }
    assert [id for id, is_unfinished in ahead.items() if is_unfinished] == ["2026-11"]
    for option in ([], ["--plot"]):
        assert "\n2026-11, unfinished  " in crm("report", "forecast", *option).out


def test_days_are_those_of_the_time_zone_of_the_workspace(crm: Crm) -> None:
    crm("create", "Minuit", "--now", "2026-10-31T23:30:00Z")  # half past midnight in Pontivy
    crm("create", "Heure d’hiver", "--now", "2026-10-25T00:30:00Z")
    found = by_id(crm, "pipeline", "title:~minuit", "--by", "month")
    assert found["2026-11"]["count"] == 1
    assert (
        rows(crm, "pipeline", "title:~minuit", "--since", "2026-11-01", "--until", "2026-11-01")[0]["count"]
        == 1
    )
    assert by_id(crm, "pipeline", "title:~hiver", "--by", "week")["2026-W43"]["count"] == 1


def test_a_comparison_shows_the_groups_of_both_periods(crm: Crm) -> None:
    found = by_id(crm, "sources", "--since", "2026-10-01", "--until", "2026-10-31", "--compare", "previous")
    earlier = by_id(crm, "sources", "--since", "2026-09-01", "--until", "2026-09-30")
    for id, row in earlier.items():
        assert found[id]["before"]["deals"] == row["deals"]
    assert "before" in crm("report", "sources", "--since", "2026-10", "--compare", "year").out.splitlines()[0]


def test_a_deal_with_two_tags_is_in_both_rows_and_once_in_the_total(crm: Crm) -> None:
    tagged = [row for row in json.loads(crm("list", "-o", "json").out) if len(row["tags"]) > 1]
    found = by_id(crm, "pipeline", "--by", "tag")
    assert tagged
    assert sum(row["count"] for row in found.values()) > len(
        json.loads(crm("list", "is:opportunity", "-o", "json").out)
    )


def test_leads_are_counted_only_where_the_query_says_so(crm: Crm) -> None:
    leads = len(json.loads(crm("list", "is:lead", "-o", "json").out))
    assert leads
    assert sum(row["entered"] for row in rows(crm, "funnel", "is:lead")) >= leads
    assert sum(row["leads"] for row in rows(crm, "sources")) == leads


def test_the_first_answer_is_that_of_a_person(crm: Crm) -> None:
    crm("create", "Question", "--lead", "--now", "2026-11-23T09:00:00Z")
    [id] = crm("list", "title:Question", "is:lead", "-o", "ids").out.split()
    assert rows(crm, "response", f"id:{id}", "--by", "hour")[0]["unanswered"] == 1
    crm("activity", "add", id, "--type", "call", "--now", "2026-11-23T10:00:00Z")
    crm("done", id, "--now", "2026-11-23T11:30:00Z")
    [row] = rows(crm, "response", f"id:{id}", "--by", "hour")
    assert (row["id"], row["median_hours"], row["within_hour"], row["within_day"]) == ("10", 2.5, 0, 100)


def test_one_pipeline_is_never_added_to_another(crm: Crm) -> None:
    add_service_pipeline(crm.root)
    for report in ("pipeline", "forecast", "funnel", "velocity", "lost", "stale", "sources"):
        printed = list(csv.DictReader(crm("report", report, "-o", "csv").out.splitlines()))
        assert {"sales", "service"} >= {row["pipeline"] for row in printed if row["pipeline"]} != set(), (
            report
        )
        totals = [line for line in crm("report", report).out.splitlines() if "total" in line.split()]
        assert len(totals) == 2, report
        assert {row["pipeline"] for row in rows(crm, report, "pipeline:service")} <= {"service"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lost", "--by", "raison"), "did you mean reason?"),
        (("pipeline", "--by", "field.nothing"), "no record has the field 'nothing'"),
        (("funnel", "--since", "yesterdy"), "yesterdy"),
        (("funnel", "--compare", "year"), "--compare needs a period"),
        (("funnel", "--since", "2026", "--compare", "monthly"), "previous or year"),
        (("funnel", "--since", "2026-11", "--until", "2026-10"), "ends before it begins"),
        (("activities", "--by", "reason"), "cannot group"),
    ],
)
def test_what_a_report_cannot_do_is_said_in_a_line(crm: Crm, words: tuple[str, ...], said: str) -> None:
    assert said in crm.refused("report", *words, code=2)


def test_stats_is_one_screen(crm: Crm) -> None:
    page = crm("stats").out
    assert len(page.splitlines()) < 24
    assert max(map(len, page.splitlines())) <= 80
    found = json.loads(crm("stats", "-o", "json").out)
    pipeline = {row["stage"]: row for row in rows(crm, "pipeline")}
    assert found["pipelines"][0]["open"] == sum(row["count"] for row in pipeline.values())
    assert found["overdue"] == sum(row["overdue"] for row in rows(crm, "activities"))


@pytest.mark.parametrize("query", [[], ["owner:marie"]])
def test_the_commands_of_stats_list_what_it_counts(crm: Crm, query: list[str]) -> None:
    crm("activity", "add", RICHARD, "--type", "call", "--due", "today")
    lines = [line.partition("  crm ") for line in crm("stats", *query).out.splitlines()]
    listed = [
        (told.split()[-1], command) for told, _, command in lines if command.startswith(("list ", "due "))
    ]
    assert len(listed) >= 4
    for count, command in listed:
        assert len(crm(*shlex.split(command), "-o", "ids").out.split()) == int(count), command


@pytest.mark.parametrize("name", [*REPORTS, "digest"])
def test_totals_are_in_every_format_if_asked_for_and_in_none_if_not(crm: Crm, name: str) -> None:
    words = ["digest"] if name == "digest" else ["report", name]
    with_total = json.loads(crm(*words, "--total", "-o", "json").out)
    plain = json.loads(crm(*words, "-o", "json").out)
    assert with_total[: len(plain)] == plain
    assert [row.get("total") for row in with_total] == [None] * len(plain) + [True]
    table = crm(*words).out.splitlines()
    assert crm(*words, "--total").out.splitlines() == table
    assert len(crm(*words, "--no-total").out.splitlines()) == len(table) - 1


def test_the_sales_figures_of_velocity_by_stage_reach_a_program(crm: Crm) -> None:
    head, *rows = crm("report", "velocity", "--total", "-o", "csv").out.splitlines()
    total = dict(zip(head.split(","), rows[-1].split(","), strict=True))
    assert (total["label"], total["win_rate"], total["revenue_per_day"]) == ("total", "62.5", "1935.99")


@pytest.mark.parametrize("name", [*REPORTS, "digest"])
def test_a_report_of_nothing_but_zeros_is_an_empty_result(crm: Crm, name: str) -> None:
    words = ["digest"] if name == "digest" else ["report", name]
    nothing = "title:nothinglikethis"
    for options in ([], ["-o", "json"], ["--no-total"], ["-q"]):
        assert crm(*words, nothing, "-e", *options, code=1).out == crm(*words, nothing, *options).out
    crm(*words, "-e", *(["--since", "30d"] if name == "digest" else []))
    if name != "digest":
        crm(*words, nothing, "-e", "--plot", code=1)


def test_a_deal_that_went_to_another_pipeline_was_in_the_stages_of_the_first(crm: Crm) -> None:
    add_service_pipeline(crm.root)
    id = crm("create", "Vers le service", "-o", "ids", CRM_NOW="2026-11-20T09:00").out.strip()
    crm("move", id, "--to", "asked")
    funnel = {(row["pipeline"], row["id"]): row for row in rows(crm, "funnel", f"id:{id}", "--total")}
    new = funnel["sales", "new"]
    assert (new["entered"], new["returned"], new["open"]) == (1, 1, 0)
    assert (funnel["sales", None]["entered"], funnel["sales", None]["returned"]) == (1, 1)
    assert (funnel["service", "asked"]["entered"], funnel["service", "asked"]["open"]) == (1, 1)
    assert funnel["service", None]["entered"] == 1
    velocity = rows(crm, "velocity", f"id:{id}", "--total")
    stays = {(row["pipeline"], row["id"]): (row["stays"], row["open"]) for row in velocity}
    assert stays["sales", "new"] == (1, 0)
    assert (stays["sales", None], stays["service", None]) == ((1, 0), (0, 1))


@pytest.mark.parametrize("name", ["funnel", "velocity"])
def test_the_rows_of_each_pipeline_make_its_total(crm: Crm, name: str) -> None:
    add_service_pipeline(crm.root)
    for id in (RICHARD, MARTIN):
        crm("move", id, "--to", "asked", "--force")
    if name == "velocity":
        for pipeline in ("sales", "service"):
            found = [row for row in rows(crm, name, "--total") if row["pipeline"] == pipeline]
            assert sum(row["stays"] for row in found[:-1]) == found[-1]["stays"]
    found = [row for row in rows(crm, name, "--total") if row.get("total")]
    assert sum(row["open"] for row in found) == sum(row["count"] for row in rows(crm, "pipeline"))


def test_months_and_weeks_outside_the_period_are_not_in_a_report(crm: Crm) -> None:
    weeks = by_id(crm, "velocity", "--by", "week", "--since", "2026-W40", "--until", "2026-W41")
    assert list(weeks) == ["2026-W40", "2026-W41"]
    months = by_id(crm, "forecast", "--since", "2026-12")
    assert list(months) == ["2026-12", "2027-01", "2027-02", "2027-03"]
    assert months["2027-02"]["count"] == 0


def test_rewards_are_those_of_the_deals_in_the_period(crm: Crm) -> None:
    paid = {
        row["label"]: row["rewards_paid"] for row in rows(crm, "referrals", "--since", "2026-10", "--total")
    }
    assert paid == {"Jeanne MARTIN": 0, "Loïc LE BIHAN": 0, "total": 0}
    summer = ("referrals", "--since", "2026-07", "--until", "2026-07")
    [martin] = [row for row in rows(crm, *summer) if row["label"] == "Jeanne MARTIN"]
    assert martin["rewards_paid"] == 100
    later = rows(
        crm, "referrals", "--since", "2026-08", "--until", "2026-08", "--compare", "previous", "--total"
    )
    assert later[-1]["before"]["rewards_paid"] == 100


def test_a_report_on_the_past_does_not_begin_in_the_future(crm: Crm) -> None:
    refused = crm.refused("report", "lost", "--since", "30d", code=2)
    assert refused == "crm: --since 30d is 2026-12-24, which is to come (--since -30d)\n"
    crm("report", "forecast", "--since", "30d")


def test_a_total_is_marked_where_a_program_reads_it(crm: Crm) -> None:
    head, *lines = crm("report", "velocity", "--by", "owner", "--total", "-o", "csv").out.splitlines()
    assert head.endswith(",total")
    assert [line.endswith(",true") for line in lines] == [False] * (len(lines) - 1) + [True]
    assert "total" not in crm("report", "pipeline", "--template", "{{label}}").out
