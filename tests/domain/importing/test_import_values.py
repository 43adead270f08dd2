"""Numbers, days and words of other programs: as declared, and never another value than was meant."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcli.domain.importing.import_map import ImportMap
from crmcli.domain.importing.import_values import RowReader
from crmcli.domain.model.config import DateOrder
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.values import NumberText
from tests.harness.builders import a_config

FRENCH = replace(
    a_config(), currency="EUR", stated_locale="fr_FR", date_order=DateOrder.DMY, timezone="Europe/Paris"
)
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
AMOUNTS = st.decimals(min_value=0, max_value=Decimal("999999999.99"), places=2)


def reader(**map: object) -> RowReader:
    return RowReader(FRENCH, ImportMap(**map), "opportunities", NOW)  # type: ignore[arg-type]


@given(AMOUNTS, st.sampled_from([" ", "\u00a0", "\u202f", ""]), st.sampled_from(["", " €", "€"]))
def test_french_amounts_are_what_was_written(amount: Decimal, blank: str, sign: str) -> None:
    text = f"{amount:,.2f}".replace(",", blank).replace(".", ",") + sign
    assert reader().read_amount(text) == amount
    assert reader(decimal=",").read_amount(text) == amount


@given(AMOUNTS)
def test_a_declared_decimal_sign_decides(amount: Decimal) -> None:
    assert reader(decimal=".").read_amount(f"{amount:,.2f}") == amount
    german = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    assert reader(decimal=",").read_amount(german) == amount


def test_what_can_be_two_numbers_is_refused_unless_declared() -> None:
    with pytest.raises(UsageError, match="two ways"):
        reader().read_amount("8.000")
    assert reader(decimal=",").read_amount("8.000") == 8000
    assert reader(decimal=".").read_amount("8.000") == 8
    for text in ("8,00,0", "1.2.3", "x", "", "--5", "٣"):
        with pytest.raises(UsageError):
            reader(decimal=".").read_amount(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/11/2026", datetime(2026, 11, 24, 11, tzinfo=UTC)),  # noon
        ("2026-11-24 09:12:30", datetime(2026, 11, 24, 8, 12, 30, tzinfo=UTC)),
        ("24/11/2026 à 14h30", datetime(2026, 11, 24, 13, 30, tzinfo=UTC)),
        ("2026-11-24T09:12:00Z", datetime(2026, 11, 24, 9, 12, tzinfo=UTC)),
        ("2026-11-24T09:12:00.123+02:00", datetime(2026, 11, 24, 7, 12, tzinfo=UTC)),
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # does not exist in Paris
    ],
)
def test_instants_are_in_the_declared_zone(text: str, expected: datetime) -> None:
    assert reader().read_instant(text) == expected


@pytest.mark.parametrize("text", ["soon", "31/02/2026", "2026-13-01", "24/11/26", "2026", "\u0663/1/2026"])
def test_what_is_not_a_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        reader().read_instant(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (reader().read_instant, reader(decimal=".").read_amount, reader().read_number):
        with suppress(UsageError):
            read(text)


def test_today_before_noon_means_now_and_every_other_day_noon() -> None:
    assert reader().read_instant("2026-11-30") == NOW
    assert reader().read_instant("2026-11-29") == datetime(2026, 11, 29, 11, tzinfo=UTC)


@given(st.decimals(min_value=-999_999, max_value=999_999, places=2), st.sampled_from([None, ".", ","]))
def test_a_number_of_a_program_is_itself_whatever_is_declared(number: Decimal, sign: str | None) -> None:
    assert reader(decimal=sign).read_number(NumberText(number)) == number
    assert reader(decimal=sign).read_amount(NumberText(number)) == number
