"""`crm stage rename`, `field rename`, `type rename`: another name, and nothing else is different."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.harness.crm import Crm


def stories(crm: Crm) -> str:
    """What people read of all records: histories, reasons, figures."""
    ids = crm("list", "is:any", "-o", "ids", "sort:id").ids
    shown = [crm(verb, id).out for id in ids[:6] for verb in ("show", "why")]
    return "\n".join([*shown, crm("report", "pipeline").out, crm("board").out, crm("list", "is:any").out])


def test_a_renamed_stage_tells_the_same_story_under_another_name(crm: Crm) -> None:
    before = stories(crm)
    crm("stage", "rename", "quoted", "zquoted")
    assert stories(crm).replace("zquoted", "quoted").split() == before.split()


@pytest.mark.parametrize(
    "kind_and_old", [("stage", "quoted"), ("stage", "contacted"), ("stage", "won"), ("type", "call")]
)
def test_no_rule_fires_again_after_a_rename(crm: Crm, kind_and_old: tuple[str, str]) -> None:
    crm("tick")
    before = crm.records()
    kind, old = kind_and_old
    crm(kind, "rename", old, "renamed")
    renamed = crm.records()
    crm("tick")
    assert crm.records() == renamed
    crm("undo")
    assert crm.records() == before


def test_a_deal_that_moves_on_after_a_rename_does_what_it_would_have_done(crm: Crm) -> None:
    plain = Crm(Path(shutil.copytree(crm.root, crm.root.parent / "plain")))
    crm("stage", "rename", "quoted", "zquoted")
    for command in ("move {0} --to negotiation", "move {0} --to {1}", "win {0}", "reopen {0}", "win {0}"):
        said = []
        for each, stage in ((crm, "zquoted"), (plain, "quoted")):
            out = each(*command.format("xgcej9p8", stage).split()).out
            said.append(re.sub(r"\b[a-z][0-9a-z]{7}\b", "ID", out.replace("zquoted", "quoted")))
        assert said[0] == said[1]


def test_a_timed_rule_stays_released_under_its_new_name(bare: Crm) -> None:
    for number in range(25):
        bare(
            "create",
            f"Devis {number}",
            "--contact",
            f"Client {number}",
            "--revenue",
            "100",
            "--stage",
            "quoted",
            CRM_NOW="2026-10-01T09:00",
        )
    for id in bare("activity", "list", "-o", "ids").ids:
        bare("done", id, CRM_NOW="2026-10-02T09:00")
    assert "rules release" in bare("tick", CRM_NOW="2026-10-20T09:00").err
    bare("rules", "release", "quoted.second-chase", "--from", "all", CRM_NOW="2026-10-20T09:00")
    bare("stage", "rename", "quoted", "offered", CRM_NOW="2026-10-20T09:00")
    ticked = bare("tick", CRM_NOW="2026-10-20T10:00")
    assert "rules release" not in ticked.err
    assert ticked.out.count("offered.second-chase") == 25


def test_a_dry_run_names_every_file_and_line_and_changes_nothing(crm: Crm) -> None:
    before = crm.records()
    out = crm("stage", "rename", "quoted", "offered", "--dry-run").out
    assert crm.records() == before
    rows = json.loads(crm("stage", "rename", "quoted", "offered", "--dry-run", "-o", "json").out)
    for row in rows:
        line = before[row["path"]].decode().splitlines()[row["line"] - 1]
        assert line.strip() == row["before"]
        assert f"  {row['path']}:{row['line']}: {row['before']} → {row['after']}" in out
    crm("stage", "rename", "quoted", "offered")
    after = crm.records()
    for path, content in after.items():
        old, new = before[path].split(b"\n"), content.split(b"\n")
        differ = [number for number, pair in enumerate(zip(old, new, strict=True), 1) if pair[0] != pair[1]]
        assert differ == [row["line"] for row in rows if row["path"] == path]


def test_comments_and_layout_of_a_file_by_hand_stay(crm: Crm) -> None:
    file = crm.file("xgcej9p8")
    text = file.read_text("utf-8").replace("stage: quoted\n", 'stage:   "quoted"   # quoted on Monday\n')
    text = text.replace("    to: quoted\n", "    to: 'quoted'  # sic\n", 1)
    file.write_text(text, "utf-8")
    crm("stage", "rename", "quoted", "offered")
    changed = file.read_text("utf-8")
    assert 'stage:   "offered"   # quoted on Monday\n' in changed
    assert "to: 'offered'  # sic\n" in changed
    crm("undo")
    assert file.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stage", "rename", "quoted", "won"), "there is a stage won already"),
        (("stage", "rename", "quoted", "quoted"), "there is a stage quoted already"),
        (("stage", "rename", "quoted", "Offered"), "cannot be the name of a stage"),
        (("stage", "rename", "quoted", "no"), "cannot be the name of a stage"),
        (("stage", "rename", "quoted", "a b"), "cannot be the name of a stage"),
        (("stage", "rename", "quoted", "nouveau"), "is the label of the stage new"),
        (("stage", "rename", "quoted", "referral"), "crm's own rules"),
        (("stage", "rename", "quotd", "offered"), "did you mean quoted"),
        (("field", "rename", "brand", "title"), "standard field"),
        (("field", "rename", "brand", "make-of"), "cannot be the name of a custom field"),
        (("field", "rename", "brand", "model"), "there is a custom field model already"),
        (("stage", "rename", "quoted", "a" * 120), "cannot be the name of a stage"),
        (("field", "rename", "brand", "a" * 120), "cannot be the name of a custom field"),
        (("type", "rename", "call", "a" * 120), "cannot be the name of an activity type"),
        (("stage", "rename", "quoted", "none"), "none and any have a meaning in queries"),
        (("type", "rename", "call", "any"), "none and any have a meaning in queries"),
        (("type", "rename", "call", "visit"), "there is a activity type visit already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(crm: Crm, words: tuple[str, ...], said: str) -> None:
    before = crm.records()
    assert said.replace("a activity", "an activity") in crm.refused(*words, code=2)
    assert crm.records() == before


def test_a_label_names_what_is_renamed(crm: Crm) -> None:
    assert "renamed quoted to offered" in crm("stage", "rename", "devis envoye", "offered").out


TEMPLATE = """\
Subject: {{ 'quoted' if stage == 'quoted' else 'else' }}

We have quoted {{ title }}.
{% if stage in ['new', "quoted"] or lost == 'quoted' %}quoted{% endif %}
{% set words = {'quoted': 'an offer', 'won': 'an order'} %}{{ words.get(stage.id) or words[stage] }}
{% for each in ['quoted', 'won'] %}{{ each }}{% endfor %}
"""


def test_only_what_refers_to_the_stage_changes_in_a_template(crm: Crm) -> None:
    template = crm.root / "templates/email/own.j2"
    template.write_text(TEMPLATE, "utf-8")
    ended = crm("stage", "rename", "quoted", "offered")
    lines = template.read_text("utf-8").splitlines()
    assert lines[0] == "Subject: {{ 'quoted' if stage == 'offered' else 'else' }}"
    assert lines[2] == "We have quoted {{ title }}."
    assert lines[3] == "{% if stage in ['new', \"offered\"] or lost == 'quoted' %}quoted{% endif %}"
    assert lines[4].startswith("{% set words = {'offered': 'an offer'")
    assert lines[5] == TEMPLATE.splitlines()[5]
    assert "own.j2:1: " in ended.err
    assert "own.j2:6: " in ended.err
    assert "own.j2:4" not in ended.err


def test_a_template_of_windows_is_renamed_in_place(crm: Crm) -> None:
    template = crm.root / "templates/email/own.j2"
    template.write_bytes(b"Subject: Hello\r\n\r\n{% if stage == 'quoted' %}\r\nquoted\r\n{% endif %}\r\n")
    crm("stage", "rename", "quoted", "offered")
    assert (
        template.read_bytes()
        == b"Subject: Hello\r\n\r\n{% if stage == 'offered' %}\r\nquoted\r\n{% endif %}\r\n"
    )


def test_saved_queries_routes_and_forms_follow(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    text += "  own: not:stage:quoted,won field.brand:Rika sort:-field.brand,field.model rule:quoted.chase quoted\n"
    view = (
        "pab: {query: stage:quoted field.brand:Rika, sort: '-field.brand,title', columns: [id, field.brand]}"
    )
    text = text.replace("\nviews:\n", f"\nviews:\n  {view}\n", 1)
    config.write_text(text, "utf-8")
    crm("config", "check")
    crm("stage", "rename", "quoted", "offered")
    crm("field", "rename", "brand", "make")
    crm("stage", "rename", "contacted", "reached")
    crm("field", "rename", "appliance", "device")
    text = config.read_text("utf-8")
    assert (
        "  own: not:stage:offered,won field.make:Rika sort:-field.make,field.model rule:offered.chase quoted\n"
        in text
    )
    assert (
        "pab: {query: stage:offered field.make:Rika, sort: '-field.make,title', columns: [id, field.make]}"
        in text
    )
    assert "      stage: reached\n" in text
    assert "      - {name: device}\n" in text
    assert crm("check").out == crm("config", "check").out == ""


def test_hooks_are_named_and_left(crm: Crm) -> None:
    hook = crm.data / "hooks" / "post-change"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\ngrep 'stage: quoted' && mail marie\n")
    ended = crm("stage", "rename", "quoted", "offered", "--dry-run")
    assert "hooks/post-change:2: quoted stays here" in ended.err


def test_an_unreadable_record_stops_it(crm: Crm) -> None:
    file = crm.file("xgcej9p8")
    file.write_text(file.read_text("utf-8") + "stage: quoted\n", "utf-8")
    before = crm.records()
    assert file.name in crm.refused("stage", "rename", "quoted", "offered", code=5)
    assert crm.records() == before


def test_undo_of_a_rename_never_takes_later_work_with_it(crm: Crm) -> None:
    crm("stage", "rename", "quoted", "offered")
    crm("note", "xgcej9p8", "-m", "Rappelé")
    number = next(line.split()[0] for line in crm("undo", "--list").out.splitlines() if "rename" in line)
    before = crm.records()
    for options in ([], ["--force"]):
        assert "rename it back instead" in crm.refused("undo", number, *options, code=5)
    assert crm.records() == before
    crm("stage", "rename", "offered", "quoted")
    assert crm("check").out == crm("config", "check").out == ""


def test_a_rename_undone_can_be_done_again(crm: Crm) -> None:
    crm("stage", "rename", "quoted", "offered")
    renamed = crm.records()
    crm("undo")
    number = crm("undo", "--list").out.splitlines()[0].split()[0]
    if not number.isdigit():
        number = crm("undo", "--list").out.splitlines()[2].split()[0]
    crm("undo", number)
    assert crm.records() == renamed
