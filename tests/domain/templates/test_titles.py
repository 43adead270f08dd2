"""Titles made of fields, fields with defaults and choices, what a stage requires of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcli.checks.record_checks import check_config, check_opportunity
from crmcli.domain.model.custom_fields import read_field, with_defaults
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records import transitions
from crmcli.domain.records.editing import Assignment, apply_assignment
from crmcli.domain.templates import titles
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.values import Plain, Value
from tests.harness.builders import a_config, at, created, facts

CONFIG = """
locale: fr_FR
stages:
  - {id: new}
  - {id: quoted, require: [contact]}
  - {id: won, outcome: won}
fields:
  - {name: appliance, type: choice, choices: [PAG, PAB, Foyer]}
  - {name: brand, type: choice, choices: [Rika, Contura, Jøtul]}
  - name: installation
    type: choice
    choices: [Raccordement sur conduit existant, Création de conduit, Remplacement d'appareil]
    required_in: [quoted, won]
  - {name: power, type: number, default: "8,5"}
  - {name: rooms, type: choices, choices: [salon, cuisine]}
  - {name: dry, label: Sec, type: bool}
  - {name: on, type: date}
  - {name: extra, type: money}
title: "{{ appliance }} {{ brand }} - {{ installation }}"
"""
RIKA: dict[str, Value] = {
    "appliance": "PAG",
    "brand": "Rika",
    "installation": "Raccordement sur conduit existant",
}
config = a_config(CONFIG)


def deal(title: str, **fields: Value) -> Opportunity:
    return Opportunity(id="k7f3q9mx", title=title, fields=fields)


def test_fields_make_the_title() -> None:
    assert (
        titles.title_from_fields(config, deal("x", **RIKA)) == "PAG Rika - Raccordement sur conduit existant"
    )


def test_a_field_that_is_missing_makes_no_title() -> None:
    assert titles.title_from_fields(config, deal("x", appliance="PAG", brand="Rika")) is None


def test_a_part_that_may_be_missing_is_left_out() -> None:
    pattern = replace(config, title="{{ appliance }}{% if brand %} {{ brand }}{% endif %}")
    assert titles.title_from_fields(pattern, deal("x", appliance="PAG")) == "PAG"


def test_a_title_that_followed_the_pattern_goes_on_following_it() -> None:
    about = facts(config, title="PAG Rika - Raccordement sur conduit existant", fields=RIKA)
    after = apply_assignment(about, Assignment("fields.brand", "", "contura"), at())
    assert after.title == "PAG Contura - Raccordement sur conduit existant"


def test_a_free_title_stays_as_it_is() -> None:
    about = facts(config, title="Le poêle de Pierre", fields=RIKA)
    assert apply_assignment(about, Assignment("brand", "", "Contura"), at()).title == "Le poêle de Pierre"
    assert "make « PAG Rika" in (titles.advise_title(about.opportunity, config) or "")


def test_a_title_off_the_pattern_tells_what_it_speaks_of() -> None:
    found = titles.off_pattern(deal("poele JOTUL pab, remplacement de l'ancien appareil"), config)
    assert found is not None
    assert found.proposal == "PAB Jøtul - Remplacement d'appareil"
    assert found.recognised == {
        "appliance": "PAB",
        "brand": "Jøtul",
        "installation": "Remplacement d'appareil",
    }
    fixed = titles.correct_title(deal("…"), found)
    assert titles.off_pattern(fixed, config) is None


def test_what_no_title_tells_is_named_and_never_guessed() -> None:
    off = deal("Poêle Rika pour une longère", appliance="PAG")
    found = titles.off_pattern(off, config)
    assert found == titles.OffPattern(None, {"brand": "Rika"}, ("installation",))
    with pytest.raises(RefusedError, match="no title without installation"):
        titles.correct_title(off, found)


@given(st.text(max_size=60))
def test_correcting_a_title_makes_one_that_follows_the_pattern(title: str) -> None:
    off = deal(title or "x", **RIKA)
    found = titles.off_pattern(off, config)
    if found is not None:
        assert titles.off_pattern(titles.correct_title(off, found), config) is None


def test_a_new_record_has_the_defaults_that_it_was_not_told_otherwise() -> None:
    assert with_defaults(deal("x"), config).fields == {"power": Plain("8.5")}
    assert with_defaults(deal("x", power=Plain("6")), config).fields == {"power": Plain("6")}


@pytest.mark.parametrize(
    ("name", "text", "held"),
    [
        ("appliance", " pag ", "PAG"),
        ("rooms", "Salon, cuisine", ["salon", "cuisine"]),
        ("dry", "oui", Plain("true")),
        ("dry", "no", Plain("false")),
        ("on", "2026-12-01", Plain("2026-12-01")),
        ("extra", "1 200 €", Plain("1200.00")),
        ("power", "8,5", Plain("8.5")),
        ("power", "-0", Plain("0")),
    ],
)
def test_a_field_reads_what_people_type(name: str, text: str, held: Value) -> None:
    assert read_field(config, name, text) == held


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("appliance", "PAGG", "did you mean PAG"),
        ("aplliance", "PAG", "did you mean appliance"),
        ("dry", "peut-être", "yes or no"),
        ("power", "fort", "not a number"),
        ("on", "bientôt", "bientôt"),
    ],
)
def test_a_field_refuses_what_it_cannot_hold(name: str, text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        read_field(config, name, text)
    assert says in str(error.value)


def test_a_field_can_be_required_in_a_stage() -> None:
    about = created(config)
    about = about.about(replace(about.opportunity, contact="x2a9c4d8"))
    with pytest.raises(RefusedError, match="missing installation"):
        transitions.move_deal(about, "quoted", at())
    about = about.about(replace(about.opportunity, fields=RIKA))
    assert transitions.move_deal(about, "quoted", at()).after.stage == "quoted"
    assert {stage.id: reasons for stage, reasons in transitions.next_stages(about)} == {
        "quoted": [],
        "won": [],
    }


def test_what_is_wrong_with_fields_is_told_with_its_place() -> None:
    wrong = a_config("""
stages: [{id: new}]
fields:
  - {name: Brand, type: choice}
  - {name: stage}
  - {name: size, type: number, default: big, choices: [a], required_in: [quotde]}
title: "Poêle"
""")
    found = {".".join(map(str, each.path)): each.what for each in check_config(wrong, [])}
    assert found["fields.0.name"] == "'Brand' cannot be a field's name"
    assert found["fields.0.choices"] == "Brand has no choices"
    assert found["fields.1.name"] == "'stage' is a standard field"
    assert found["fields.2.default"] == "size: 'big' is not a number"
    assert found["fields.2.choices"] == "are not for a number"
    assert found["fields.2.required_in.0"] == "unknown stage 'quotde'"
    assert found["title"] == "uses no custom field"


def test_a_value_that_its_field_cannot_have_is_told() -> None:
    off = deal("x", power="fort", brand="Rikka", on=Plain("2026-13-01"), dry=["a"], stage="new")
    found = {".".join(map(str, each.path)): each.what for each in check_opportunity(off, config, [])}
    assert set(found) >= {"fields.power", "fields.brand", "fields.on", "fields.dry"}
