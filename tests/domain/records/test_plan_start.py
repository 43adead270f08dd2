"""Plans: lines before and after a day, nobody forgotten; and the other days that deadlines count from."""

from datetime import date
from itertools import count

import pytest

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Activity, RecordedEffect
from crmcli.domain.records import draft_activity, plan_start, transitions
from crmcli.domain.values.errors import RefusedError, UsageError
from tests.harness.builders import a_config, after, at, created

PLANNED = """
users: [{id: marie}, {id: paul}]
activity_types: [{id: call, due: {from: expected_close, offset: -2d}}, {id: order}]
fields: [{name: installation_date, type: date}]
stages:
  - {id: new}
  - id: sold
    on_enter:
      - {id: before, activity: {type: call, summary: Avant, due: {from: expected_close, offset: -7d}}}
      - {id: fitting, activity: {type: call, summary: Pose, due: {from: fields.installation_date, offset: 1w}}}
      - {id: plan, plan: {plan: site, date: {from: expected_close}}}
plans:
  - id: site
    lines:
      - {type: order, due: -3d, assignee: paul}
      - {type: call, due: 2w}
      - {type: call, due: -1mo}
"""


def started(day: str, config: Config | None = None, **fields: object) -> list[Activity]:
    config = config or a_config(PLANNED)
    number = count()
    return plan_start.start_plan(
        created(config, **fields), at(), plan=plan_start.find_plan(config, "site"), day=date.fromisoformat(day),
        id_of=lambda _: f"a{next(number):07d}",
    )  # fmt: skip


def test_lines_are_counted_from_the_plans_day_and_clamped_to_month_ends() -> None:
    assert [each.due for each in started("2024-03-10")][:2] == [date(2024, 3, 7), date(2024, 3, 24)]
    assert started("2024-03-31")[2].due == date(2024, 2, 29)


def test_every_activity_says_which_plan_made_it() -> None:
    assert {each.plan for each in started("2026-12-15")} == {"site"}


def test_a_line_that_nobody_is_there_for_is_named() -> None:
    with pytest.raises(RefusedError, match=r"plan site, line 2 \(call\): nobody to do it"):
        started("2026-12-15", owner=None)


def test_an_unknown_plan_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown plan 'sit'"):
        plan_start.find_plan(a_config(PLANNED), "sit")


def test_deadlines_count_from_the_closing_date_or_a_date_of_your_own() -> None:
    from crmcli.domain.values.values import Plain

    about = created(
        a_config(PLANNED),
        expected_close=date(2026, 12, 31),
        fields={"installation_date": Plain("2026-12-10")},
    )
    deal = after(about, transitions.move_deal(about, "sold", at())).opportunity
    assert [(each.summary, str(each.due)) for each in deal.activities[:2]] == [
        ("Avant", "2026-12-24"),
        ("Pose", "2026-12-17"),
    ]
    assert [str(each.due) for each in deal.activities[2:]] == ["2026-12-28", "2027-01-14", "2026-11-30"]


def test_a_rule_that_counts_from_a_missing_day_does_nothing_and_says_so() -> None:
    about = created(a_config(PLANNED))
    change = transitions.move_deal(about, "sold", at())
    assert change.after.activities == ()
    assert change.after.history[-1].did == (RecordedEffect(nothing="k7f3q9mx has no expected_close"),)
    assert "sold.before: k7f3q9mx has no expected_close, nothing planned" in change.notices


def test_going_back_and_forth_starts_a_plan_once() -> None:
    about = created(a_config(PLANNED), expected_close=date(2026, 12, 31))
    for to in ("sold", "new", "sold"):
        about = after(about, transitions.move_deal(about, to, at()))
    assert len([each for each in about.opportunity.activities if each.plan == "site"]) == 3


MANAGED = """
users: [{id: marie}, {id: paul, manager: marie}]
activity_types: [{id: call, assignee: manager}, {id: order}]
stages:
  - id: new
    on_enter:
      - {id: tell, activity: {type: order, summary: Dire, assignee: manager}}
      - {id: plan, plan: {plan: site, date: {offset: 2d}}}
plans:
  - {id: site, lines: [{type: order, due: -3d, assignee: manager}, {type: call, due: 2w}]}
"""


@pytest.mark.parametrize(("owner", "manager"), [("paul", "marie"), ("marie", "marie")])
def test_the_manager_is_the_owners_in_rules_plans_and_types(owner: str, manager: str) -> None:
    about = created(a_config(MANAGED), owner=owner)
    assert [each.assignee for each in about.opportunity.activities] == [manager] * 3
    drafted = draft_activity.draft_activity(about, at(), id="a0000001", type="call")
    assert drafted.assignee == manager


def test_a_rule_plans_for_today_what_would_lie_in_the_past() -> None:
    about = created(a_config(MANAGED), owner="paul")
    assert [str(each.due) for each in about.opportunity.activities[1:]] == ["2026-11-24", "2026-12-10"]


def test_a_rule_does_not_start_a_plan_that_a_person_has_started() -> None:
    config = a_config(PLANNED)
    running = started("2026-12-15")
    about = created(config, expected_close=date(2026, 12, 31), activities=tuple(running))
    moved = after(about, transitions.move_deal(about, "sold", at())).opportunity
    assert [each.id for each in moved.activities if each.plan] == [each.id for each in running]
