"""Entries of lists are found by id, then by label, without regard to how they are typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.model.fields import Content
from crmcli.domain.values.clean_records import clean_value
from crmcli.domain.values.errors import AmbiguousError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import Named, find_entry

KNOWN = (
    Named(id="New", label="lost"),
    Named(id="new", label="Signé"),
    Named(id="lost", label="Salon de l’habitat"),
    Named(id="quote", label="Devis envoyé"),
    Named(id="quote-2", label="DEVIS ENVOYÉ"),
)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("new", "new"),
        ("New", "New"),
        ("lost", "lost"),
        ("signe", "new"),
        ("salon de l'habitat", "lost"),
        ("QUOTE", "quote"),
        ("x", None),
        ("", None),
        (" ", None),
    ],
)
def test_the_id_itself_wins_then_an_id_then_a_label(typed: str, id: str | None) -> None:
    found = find_entry(typed, KNOWN)
    assert (found and found.id) == id


@pytest.mark.parametrize("typed", ["NEW", "devis envoyé", "Devis  envoye"])
def test_a_name_of_several_is_refused_with_their_ids(typed: str) -> None:
    with pytest.raises(AmbiguousError) as refused:
        find_entry(typed, KNOWN)
    assert len(refused.value.candidates) == 2


@given(st.text().filter(folded_name), st.sampled_from(["NFC", "NFD"]))
def test_every_form_of_a_label_finds_its_entry(label: str, form: str) -> None:
    entry = Named(id="\x00", label=label)
    assert find_entry(f" {unicodedata.normalize(form, label)} ", [entry]) is entry


def test_a_name_never_becomes_empty() -> None:
    assert clean_value(Content.LINE, "\u200b") == "\u200b"
    assert clean_value(Content.LINE, "Ann\u200b") == "Ann"
