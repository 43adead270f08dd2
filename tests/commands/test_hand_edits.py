"""Files that people edit: what they wrote stays, what they changed counts, what is wrong is named."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.harness.crm import Crm

HAND_MADE = """\
# Vu au salon, très intéressé
title:   "Poêle pour l'atelier"   # titre provisoire
stage: new
expected_revenue: 4500

tags: [pab, "atelier"]
couleur: noir   # une clé à moi
owner:
contact: f8dz9xw4
activities:
- {id: abcd2345, type: call, due: 2026-11-30, assignee: paul}   # samedi ?
history:
  - {at: 2026-11-20T10:00:00+01:00, event: created, to: new, visit: 1}
id: hand2345
"""


@pytest.fixture
def hand_made(crm: Crm) -> Crm:
    path = crm.data / "opportunities" / "atelier--hand2345.yaml"
    path.write_bytes(HAND_MADE.replace("\n", "\r\n").encode().rstrip())
    return crm


def test_an_edit_leaves_every_other_line_of_a_hand_made_file_alone(hand_made: Crm) -> None:
    hand_made("move", "hand2345", "--to", "contacted")
    hand_made("set", "hand2345", "revenue=4700", "owner=marie")
    text = hand_made.file("hand2345").read_bytes().decode()
    changed = ("stage", "expected", "owner")
    kept = [line for line in HAND_MADE.splitlines() if line and not line.startswith(changed)]
    assert [line for line in text.split("\r\n") if line in kept] == kept
    assert {"stage: contacted", "expected_revenue: 4700.00", "owner: marie"} <= set(text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")


def test_unknown_keys_are_shown_and_given_to_scripts(hand_made: Crm) -> None:
    assert json.loads(hand_made("show", "hand2345", "-o", "json").out)["couleur"] == "noir"
    assert "noir" in hand_made("show", "hand2345").out


def test_a_newer_schema_is_read_and_never_written(crm: Crm) -> None:
    path = crm.file("teqcvdqh")
    path.write_text(path.read_text().replace("schema: 1", "schema: 2"))
    assert "teqcvdqh" in crm("show", "teqcvdqh").out
    assert "written by a newer crm" in crm.refused("tag", "teqcvdqh", "--add", "x", code=5)


def test_an_anchor_is_kept_and_never_edited(crm: Crm) -> None:
    path = crm.file("teqcvdqh")
    text = (
        path.read_text()
        .replace("owner: marie", "owner: &who marie")
        .replace("source: client", "source: client\nteam: *who")
    )
    path.write_text(text)
    crm("tag", "teqcvdqh", "--add", "x")
    assert "&who marie" in path.read_text()
    error = crm.refused("set", "teqcvdqh", "owner=paul", code=5)
    assert "anchor" in error
    assert "foyer-leenders-pour-veranda--teqcvdqh.yaml:" in error


PROBLEMS = {
    "stage: new": ("stage: nouveau", "5: stage: unknown stage 'nouveau'"),
    "owner: marie": ("owner: pierre", "10: owner: unknown user 'pierre'"),
    "contact: n9gnrr44": ("contact: zzzzzzzz", "4: contact: no contact 'zzzzzzzz'"),
    "brand: Leenders": (
        "brand: Leender",
        "14: fields.brand: unknown brand 'Leender' (did you mean Leenders?)",
    ),
    "source: client": (
        "source: cleint",
        "17: marketing.source: unknown source 'cleint' (did you mean client?)",
    ),
    "budget: 9000.00": ("budget: beaucoup", "6: budget: 'beaucoup' is not an amount like 8000.00"),
    "created: 2026": (
        "created: 20x6",
        "11: created: '20x6-11-17T10:00:00Z' is not an instant like 2026-11-23T09:12:00Z",
    ),
    "id: teqcvdqh": ("id: teqcvdq2", "2: id: teqcvdq2, but the name says teqcvdqh"),
    "schema: 1": ("schema: 1\nschema: 1", "2: duplicate"),
    "title: Foyer": ("title: &a [*a] Foyer", "3:"),
}


@pytest.mark.parametrize(("right", "wrong", "message"), [(a, b, c) for a, (b, c) in PROBLEMS.items()])
def test_check_names_file_line_and_field(crm: Crm, right: str, wrong: str, message: str) -> None:
    path = crm.file("teqcvdqh")
    path.write_text(path.read_text().replace(right, wrong, 1))
    found = crm("check", code=5).out
    assert f"{path.relative_to(crm.root)}:{message}" in found


def test_check_finds_ids_that_stand_twice(crm: Crm) -> None:
    path = crm.file("teqcvdqh")
    (path.parent / "copie--teqcvdqh.yaml").write_bytes(path.read_bytes())
    assert "teqcvdqh is the id of" in crm("check", code=5).out


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("probability: 30", "probability: 130", "'130' is not a percentage"),
        ("    on_enter:", "    on_entry:", "stages.1.on_entry: means nothing here; did you mean on_enter?"),
        ("template: accuse-reception", "template: accuse", "unknown template 'accuse'"),
        ("when: contact.email", "when: contact.email (", "on_enter.1.when"),
        ("due: 2bd", "due: soon", "'soon' is not a time span"),
        ("timezone: Europe/Paris", "timezone: Europe/Pontivy", "unknown time zone"),
        ("locale: fr_FR", "locale: xx_YY", "unknown locale 'xx_YY'"),
        ("currency: EUR", "currency: EURO", "unknown currency 'EURO'"),
        ("country: FR", "country: ZZ", "unknown country 'ZZ'"),
        ("schema: 1", "schema: 2", "is 2, this crm reads 1"),
        ("assignee: paul", "assignee: paull", "unknown user 'paull' (did you mean paul?)"),
        ("require: [contact, expected_revenue]", "require: [contact, revenues]", "unknown field 'revenues'"),
        ("stage:quoted,negotiation", "stage:quotes", "queries.devis"),
    ],
)
def test_config_check_names_the_line_of_a_mistake(crm: Crm, right: str, wrong: str, message: str) -> None:
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text().replace(right, wrong, 1))
    found = crm("config", "check", code=5).out
    assert found.startswith("pipeline_data/crm.yaml:")
    assert message in found


def test_a_broken_configuration_stops_other_commands_with_its_line(crm: Crm) -> None:
    path = crm.data / "crm.yaml"
    path.write_text(path.read_text().replace("stages:", "stages: ["))
    assert "pipeline_data/crm.yaml:" in crm.refused("list", code=5)


def test_fixing_writes_the_canonical_form_and_keeps_the_comments(crm: Crm) -> None:
    path = crm.file("teqcvdqh")
    canonical = path.read_bytes()
    path.write_text(
        "# une remarque\n"
        + path.read_text().replace("tags:\n  - foyer\n  - leenders", "tags: [foyer, leenders] # deux")
    )
    crm("check", "--fix", str(path))
    assert path.read_bytes() == b"# une remarque\n# deux\n" + canonical


def edited(crm: Crm, script: str, code: int = 0) -> str:
    """Edit the record with a shell script that gets the draft's path as $1."""
    editor = crm.root.parent / "editor.sh"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    result = crm("edit", "teqcvdqh", EDITOR=str(editor), code=code)
    return result.out + result.err


def test_editing_keeps_what_the_person_wrote(crm: Crm) -> None:
    edited(crm, "sed -i 's/^title: .*/title: Foyer # à revoir/' $1")
    assert "title: Foyer # à revoir\n" in crm.file("teqcvdqh").read_text()


def test_an_editor_that_leaves_a_directory_beside_the_draft_does_no_harm(crm: Crm) -> None:
    told = crm.root.parent / "draft"
    edited(crm, f"echo $1 > {told}\nmkdir ${{1%/*}}/backup\nsed -i 's/^title: .*/title: Foyer/' $1")
    draft = Path(told.read_text("utf-8").strip())
    assert [path.name for path in draft.parent.iterdir()] == ["backup"]
    shutil.rmtree(draft.parent)
    assert "title: Foyer\n" in crm.file("teqcvdqh").read_text()


def test_editing_the_stage_fires_its_rules(crm: Crm) -> None:
    assert "planned activity" in edited(crm, "sed -i 's/^stage: .*/stage: contacted/' $1")


def test_what_changed_meanwhile_is_merged_field_by_field(crm: Crm) -> None:
    note = (
        f"PYTHONPATH={crm.environment['PYTHONPATH']} {sys.executable} -m crmcli tag teqcvdqh --add meanwhile"
    )
    edited(crm, f"{note} > /dev/null\nsed -i 's/^title: .*/title: Foyer/' $1")
    deal = json.loads(crm("show", "teqcvdqh", "-o", "json").out)
    assert (deal["title"], "meanwhile" in deal["tags"]) == ("Foyer", True)


def test_a_conflict_is_exit_6_and_the_draft_is_kept(crm: Crm) -> None:
    meanwhile = f"PYTHONPATH={crm.environment['PYTHONPATH']} {sys.executable} -m crmcli set teqcvdqh title=Autre > /dev/null"
    said = edited(crm, f"{meanwhile}\nsed -i 's/^title: .*/title: Foyer/' $1", code=6)
    assert "changed meanwhile too: title" in said
    [draft] = [word for word in said.split() if "crm-edit-" in word]
    assert "title: Foyer" in Path(draft).read_text()
    assert json.loads(crm("show", "teqcvdqh", "-o", "json").out)["title"] == "Autre"


def test_what_does_not_read_is_not_saved_and_kept(crm: Crm) -> None:
    before = crm.records()
    said = edited(crm, "echo 'title: [' > $1", code=5)
    assert "your changes are kept" in said
    assert crm.records() == before


LISTS = """\
tags:  # as the customer said
  # on the phone
  - pag  # stove
  # last
"""


def test_the_comments_in_a_list_outlive_its_last_item(crm: Crm) -> None:
    [path] = crm.data.glob("opportunities/**/*--sdsw7zdf.yaml")
    text = re.sub(r"tags:\n(  - .*\n)+", LISTS, path.read_text("utf-8"))
    path.write_text(text, "utf-8")
    crm("tag", "sdsw7zdf", "--remove", "pag")
    left = "tags: []  # as the customer said\n  # on the phone\n  # last\n"
    assert path.read_text("utf-8") == text.replace(LISTS, left)
    crm("check")
    crm("tag", "sdsw7zdf", "--add", "rika")
    for comment in ("# as the customer said", "# on the phone", "# last"):
        assert comment in path.read_text("utf-8")


def test_the_comments_in_ones_own_fields_outlive_the_last_of_them(crm: Crm) -> None:
    [path] = crm.data.glob("opportunities/**/*--sdsw7zdf.yaml")
    text = re.sub(
        r"fields:\n(  .*\n)+", "fields:\n  # see the quote\n  brand: Rika\n", path.read_text("utf-8")
    )
    path.write_text(text, "utf-8")
    crm("set", "sdsw7zdf", "brand=")
    assert "fields: {}\n  # see the quote\n" in path.read_text("utf-8")
    crm("check")
