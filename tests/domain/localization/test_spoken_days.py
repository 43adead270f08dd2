"""Days as people write and say them are read where they mean one day, and refused with what to write."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.localization.days import parse_day, read_days
from crmcli.domain.localization.locale import day_text
from crmcli.domain.localization.times import parse_time
from crmcli.domain.model.config import Config, DateOrder
from crmcli.domain.values.errors import UsageError

ENGLISH, FRENCH = Config(), Config(stated_locale="fr_FR", date_order=DateOrder.DMY)
TODAY = date(2026, 11, 26)  # a Thursday
SOME_DAY = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/12", "2026-12-03"),
        ("26/11", "2026-11-26"),
        ("25/11", "2027-11-25"),
        ("3.12.", "2026-12-03"),
        ("29/2", "2028-02-29"),
        ("3 décembre", "2026-12-03"),
        ("3 DÉC", "2026-12-03"),
        ("1er janvier", "2027-01-01"),
        ("le 3 décembre 2027", "2027-12-03"),
        ("27 nov. 2026", "2026-11-27"),
        ("ven. 27 nov. 2026", "2026-11-27"),
        ("vendredi 27 novembre", "2026-11-27"),
        ("5 dec", "2026-12-05"),
        ("après-demain", "2026-11-28"),
        ("apres demain", "2026-11-28"),
        ("avant-hier", "2026-11-24"),
        ("lun", "2026-11-30"),
        ("ven.", "2026-11-27"),
        ("lundi prochain", "2026-11-30"),
        ("jeudi prochain", "2026-12-03"),
        ("dans 3 jours", "2026-11-29"),
        ("dans 3 j", "2026-11-29"),
        ("dans une semaine", "2026-12-03"),
        ("il y a 8 j", "2026-11-18"),
        ("fin de mois", "2026-11-30"),
        ("fin du mois", "2026-11-30"),
        ("fin d'année", "2026-12-31"),
    ],
)
def test_a_day_is_read_in_french(text: str, day: str) -> None:
    assert str(parse_day(text, TODAY, FRENCH)) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("26/11", "2026-11-26"),
        ("11/30", "2026-11-30"),
        ("12/12", "2026-12-12"),
        ("Dec 5", "2026-12-05"),
        ("December 5, 2027", "2027-12-05"),
        ("5th December", "2026-12-05"),
        ("Fri, Dec 4", "2026-12-04"),
        ("fri", "2026-11-27"),
        ("next monday", "2026-11-30"),
        ("in 3 days", "2026-11-29"),
        ("in a month", "2026-12-26"),
        ("8 d ago", "2026-11-18"),
        ("day after tomorrow", "2026-11-28"),
        ("end of month", "2026-11-30"),
    ],
)
def test_a_day_is_read_in_english(text: str, day: str) -> None:
    assert str(parse_day(text, TODAY, ENGLISH)) == day


@pytest.mark.parametrize(
    ("text", "config", "hint"),
    [
        ("vendredi prochain", FRENCH, "write 2026-11-27 or 2026-12-04"),
        ("next friday", ENGLISH, "write 2026-11-27 or 2026-12-04"),
        ("3/12", ENGLISH, "write 2027-03-12 or 2026-12-03, or set date_order in crm.yaml"),
        ("03/12/26", ENGLISH, "write 2026-12-03 or 2026-03-12, or set date_order in crm.yaml"),
        ("03/12/26", FRENCH, "write 2026-12-03"),
        ("semaine prochaine", FRENCH, "write one from 2026-11-30 to 2026-12-06"),
        ("11/2026", FRENCH, "write one from 2026-11-01 to 2026-11-30"),
        ("novembre", FRENCH, "write one from 2026-11-01 to 2026-11-30"),
        ("demain 14h", FRENCH, "write demain, and the time as --time 14:00"),
        ("3 déc. à 9h30", FRENCH, "write '3 déc.', and the time as --time 09:30"),
        ("tomorrow at 2pm", ENGLISH, "write tomorrow, and the time as --time 14:00"),
        ("lundi 27 novembre", FRENCH, "write 2026-11-27"),
        ("31/11", FRENCH, "like 2026-12-31"),
        ("5 jui", FRENCH, "like 2026-12-31"),
    ],
)
def test_what_is_not_one_day_says_what_to_write(text: str, config: Config, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_day(text, TODAY, config)
    assert hint in refused.value.hint


def test_of_what_has_passed_the_last_one_is_meant() -> None:
    def last(text: str) -> tuple[str, str]:
        span = read_days(text, TODAY, FRENCH, is_past=True)
        return str(span.low), str(span.high)

    assert last("3/12") == ("2025-12-03", "2025-12-03")
    assert last("3 décembre") == ("2025-12-03", "2025-12-03")
    assert last("novembre") == ("2026-11-01", "2026-11-30")
    assert last("décembre") == ("2025-12-01", "2025-12-31")


@given(SOME_DAY, st.sampled_from([ENGLISH, FRENCH, Config(stated_locale="en_US")]))
def test_a_day_is_read_as_crm_shows_it(day: date, config: Config) -> None:
    assert parse_day(day_text(day, config), TODAY, config) == day


@given(SOME_DAY, st.booleans(), SOME_DAY)
def test_a_day_without_a_year_is_near(today: date, is_past: bool, day: date) -> None:
    span = read_days(f"{day.day}/{day.month}", today, FRENCH, is_past=is_past)
    assert (span.low.day, span.low.month) == (day.day, day.month)
    assert timedelta(0) <= (today - span.low if is_past else span.low - today) <= timedelta(days=8 * 366)


def test_a_time_is_read_with_twelve_hours() -> None:
    assert [parse_time(text) for text in ("2pm", "2:30 PM", "12am", "12 p.m.")] == [
        "14:00",
        "14:30",
        "00:00",
        "12:00",
    ]
    with pytest.raises(UsageError):
        parse_time("14pm")
