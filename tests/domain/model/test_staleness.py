"""Deals that stand still, by three clocks and one comparison: elapsed ≥ threshold."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.elapsed import last_day_reaching
from crmcli.domain.localization.offsets import parse_offset, shift_day
from crmcli.domain.localization.workdays import worked_in
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.staleness import stale_since
from crmcli.domain.records import transitions
from tests.harness.builders import a_config, after, at, created

CONFIG = """
timezone: Europe/Paris
country: FR
stages:
  - {id: new, stale_after: 7d}
  - {id: visited, stale_after: {after: 3d, since: touched}}
  - {id: old, stale_after: {after: 1mo, since: created}}
  - {id: free}
  - {id: won, outcome: won, stale_after: 1d}
"""


def is_stale(about: Facts, when: str) -> bool:
    return stale_since(about.opportunity, about.config, at(when).at) is not None


def test_a_deal_is_stale_once_the_time_of_its_stage_has_passed_and_not_a_day_before() -> None:
    about = created(a_config(CONFIG))  # 24 November
    assert not is_stale(about, "2026-12-01T08:59")  # created at nine
    assert is_stale(about, "2026-12-01T09:00")


def test_news_start_the_clock_of_what_is_touched_anew_but_not_what_tick_does() -> None:
    about = after(
        created(a_config(CONFIG)),
        transitions.move_deal(created(a_config(CONFIG)), "visited", at("2026-11-24T10:00")),
    )
    assert is_stale(about, "2026-11-27T10:00")
    noted = about.about(
        transitions.add_note(about.opportunity, "Appelé", "n0te0001", at("2026-11-26T10:00")).after
    )
    assert not is_stale(noted, "2026-11-27T10:00")


def test_the_age_of_a_deal_counts_whatever_its_stage_did() -> None:
    about = created(a_config(CONFIG))
    about = after(about, transitions.move_deal(about, "old", at("2026-12-23T10:00")))
    assert is_stale(about, "2026-12-24T10:00")


@pytest.mark.parametrize("to", ["free", "won"])
def test_nothing_is_stale_where_nothing_is_said_or_the_deal_is_closed(to: str) -> None:
    about = created(a_config(CONFIG))
    about = after(about, transitions.move_deal(about, to, at("2026-11-24T10:00")))
    assert not is_stale(about, "2030-01-01T10:00")


@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.sampled_from(["0d", "1d", "7d", "2w", "1mo", "1y", "3bd", "10bd"]),
)
def test_the_last_day_that_reaches_another_is_the_last_one(today: date, span: str) -> None:
    calendar = worked_in("FR")
    last = last_day_reaching("FR", None, span, today)
    assert shift_day(last, parse_offset(span), lambda: calendar) <= today
    assert shift_day(last + timedelta(days=1), parse_offset(span), lambda: calendar) > today
