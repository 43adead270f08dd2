"""Which contact a text means; phones however they are written."""

import pytest

from crmcli.domain.model.record_types import Contact
from crmcli.domain.records.contact_matching import (
    match_contacts,
    normal_email,
    normal_phone,
    parse_asked_phone,
    shown_phone,
)
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.folding import BETWEEN
from crmcli.query.searched_text import searched_text

BELGIAN = ["0499/22 33 11", "+32499223311", "0032 499 22 33 11", "0499.22.33.11", "(0499) 22-33-11"]


@pytest.mark.parametrize("spelling", BELGIAN)
def test_a_number_in_five_spellings_is_one_contacts(spelling: str) -> None:
    known = [
        Contact(id="a2345678", name="Luc", phones=("0499 22.33.11",)),
        Contact(name="Ann", phones=("+3221112233",)),
    ]
    assert [each.name for each in match_contacts(spelling, known, "BE")] == ["Luc"]


def test_formatting_differences_are_none() -> None:
    assert normal_email('"Name" <A@B.example>') == normal_email("a@b.example")
    assert normal_phone("+32485001122", "FR") == normal_phone("0032485001122", "FR")


@pytest.mark.parametrize(
    ("phone", "country", "shown"),
    [
        ("+33612345678", "FR", "06 12 34 56 78"),
        ("+33612345678", "BE", "+33 6 12 34 56 78"),
        ("+32499223311", "BE", "0499 22 33 11"),
        ("+32499223311", "FR", "+32 499 22 33 11"),
        ("+33612345678", None, "+33 6 12 34 56 78"),
        ("06.12.34.56.78", "FR", "06.12.34.56.78"),
        ("+999", "FR", "+999"),
    ],
)
def test_a_phone_is_shown_as_one_dials_it_here(phone: str, country: str | None, shown: str) -> None:
    assert shown_phone(phone, country) == shown


@pytest.mark.parametrize("text", ["0", "06", " 1 2", "+3", "(0)6"])
def test_so_few_digits_are_no_question(text: str) -> None:
    with pytest.raises(UsageError, match="three digits"):
        parse_asked_phone(text, "FR")


def test_a_stored_number_is_found_as_people_write_it() -> None:
    found = searched_text(Contact(name="Luc", phones=("+33612345678",))).split(BETWEEN)
    assert {"+33612345678", "06 12 34 56 78", "0612345678"} <= set(found)
