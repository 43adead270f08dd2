"""Names of people: one in any order and with any civility; particles and compound names stay whole."""

import unicodedata
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.person_names import (
    CIVILITIES,
    do_names_fit,
    is_nameless,
    is_same_name,
    name_key,
    parse_name,
)

GIVEN = ["Pierre", "Jean-Marc", "Marie", "Élodie", "Maïwenn", "Anne-Sophie"]
FAMILY = ["RICHARD", "LE BRAS", "d'Artagnan", "de la Tour", "Saint-Martin", "Lefèvre-Dupont", "Stéphan"]
LEADING = ["", "M. ", "Mme ", "Monsieur ", "Dr ", "mlle "]
people = st.tuples(st.sampled_from(GIVEN), st.sampled_from(FAMILY))
spell = st.sampled_from([str, str.upper, str.lower, lambda text: unicodedata.normalize("NFD", text)])


@given(people, st.sampled_from(LEADING), spell, st.booleans())
def test_a_name_is_one_in_any_order_case_and_with_any_civility(
    person: tuple[str, str], civility: str, spelled: object, is_reversed: bool
) -> None:
    plain = " ".join(person)
    other = civility + " ".join(reversed(person) if is_reversed else person)
    other = spelled(other)  # type: ignore[operator]
    assert name_key(other) == name_key(plain)
    assert is_same_name(other, plain)
    assert do_names_fit(other, plain)


@given(people, people)
def test_different_people_are_never_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert is_same_name(" ".join(one), " ".join(reversed(other))) == (one == other)
    assert do_names_fit(" ".join(one), " ".join(other)) == (one == other)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_key_and_is_compared_alike_from_both_sides(one: str, other: str) -> None:
    assert is_same_name(one, one)
    assert is_same_name(one, other) == is_same_name(other, one)
    assert do_names_fit(one, other) == do_names_fit(other, one)
    assert bool(name_key(one)) == bool(one.strip()) or not name_key(one).strip()
    assert not is_same_name(one, other) or name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LE BRAS Katell", "Katell Lebras"),
        ("Le-Bras Katell", "Katell LE BRAS"),
        ("Jean Marc DUPONT", "DUPONT Jean-Marc"),
        ("Charles d’Artagnan", "D' ARTAGNAN Charles"),
        ("RICHARD, Pierre (M.)", "Pierre RICHARD"),
        ("RICHARD Mme Anne", "Anne Richard"),
        ("St-Martin Luc", "Luc SAINT MARTIN"),
        ("Famille Stéphan", "FAMILLE STEPHAN"),
    ],
)
def test_these_are_one(one: str, other: str) -> None:
    assert is_same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jean-Marc DUPONT", "Marc DUPONT"),
        ("Jean-Marc DUPONT", "Jean DUPONT"),
        ("Marc JEAN-DUPONT", "Jean-Marc DUPONT"),
        ("Katell LE BRAS", "Katell BRAS"),
        ("Katell LE BRAS", "Le BRAS"[:2] + " Katell"),
        ("Famille Stéphan", "Loïc STÉPHAN"),
        ("M. COUPLE", "Mme COUPLE"),
        ("Marie LE GOFF", "Jean LE GOFF"),
        ("P.", "Pierre RICHARD"),
    ],
)
def test_these_do_not_even_fit_or_are_two(one: str, other: str) -> None:
    assert not is_same_name(one, other)
    assert not do_names_fit(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pierre R.", "Pierre RICHARD"),
        ("RICHARD", "Pierre RICHARD"),
        ("J.-M. Dupont", "Jean-Marc DUPONT"),
        ("M. et Mme COUPLE", "Anne COUPLE"),
        ("Mme COUPLE", "M. et Mme COUPLE"),
        ("Stéphan", "Famille Stéphan"),
    ],
)
def test_these_fit_and_are_not_said_to_be_one(one: str, other: str) -> None:
    assert do_names_fit(one, other)
    assert not is_same_name(one, other)


def test_civilities_alone_stay_names() -> None:
    for words in permutations(["M.", "Mme"]):
        assert parse_name(" ".join(words)).words
    assert all(name_key(word) == word for word in CIVILITIES)


@pytest.mark.parametrize(
    ("name", "email", "nameless"),
    [
        ("", "", True),
        ("02 97 11 22 33", "", True),
        ("a@b.example", "", True),
        ("marie.legoff", "marie.legoff@example.org", True),
        ("Marie Legoff", "marie.legoff@example.org", False),
        ("Marie", "marie@example.org", True),
        ("Jean", "marie@example.org", False),
    ],
)
def test_an_address_instead_of_a_name_says_no_name(name: str, email: str, nameless: bool) -> None:
    assert is_nameless(name, email) == nameless
