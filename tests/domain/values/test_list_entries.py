"""Entries of lists are found by id, then by label, without regard to how they are typed."""

import pytest

from crmcli.domain.model.fields import Content
from crmcli.domain.values.clean_records import clean_value
from crmcli.domain.values.list_entries import Named, find_entry

KNOWN = (
    Named(id="New", label="lost"),
    Named(id="new", label="Signé"),
    Named(id="lost", label="Salon de l’habitat"),
)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("new", "new"),
        ("New", "New"),
        ("lost", "lost"),
        ("signe", "new"),
        ("salon de l'habitat", "lost"),
        ("x", None),
    ],
)
def test_the_id_itself_wins_then_an_id_then_a_label(typed: str, id: str | None) -> None:
    assert find_entry(typed, KNOWN) == id


def test_a_name_never_becomes_empty() -> None:
    assert clean_value(Content.LINE, "\u200b") == "\u200b"
    assert clean_value(Content.LINE, "Ann\u200b") == "Ann"
