"""`crm questionnaire`: what is asked, answered, missing; gates, queries and later versions."""

import json

import pytest

from tests.harness.crm import Crm

DEAL = "xgcej9p8"  # PAG Rika, quoted, nothing answered
DONE = "sdsw7zdf"  # PAG Rika, all that is required is answered


def test_each_kind_of_project_has_its_questionnaire(crm: Crm) -> None:
    assert crm("questionnaire", "list", "-o", "ids").out == "foyer\npab\npag\n"
    rows = json.loads(crm("questionnaire", "list", "-o", "json").out)
    assert rows[2]["for"] == {"field": "appliance", "is": ["PAG"]}
    assert all(row["questions"] >= 25 and row["records"] for row in rows)
    for id, chosen in ((DEAL, "pag"), ("enpgbmme", "pab"), ("teqcvdqh", "foyer")):
        assert json.loads(crm("questionnaire", "show", id, "-o", "json").out)["questionnaire"] == chosen


def test_answers_are_typed_shown_and_undone(crm: Crm) -> None:
    before = crm.file(DEAL).read_bytes()
    given = [
        "surface=120 m²",
        "conduit_existant=oui",
        "isolation=moyenne",
        "budget=7 500 €",
        "chauffage_actuel=fioul,bois",
    ]
    assert "surface none → 120" in crm("questionnaire", "answer", DEAL, *given, "--dry-run").out
    assert crm.file(DEAL).read_bytes() == before
    crm("questionnaire", "answer", DEAL, *given)
    text = crm.file(DEAL).read_text("utf-8")
    assert (
        "project:\n  questionnaire: pag\n  version: 1\n  answers:\n    surface: 120\n    conduit_existant: true\n"
        in text
    )
    assert (
        "    isolation: moyenne\n    budget: 7500.00\n    chauffage_actuel:\n      - fioul\n      - bois\n"
        in text
    )
    assert "budget: 7500.00\n" in text.partition("project:")[0]
    page = crm("questionnaire", "show", DEAL).out
    assert "Surface à chauffer  120 m²" in page
    assert "conduit_type *        Nature du conduit" in page
    assert "Poêle à granulés" in crm("show", DEAL).out
    shown = json.loads(crm("questionnaire", "show", DEAL, "-o", "json").out)
    assert shown["answered"] == 5
    assert "usage" in shown["missing"]
    assert "surface" not in shown["missing"]
    crm("undo")
    assert "project:" not in crm.file(DEAL).read_text("utf-8")


def test_answers_come_from_json_and_yaml_and_an_empty_one_clears(crm: Crm) -> None:
    document = b'{"stockage": "garage", "aides_souhaitees": ["cee", "maprimerenov"], "depose": false, "surface": 99.5}'
    crm("questionnaire", "answer", DEAL, "-", stdin=document)
    crm(
        "questionnaire",
        "answer",
        DEAL,
        "-",
        "usage=appoint",
        stdin="piece: Séjour\nsurface: null\nniveau: rdc\n".encode(),
    )
    deal = json.loads(crm("show", DEAL, "-o", "json").out)
    assert deal["project"]["answers"] == {
        "stockage": "garage", "aides_souhaitees": ["cee", "maprimerenov"], "depose": False,
        "piece": "Séjour", "niveau": "rdc", "usage": "appoint",
    }  # fmt: skip
    crm("questionnaire", "answer", DEAL, "-", stdin=b'{"surface": 1e2}')
    assert "surface: 100\n" in crm.file(DEAL).read_text("utf-8")
    huge = b'{"surface": 1e999999999}'
    assert "is not a number" in crm.refused("questionnaire", "answer", DEAL, "-", stdin=huge, code=2)
    crm("questionnaire", "answer", DEAL, "piece=")
    assert "piece" not in crm.file(DEAL).read_text("utf-8")
    for wrong in (b"[1]", b"{", b"a: {b: c}", b"surface: [", b"\xff"):
        assert "standard input" in crm.refused("questionnaire", "answer", DEAL, "-", stdin=wrong, code=2)


def test_wrong_answers_are_all_named_and_nothing_is_taken(crm: Crm) -> None:
    before = crm.records()
    said = crm.refused(
        "questionnaire", "answer", DEAL, "surface=grand", "isolation=bone", "abc=1", "usage=appoint", code=2
    )
    assert "3 answers are invalid" in said
    assert "surface: 'grand' is not a number" in said
    assert "did you mean bonne?" in said
    assert "unknown question 'abc'" in said
    assert "no questionnaire is chosen" in crm.refused(
        "questionnaire", "answer", "zmgjdqh3", "surface=1", code=5
    )
    assert "did you mean pag?" in crm.refused(
        "questionnaire", "answer", DEAL, "--questionnaire", "pga", code=2
    )
    assert "needs records and answers" in crm.refused("questionnaire", "answer", "surface=1", code=2)
    assert "fill needs a terminal" in crm.refused("questionnaire", "fill", DEAL, code=2)
    assert crm.records() == before


def test_another_questionnaire_can_be_chosen_and_many_records_answered(crm: Crm) -> None:
    crm("questionnaire", "answer", "zmgjdqh3", "--questionnaire", "pab")
    assert "questionnaire: pab" in crm.file("zmgjdqh3").read_text("utf-8")
    said = crm.refused("questionnaire", "answer", "questionnaire:pab", "tva=tva_reduite", code=2)
    assert "this would change" in said
    crm("questionnaire", "answer", "questionnaire:pab", "tva=tva_reduite", "--yes")
    crm("questionnaire", "answer", "-", "piece=Salon", stdin=b"zmgjdqh3\n")
    assert (
        crm("list", "answer.tva:tva_reduite", "answer.piece:salon", "-o", "ids").out == "enpgbmme\nzmgjdqh3\n"
    )


def test_an_answer_that_sets_a_field_of_the_title_makes_the_title_anew(crm: Crm) -> None:
    crm(
        "questionnaire",
        "answer",
        DEAL,
        "marque=mcz",
        "pose=ventouse",
        "date_souhaitee=2027-03-01",
        "puissance=8 kW",
    )
    deal = json.loads(crm("show", DEAL, "-o", "json").out)
    assert deal["title"] == "PAG MCZ - Ventouse"
    assert deal["fields"] == {
        "appliance": "PAG", "brand": "MCZ", "installation": "Ventouse", "installation_date": "2027-03-01", "power": 8,
        **{name: value for name, value in deal["fields"].items() if name in ("model",)},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        (["answer.surface:90.."], "enpgbmme\n"),
        (["answer.surface:..90", "answer.etancheite:non"], f"{DONE}\n"),
        (["answer.conduit_tube:oui"], "enpgbmme\n"),
        (["answer.isolation:Moyenne (combles isolés seulement)"], f"{DONE}\n"),
        (["is:unanswered", "questionnaire:pag,pab"], "enpgbmme\n"),
        (["not:is:unanswered", "questionnaire:any"], f"{DONE}\n"),
    ],
)
def test_queries_ask_for_answers_as_their_questions_type_them(crm: Crm, terms: list[str], found: str) -> None:
    assert crm("list", *terms, "-o", "ids").out == found


def test_a_query_for_an_answer_that_there_cannot_be_is_refused(crm: Crm) -> None:
    assert "did you mean moyenne?" in crm.refused("list", "answer.isolation:moyene", code=2)
    assert "'grand' is not a number" in crm.refused("list", "answer.surface:grand", code=2)
    assert "did you mean surface?" in crm.refused("list", "answer.surfase:1", code=2)


def test_is_unanswered_follows_the_questionnaires(crm: Crm) -> None:
    asked = ["list", "is:unanswered", "is:open", f"id:{DONE}", "-o", "ids"]
    assert crm(*asked).out == ""
    path = crm.root / "questionnaires" / "pag.yaml"
    path.write_text(
        path.read_text("utf-8") + "        required: true\n      - {id: neuf, label: Neuf, required: true}\n",
        "utf-8",
    )
    assert crm(*asked).out == f"{DONE}\n"
    crm("questionnaire", "answer", DONE, "neuf=oui")
    assert crm(*asked).out == ""


def test_a_stage_may_ask_for_the_questionnaire(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace("label: Négociation\n", "label: Négociation\n    require: [questionnaire]\n"), "utf-8"
    )
    said = crm.refused("move", DEAL, "--to", "negotiation", code=5)
    assert "missing questionnaire (motif, usage, type_logement" in said
    assert "--force" in said
    crm("move", DONE, "--to", "negotiation")
    crm("move", DEAL, "--to", "negotiation", "--force")
    assert "forced: il manque questionnaire" in crm.file(DEAL).read_text("utf-8")
    config.write_text(
        text.replace("label: Négociation\n", "label: Négociation\n    require: [answers.surfase]\n"), "utf-8"
    )
    assert "did you mean surface?" in crm("config", "check", code=5).out


def test_a_later_version_keeps_every_answer(crm: Crm) -> None:
    path = crm.root / "questionnaires" / "pag.yaml"
    text = (
        path.read_text("utf-8")
        .replace("version: 1\n", "version: 2\n")
        .replace("- id: surface\n", "- id: surface_chauffee\n")
    )
    path.write_text(text.replace("label: Hauteur sous plafond\n        type: number", "label: Hauteur sous plafond\n        type: bool").replace(
        "        default: 2.5\n        unit: m\n        min: 1.8\n        max: 12\n", ""), "utf-8")  # fmt: skip
    page = crm("questionnaire", "show", DONE).out
    assert "answered in version 1, now 2" in page
    assert "No longer asked\n  surface     85" in page
    assert "Faulty\n  hauteur_plafond is yes or no, not '2.6'" in page
    assert "questionnaire answer sdsw7zdf hauteur_plafond=" in crm("check", code=5).out
    crm("questionnaire", "answer", DONE, "hauteur_plafond=oui", "surface_chauffee=90")
    written = crm.file(DONE).read_text("utf-8")
    assert "  version: 2\n" in written
    assert "    surface: 85\n" in written
    assert crm("check").out == ""


def test_every_mistake_in_a_questionnaire_is_told_with_its_line(crm: Crm) -> None:
    path = crm.root / "questionnaires" / "pag.yaml"
    text = path.read_text("utf-8")
    text = text.replace("label: Usage prévu\n", "labl: Usage prévu\n").replace(
        "required: true\n        unit: m²", "required: perhaps\n        unit: m²"
    )
    path.write_text(text, "utf-8")
    found = json.loads(crm("questionnaire", "check", "-o", "json", code=5).out)
    assert [(each["path"], each["what"]) for each in found] == [
        ("questionnaires/pag.yaml", "is missing"),
        ("questionnaires/pag.yaml", "is true or false, not 'perhaps'"),
    ]
    assert all(text.splitlines()[each["line"] - 1] for each in found)
    assert "questionnaires/pag.yaml" in crm("check", code=5).out
    assert "questionnaires/pag.yaml" in crm("show", DONE).err
    path.write_text(
        path.read_text("utf-8")
        .replace("labl:", "label:")
        .replace("perhaps", "true")
        .replace("ask_if: canalisation", "ask_if: canal"),
        "utf-8",
    )
    out = crm("questionnaire", "check", "questionnaires/pag.yaml", code=5).out
    assert "unknown question 'canal'" in out
    assert out.startswith("questionnaires/pag.yaml:")
    path.write_text(
        "id: pag\nsections:\n  - id: a\n    questions:\n      - {id: b, label: B}\n      - 12\n  - c\n",
        "utf-8",
    )
    assert crm("questionnaire", "check", code=5).out.splitlines() == [
        "questionnaires/pag.yaml:6:9: sections.0.questions.1: is not a mapping ({id: …, label: …})",
        "questionnaires/pag.yaml:7:5: sections.1: is not a mapping ({id: …, label: …})",
    ]
    path.write_text("a: [", "utf-8")
    assert "questionnaires/pag.yaml:" in crm("questionnaire", "check", code=5).out
    assert "does not exist" in crm.refused("questionnaire", "check", "nothing.yaml", code=3)


def test_a_questionnaire_is_printed_blank_or_with_the_answers(crm: Crm) -> None:
    blank = crm("questionnaire", "render", "pag").out
    assert "\nsurface:\n" in blank
    assert "Surface à chauffer (m²) *" in blank
    filled = crm("questionnaire", "render", DONE).out
    assert "\nsurface: 85\n" in filled
    assert "\nconduit_existant: oui\n" in filled
    assert "évacuation" not in filled.lower()
    assert "- ☒ Moyenne (combles isolés seulement)" in crm("questionnaire", "render", DONE, "-o", "md").out
    crm("questionnaire", "answer", DONE, "piece=<script>alert(1)</script>")
    assert "&lt;script>alert(1)" in crm("questionnaire", "render", DONE, "-o", "md").out
    html = crm("questionnaire", "render", DONE, "-o", "html").out
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    crm.refused("questionnaire", "render", "pgaa", code=3)
    assert "text, md, html" in crm.refused("questionnaire", "render", "pag", "-o", "pdf", code=2)
