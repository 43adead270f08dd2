"""Files that people edit: what they wrote stays, what they changed counts, what is wrong is named."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import show_at_terminal

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
    "stage: new": ("stage: nouveau", "5:1: stage: unknown stage 'nouveau'"),
    "owner: marie": ("owner: pierre", "10:1: owner: unknown user 'pierre'"),
    "contact: n9gnrr44": ("contact: zzzzzzzz", "4:1: contact: no contact 'zzzzzzzz'"),
    "brand: Leenders": (
        "brand: Leender",
        "14:3: fields.brand: unknown brand 'Leender' (did you mean Leenders?)",
    ),
    "source: client": (
        "source: cleint",
        "17:3: marketing.source: unknown source 'cleint' (did you mean client?)",
    ),
    "budget: 9000.00": ("budget: beaucoup", "6:1: budget: 'beaucoup' is not an amount like 8000.00"),
    "created: 2026": (
        "created: 20x6",
        "11:1: created: '20x6-11-17T10:00:00Z' is not an instant like 2026-11-23T09:12:00Z",
    ),
    "id: teqcvdqh": ("id: teqcvdq2", "2:1: id: teqcvdq2, but the name says teqcvdqh"),
    "schema: 1": ("schema: 1\nschema: 1", "2:1: duplicate"),
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
        (
            "  - id: visit\n",
            "  - id: none\n",
            "'none' cannot be an id (none and any have a meaning in queries)",
        ),
        ("  - id: visit\n", "  - id: ../../x\n", "'../../x' cannot be an id"),
        ("  - id: paul #", "  - id: me #", "'me' cannot be an id"),
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


def editor_of_rounds(crm: Crm, *rounds: str) -> None:
    """An editor that runs a script each time it is opened, and keeps what it was given."""
    editor = crm.root.parent / "editor.sh"
    cases = "\n".join(f"{number}) {script} ;;" for number, script in enumerate(rounds, start=1))
    editor.write_text(
        f"#!/bin/sh\nn=$(($(cat {editor}.n 2>/dev/null || echo 0) + 1)); echo $n > {editor}.n\n"
        f'cp "$1" {editor}.given$n\ncase $n in\n{cases}\nesac\n'
    )
    editor.chmod(0o755)
    crm.environment["EDITOR"] = str(editor)


def given(crm: Crm, number: int) -> str:
    """The text that the editor was given when it was opened for this time."""
    return (crm.root.parent / f"editor.sh.given{number}").read_text("utf-8")


def test_what_is_refused_is_opened_again_with_the_error_on_top(crm: Crm) -> None:
    before = crm.file("teqcvdqh").read_text("utf-8")
    editor_of_rounds(
        crm,
        "sed -i 's/^title:.*/title: Foyer # à revoir/; s/^stage:.*/stage: nowhere/' $1",
        "sed -i 's/^stage:.*/stage: [x/' $1",
        "sed -i 's/^stage:.*/stage: contacted/' $1",
    )
    out = show_at_terminal(crm, "edit", "teqcvdqh")
    assert "planned activity" in out
    assert given(crm, 1) == before
    assert given(crm, 2).startswith("# crm: stage: unknown stage 'nowhere'")
    assert "title: Foyer # à revoir" in given(crm, 2)
    assert re.match(r"# crm: .*:\d+:\d+: ", given(crm, 3))
    assert given(crm, 3).count("# crm:") == 2
    after = crm.file("teqcvdqh").read_text("utf-8")
    assert "title: Foyer # à revoir\n" in after
    assert "# crm:" not in after


def test_who_gives_up_keeps_the_draft_as_it_was_typed(crm: Crm) -> None:
    before = crm.records()
    editor_of_rounds(
        crm, "sed -i 's/^title:.*/title: Foyer # à revoir/; s/^stage:.*/stage: nowhere/' $1", "true"
    )
    out = show_at_terminal(crm, "edit", "teqcvdqh")
    draft = re.search(r"(/\S+/crm-edit-\S+\.yaml)", out)
    assert draft is not None, out
    text = Path(draft[1]).read_text("utf-8")
    assert "stage: nowhere\n" in text
    assert "title: Foyer # à revoir\n" in text
    assert "# crm:" not in text
    assert crm.records() == before
    shutil.rmtree(Path(draft[1]).parent)


@pytest.mark.parametrize("ending", ["exit 3", "rm $1"])
def test_an_editor_that_fails_the_second_time_loses_nothing(crm: Crm, ending: str) -> None:
    editor_of_rounds(crm, "sed -i 's/^title:.*/title: Foyer/; s/^stage:.*/stage: nowhere/' $1", ending)
    out = show_at_terminal(crm, "edit", "teqcvdqh")
    draft = re.search(r"(/\S+/crm-edit-\S+?\.yaml)", out)
    assert draft is not None, out
    assert "title: Foyer\n" in Path(draft[1]).read_text("utf-8")
    shutil.rmtree(Path(draft[1]).parent)


def test_what_was_changed_meanwhile_is_in_the_text_that_is_opened_again(crm: Crm) -> None:
    other = (
        f"EDITOR=true PYTHONPATH={crm.environment['PYTHONPATH']} {sys.executable} -m crmcli"
        " set teqcvdqh title=Autre tags+=meanwhile priority=3"
    )
    editor_of_rounds(
        crm,
        f"sed -i 's/^title:.*/title: Foyer # à revoir/' $1; {other} >/dev/null",
        "sed -i 's/^title:.*/title: Foyer ou autre/' $1",
    )
    show_at_terminal(crm, "edit", "teqcvdqh")
    assert re.match(r"# crm: .*changed meanwhile too: title", given(crm, 2))
    assert "title: Foyer # à revoir" in given(crm, 2)
    assert "meanwhile" in given(crm, 2)
    after = crm.file("teqcvdqh").read_text("utf-8")
    assert "title: Foyer ou autre\n" in after
    assert "- meanwhile\n" in after
    assert "priority: 3\n" in after


def test_a_contact_that_is_refused_is_opened_again(crm: Crm) -> None:
    editor_of_rounds(
        crm, "sed -i 's/^id:.*/id: a2345678/' $1", "sed -i 's/^id:.*/id: f8dz9xw4/; s/Moulins/Tilleuls/' $1"
    )
    show_at_terminal(crm, "contact", "edit", "f8dz9xw4")
    assert "the id and the schema cannot be edited" in given(crm, 2)
    assert "Tilleuls" in crm.file("f8dz9xw4").read_text("utf-8")


def test_check_names_links_that_lead_out_of_the_workspace(crm: Crm) -> None:
    path, elsewhere = crm.file("teqcvdqh"), crm.root.parent / "elsewhere"
    elsewhere.mkdir()
    path.rename(elsewhere / path.name)
    path.symlink_to(elsewhere / path.name)
    found = crm("check", code=5).out
    assert f"{path.relative_to(crm.root)}: a link out of the workspace" in found
    path.unlink()
    (elsewhere / path.name).rename(path)
    crm("check")
    (crm.data / "opportunities").rename(elsewhere / "opportunities")
    (crm.data / "opportunities").symlink_to(elsewhere / "opportunities")
    assert "pipeline_data/opportunities: a link out of the workspace" in crm("check", code=5).out


def test_config_check_names_a_query_that_a_view_of_a_list_does_not_use(crm: Crm) -> None:
    path = crm.data / "crm.yaml"
    views = "views:\n  list:\n    query: owner:me\n    columns: [+town]\n"
    path.write_text(path.read_text("utf-8").replace("views:\n", views), "utf-8")
    assert "views.list.query: has no effect" in crm("config", "check", code=5).out
