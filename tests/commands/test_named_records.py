"""A person names a record by words of its title or of its contact; what it is called today counts."""

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import crm_at_terminal

FAURE, GARE = "fzsyxbc0", "teqcvdqh"


@pytest.mark.parametrize(
    "words",
    ["faure", "Thomas", "thomas FAURÉ", "JØTUL remplacement", "PAB Jøtul - Remplacement d'appareil"],
)
def test_words_of_the_title_or_of_the_contact_find_a_record(shared: Crm, words: str) -> None:
    assert FAURE in shared("show", words).out


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("andré", "André"),
        ("Éloïse", "Éloïse"),
        ("Le Goff", "LE GOFF"),
        ("le-goff", "LE GOFF"),
        ("KERLOC'H", "KERLOC’H"),
    ],
)
def test_words_of_the_name_find_a_contact(crm: Crm, words: str, name: str) -> None:
    for each in ("André Mével", "Éloïse Carn", "Yann LE GOFF"):
        crm("contact", "create", each)
    assert name in crm("contact", "show", words).out


def test_a_record_is_found_by_its_title_of_today_not_by_the_name_of_its_file(crm: Crm) -> None:
    crm("create", "Poêle rue de la gare")
    [path] = crm.data.glob("opportunities/*/poele-rue-de-la-gare--*")
    crm("set", str(path), "title=Devis Dupont")
    assert path.name[-13:-5] in crm("show", "dupont").out
    assert "no opportunity 'gare'" in crm.refused("show", "gare", code=3)
    with crm_at_terminal(crm, "move", "gare", "--to", "contacted", width=100) as command:
        assert command.wait() == 3


def test_an_exact_title_comes_before_longer_ones_and_several_are_listed(crm: Crm) -> None:
    crm("create", "Devis Bihan")
    crm("create", "Devis Bihan, deuxième")
    assert "deuxième" not in crm("show", "devis bihan").out
    refused = crm.refused("show", "bihan devi", code=4)
    assert "2 records match 'bihan devi':" in refused
    assert "« Devis Bihan, deuxième »" in refused


def test_a_file_that_cannot_be_read_is_found_by_its_own_name(crm: Crm) -> None:
    crm("create", "Poêle Quémener")
    [path] = crm.data.glob("opportunities/*/poele-quemener--*")
    path.write_text("title: [\n")
    assert str(path.relative_to(crm.root)) in crm.refused("show", "quemener", code=5)
