"""Characters that nobody sees, and letters in two forms, make no difference."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.values.clean_text import clean_email, clean_phone, clean_text
from crmcli.domain.values.folding import fold_text

HIDDEN = "\u00ad\u200b\u200e\u202a\u202c\u2060\ufeff"
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cf")), max_size=30)


@given(TEXT, st.data())
def test_hidden_characters_and_the_form_of_letters_make_no_difference(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    hidden = f"{text[:place]}{data.draw(st.sampled_from(HIDDEN))}{text[place:]}"
    assert (
        clean_text(hidden)
        == unicodedata.normalize("NFC", text)
        == clean_text(unicodedata.normalize("NFC", text))
    )


@given(TEXT)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    for clean in (clean_text, clean_phone, clean_email):
        assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "typed",
    [
        "\u202a06 12 34 56 78\u202c",
        "06\u201112\u201134\u201156\u201178",
        "06\u201312\u201334\u201356\u201378",
        "06\u200912\u202f34\u00a056\u200778",
        "\u200b0612345678\ufeff",
        "tel:+33612345678",
        "+33 (0)6.12.34.56.78",
    ],
)
def test_a_phone_is_read_however_it_was_copied(typed: str) -> None:
    assert normal_phone(typed, "FR") == "+33612345678"


@pytest.mark.parametrize(
    "typed",
    [
        "mailto:Ann@example.org",
        "\u200bann@example.org",
        "ann\u00ad@example.org",
        "Ann <ann@exam\u200bple.org>",
    ],
)
def test_an_address_is_read_however_it_was_copied(typed: str) -> None:
    assert normal_email(typed) == "ann@example.org"


def test_an_emoji_of_several_parts_stays_one() -> None:
    assert clean_text("Famille 👨‍👩‍👧") == "Famille 👨‍👩‍👧"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Salon de l'habitat", "Salon de l’habitat"),
        ("Jean‑Marc", "Jean-Marc"),
        ("Kerma\u00adrrec", "kermarrec"),
    ],
)
def test_what_looks_the_same_is_found_as_the_same(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)
