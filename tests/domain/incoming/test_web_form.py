"""Mails of a site's contact form, told from other mails and read."""

from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.incoming.web_form import read_form
from tests.harness.builders import a_config

config = a_config("""
stages: [{id: new}]
fields:
  - {name: appliance, label: Appareil souhaité, type: choice, choices: [PAG, PAB]}
  - {name: architect, type: contact}
""")
FORM = """
Nom : Quéré
Prénom: Gaëlle
E-mail: gaelle@example.fr
Appareil souhaité: PAG
architect: x2a9c4d8
Message: Bonjour : voici
  ma demande.

Horaires : le soir
Ville: Pontivy
Couleur: blanc
"""


def test_a_form_is_read_by_its_keys_in_french_or_english_or_by_a_fields_label() -> None:
    form = read_form(FORM, config)
    assert form is not None
    assert form.line("first_name", "name") == "Gaëlle Quéré"
    assert form.values["email"] == "gaelle@example.fr"
    assert form.assigned == [("fields.appliance", "PAG")]


def test_a_message_goes_on_until_a_known_key() -> None:
    form = read_form(FORM, config)
    assert form is not None
    assert form.values["message"] == "Bonjour : voici\nma demande.\n\nHoraires : le soir"
    assert form.values["city"] == "Pontivy"


def test_what_nobody_declared_is_kept_as_it_came_and_no_stranger_names_a_contact() -> None:
    form = read_form(FORM, config)
    assert form is not None
    assert form.others == [("architect", "x2a9c4d8"), ("Couleur", "blanc")]


def test_text_before_the_first_label_is_not_part_of_the_form() -> None:
    form = read_form(f"Bonjour,\n\nvous avez reçu une demande :\n{FORM}", config)
    assert form is not None
    assert form.line("first_name", "name") == "Gaëlle Quéré"


def test_a_form_has_an_address_or_a_phone_and_two_more_fields() -> None:
    for text in ("Nom: Quéré\nVille: Pontivy\n", "Objet: devis\nBudget: 5000\nVille: Pontivy\n", ""):
        assert read_form(text, config) is None, text


@given(st.text(max_size=400))
def test_any_text_is_a_form_or_none(text: str) -> None:
    read_form(text, config)
    read_form(f"nom: a\nemail: b\nville: c\n{text}", config)
