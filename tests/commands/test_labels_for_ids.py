"""Every place that takes an id takes the name that people are shown, however they type it."""

import json
import unicodedata

import pytest

from tests.harness.crm import Crm

QUOTED = "sdsw7zdf"
TYPED = (str, str.upper, lambda text: unicodedata.normalize("NFD", text), lambda text: f"  {text} ")


@pytest.mark.parametrize(
    ("by_label", "by_id"),
    [
        ("stage:Devis envoyé", "stage:quoted"),
        ("type:Appel", "type:call"),
        ("owner:Marie Le Goff", "owner:marie"),
        ("assignee:Paul Guillou", "assignee:paul"),
        ("source:Site internet", "source:website"),
        ("lost:Prix trop élevé", "lost:price"),
        ("link:Voisin", "link:neighbour"),
        ("questionnaire:Poêle à granulés", "questionnaire:pag"),
        ("answer.motif:Remplacement d’un appareil à bûches", "answer.motif:remplacement_bois"),
        ("stage.not:Devis envoyé", "stage.not:quoted"),
    ],
)
def test_a_query_takes_labels(crm: Crm, by_label: str, by_id: str) -> None:
    key, _, label = by_label.partition(":")
    found = crm("list", by_id, "-o", "ids").out
    for spell in TYPED:
        assert crm("list", f"{key}:{spell(label).strip()}", "-o", "ids").out == found
    assert found


def test_changes_take_labels(crm: Crm) -> None:
    crm("set", QUOTED, "source=salon DE l'habitat", "owner=sophie tanguy", "Marque=rika")
    crm("activity", "add", QUOTED, "--type", "Appel", "--assignee", "Paul Guillou", "--due", "2026-12-01")
    crm("questionnaire", "answer", QUOTED, "Surface à chauffer=101", "Nature du projet=Première installation")
    [deal] = json.loads(crm("list", f"id:{QUOTED}", "-o", "json").out)
    assert (deal["marketing"]["source"], deal["owner"]) == ("salon", "sophie")
    assert deal["fields"]["brand"] == "Rika"
    assert (deal["project"]["answers"]["surface"], deal["project"]["answers"]["motif"]) == (
        101,
        "premier_appareil",
    )
    assert deal["activities"][-1]["type"] == "call"
    assert deal["activities"][-1]["assignee"] == "paul"
    assert "Devis envoyé already" in crm("move", QUOTED, "--to", "DEVIS  ENVOYE", code=5).err
    assert crm("questionnaire", "render", "poele a granules").out == crm("questionnaire", "render", "pag").out


@pytest.mark.parametrize(
    "command",
    [
        ("list", "stage:à revoir"),
        ("move", QUOTED, "--to", "A REVOIR"),
        ("create", "X", "--stage", "à revoir"),
    ],
)
def test_a_label_of_two_is_refused_with_both(crm: Crm, command: tuple[str, ...]) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8").replace("label: Devis envoyé", "label: À revoir")
    config.write_text(text.replace("label: Négociation", "label: à revoir"), "utf-8")
    said = crm(*command, code=4).err
    assert "quoted · À revoir" in said
    assert "negotiation · à revoir" in said


def test_a_new_campaign_typed_on_a_mac_is_the_one_that_is_there(crm: Crm) -> None:
    crm("create", "A", "--campaign", "Été 2026", "--new")
    crm("create", "B", "--campaign", unicodedata.normalize("NFD", "été  2026"), "--new")
    crm("create", "C", "--campaign", unicodedata.normalize("NFD", "Pâques"), "--new")
    text = (crm.data / "crm.yaml").read_text("utf-8")
    assert text.count("t\u00e9 2026") == 1
    assert "Pâques" in text


def test_a_choice_with_a_comma_is_one_among_several(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    more = (
        "  - name: options\n    type: choices\n"
        '    choices: ["Silencieux, 8 kW", Wifi, "Kit mains libres; télécommande"]\n'
    )
    text = config.read_text("utf-8").replace("  - name: brand\n", more + "  - name: brand\n", 1)
    config.write_text(text, "utf-8")
    for given in ("Wifi, Silencieux, 8 kW", "Wifi;silencieux, 8 KW"):
        crm("set", QUOTED, f"options={given}")
        [deal] = json.loads(crm("list", "field.options:Wifi", "-o", "json").out)
        assert deal["fields"]["options"] == ["Wifi", "Silencieux, 8 kW"]
    crm("set", QUOTED, "options=kit mains libres; telecommande")
    assert crm("list", "field.options:'Kit mains libres; télécommande'", "-o", "ids").out == f"{QUOTED}\n"


def test_a_tag_is_taken_off_as_it_reads(crm: Crm) -> None:
    crm("tag", QUOTED, "--add", "rénové", "--add", "renove")
    crm("tag", QUOTED, "--remove", "rénové")
    assert crm("list", "+renove", "-o", "ids").out == f"{QUOTED}\n"
    crm("tag", QUOTED, "--remove", "Rénové")
    assert crm("list", "+renove", "-o", "ids").out == ""


def test_a_name_may_hold_a_slash_and_so_may_a_phone(crm: Crm) -> None:
    crm("contact", "create", "SARL Poêles/Cheminées", "--phone", "02 97 11 22 33")
    assert "Poêles" in crm("contact", "show", "02/97 11 22 33").out
    assert "Poêles" in crm("contact", "show", "SARL Poêles/Cheminées").out


def test_stages_fields_and_types_are_listed_with_what_uses_them(crm: Crm) -> None:
    stages = {row["id"]: row for row in json.loads(crm("stage", "list", "-o", "json").out)}
    assert (stages["quoted"]["label"], stages["quoted"]["probability"]) == ("Devis envoyé", 50)
    assert stages["quoted"]["requires"] == ["contact", "expected_revenue"]
    assert stages["won"]["outcome"] == "won"
    for id, stage in stages.items():
        assert stage["open"] == len(crm("list", "is:open", f"stage:{id}", "-o", "ids").ids), id
    fields = {row["id"]: row for row in json.loads(crm("field", "list", "-o", "json").out)}
    assert fields["brand"]["open"] == len(crm("list", "is:open", "field.brand:any", "-o", "ids").ids)
    assert "Rika" in fields["brand"]["choices"]
    types = {row["id"]: row for row in json.loads(crm("type", "list", "-o", "json").out)}
    assert types["call"]["planned"] == len(crm("activity", "list", "type:call", "is:any", "-o", "ids").ids)
    assert crm("stage", "list", "-o", "ids").out.split()[:2] == ["new", "contacted"]


def test_an_unknown_name_is_refused_with_ids_and_labels(shared: Crm) -> None:
    refused = shared.refused("move", "xgcej9p8", "--to", "zzzz", "--dry-run", code=2)
    assert "quoted (Devis envoyé)" in refused
    refused = shared.refused("activity", "add", "xgcej9p8", "--type", "zzzz", "--dry-run", code=2)
    assert "visit (Visite technique)" in refused
