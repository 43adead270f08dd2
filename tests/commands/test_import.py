"""`crm import csv`, `import json`: what other programs and our own exports hold becomes records, each once."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest

from tests.harness.crm import Crm

ODOO = """\
External ID;Opportunity;Stage;Expected Revenue;Created on;Salesperson;Tags;Customer;Email;Phone;Lost Reason;Active;Closed Date;Probability
crm_lead_1;Poêle Rika;Devis envoyé;8000.00;2026-05-03 10:12:00;Marie Le Goff;PAG,rika;Jean Dubois;jean@example.org;0612345699;;True;;35.2
crm_lead_2;Insert;Nouveau;4500.5;2026-06-03 10:12:00;paul@atre-granules.example;;Anne Roux;anne@example.org;;Prix trop élevé;False;2026-07-01 08:00:00;0
crm_lead_3;Foyer;Gagné;1200;2026-01-10 09:00:00;;;Anne Roux;anne@example.org;;;True;2026-02-01 12:00:00;100
"""


def write(tmp_path: Path, text: str, name: str = "file.csv") -> str:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return str(path)


def record(crm: Crm, title: str) -> dict[str, object]:
    [found] = json.loads(crm("list", f"title:{title}", "is:any", "-o", "json").out)
    return found


def test_an_odoo_export_comes_in_with_its_past_and_a_second_time_changes_nothing(
    crm: Crm, tmp_path: Path
) -> None:
    path = write(tmp_path, ODOO)
    assert crm("import", "csv", path, "--preset", "odoo").out.splitlines() == [
        "3 created, 0 updated, 0 unchanged",
        "2 contacts created",
    ]
    before = crm.records()
    assert crm("import", "csv", path, "--preset", "odoo").out == "0 created, 0 updated, 3 unchanged\n"
    assert crm.records() == before
    rows = {
        each["title"]: each
        for each in json.loads(crm("list", "created:2026-01-01..2026-06-30", "is:any", "-o", "json").out)
    }
    lost, won, open_one = rows["Insert"], rows["Foyer"], rows["Poêle Rika"]
    assert (lost["outcome"], lost["lost"], lost["closed"]) == ("lost", "price", "2026-07-01T08:00:00Z")
    assert [(e["event"], e["at"]) for e in lost["history"]] == [
        ("created", "2026-06-03T10:12:00Z"),
        ("lost", "2026-07-01T08:00:00Z"),
    ]
    assert (won["outcome"], won["closed"]) == ("won", "2026-02-01T12:00:00Z")
    assert (open_one["probability"], open_one["probability_from"]) == (50, "stage")
    assert open_one["external_ids"] == ["odoo:crm_lead_1"]
    assert open_one["activities"] == []  # no rule has fired
    assert lost["owner"] == "paul"
    assert crm("check").out == ""


def test_a_new_version_of_the_file_updates_what_changed(crm: Crm, tmp_path: Path) -> None:
    crm("import", "csv", write(tmp_path, ODOO), "--preset", "odoo")
    later = ODOO.replace("Devis envoyé;8000.00", "Négociation;8500.00").replace("PAG,rika", "chaud")
    said = crm("import", "csv", write(tmp_path, later), "--preset", "odoo").out
    assert said == "0 created, 1 updated, 2 unchanged\n"
    [row] = json.loads(crm("list", "Rika", "created:2026-05-03", "-o", "json").out)
    assert (row["stage"], row["expected_revenue"]) == ("negotiation", 8500)
    assert row["tags"] == ["PAG", "chaud", "rika"]
    assert [e["event"] for e in row["history"]] == ["created", "set", "stage"]
    crm("undo")
    [row] = json.loads(crm("list", "Rika", "created:2026-05-03", "-o", "json").out)
    assert row["stage"] == "quoted"


def test_rules_fire_only_when_asked(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Étape;Client\nAvec règle;Contact établi;Zoé Bihan\n")
    crm("import", "csv", path, "--rules")
    [row] = json.loads(crm("list", "règle", "-o", "json").out)
    assert [each["type"] for each in row["activities"]] == ["call"]


def test_bad_rows_are_told_with_row_and_column_and_nothing_is_imported(crm: Crm, tmp_path: Path) -> None:
    path = write(
        tmp_path, "Titre;Étape;Montant\nA;Nouveau;8.000\nB;Devi envoyé;1 200,50 €\nC;devi envoyé;5\n"
    )
    before = crm.records()
    said = crm.refused("import", "csv", path, code=5)
    assert f"{path}:2: Montant: '8.000' can be read in two ways" in said
    assert f"{path}:3: Étape: unknown stage 'Devi envoyé', 2 times (did you mean quoted?)" in said
    assert "3 rows refused, nothing was imported" in said
    dry = crm("import", "csv", path, "--dry-run", code=5)
    assert "Montant  →  expected_revenue" in dry.out
    assert crm.records() == before


def test_unknown_words_are_mapped_and_refused_rows_mended(crm: Crm, tmp_path: Path) -> None:
    path = write(
        tmp_path, "Titre;Étape;Montant\nA;Nouveau;8.000\nB;Devi envoyé;1 200,50 €\nC;Nouveau;5;zu viel\n"
    )
    mapping = str(tmp_path / "map.yaml")
    crm("import", "csv", path, "--write-map", mapping)
    assert "Devi envoyé: quoted" in Path(mapping).read_text("utf-8")
    said = crm("import", "csv", path, "--map", mapping, "--keep-going", code=7)
    assert said.out == "1 created, 0 updated, 0 unchanged, 2 faulty\n"
    refused = Path(f"{path}.rejected.csv")
    text = refused.read_text("utf-8-sig")
    assert "zu viel" in text
    assert "crm: problem" in text
    refused.write_text(text.replace("8.000", "8000").replace("zu viel", ""), "utf-8")
    assert crm("import", "csv", str(refused), "--map", mapping).out == "2 created, 0 updated, 0 unchanged\n"


def test_our_own_tables_come_back_unchanged(crm: Crm, tmp_path: Path) -> None:
    before = crm.records()
    for table in ("opportunities", "activities", "contacts"):
        path = write(tmp_path, crm("export", "csv", table).out)
        said = crm("import", "csv", path, "--into", table).out
        assert said.startswith("0 created, 0 updated, ")
    assert crm.records() == before


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_an_export_as_json_makes_the_same_files_again(
    crm: Crm, bare: Crm, tmp_path: Path, format: str
) -> None:
    odd = crm.file("sdsw7zdf")
    odd.write_text(
        odd.read_text("utf-8") + "own: {a: 2026-12-31, b: 'NO', c: 1.10, d: [yes, 012]}\n", "utf-8"
    )
    crm("export", format, "--to", str(tmp_path / "out"))
    files = [str(tmp_path / "out" / f"{name}.{format}") for name in ("contacts", "opportunities")]
    bare("import", "json", *files)
    here, there = crm.records(), bare.records()
    names = [
        name for name in here if name.startswith(("pipeline_data/opportunities", "pipeline_data/contacts"))
    ]
    [changed] = [name for name in names if here[name] != there[name]]  # the one edited by hand
    assert changed.endswith("sdsw7zdf.yaml")
    shown = [json.loads(each("show", "sdsw7zdf", "-o", "json").out) for each in (crm, bare)]
    assert {**shown[0], "path": ""} == {**shown[1], "path": ""}
    assert b"a: 2026-12-31\n  b: 'NO'\n  c: 1.10\n  d:\n    - yes\n    - 012\n" in there[changed]
    assert bare("import", "json", *files).out.startswith("0 created, 0 updated, ")


def test_an_older_export_takes_nothing_away(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, crm("export", "json", "opportunities").out, "old.json")
    crm("note", "xgcej9p8", "-m", "later")
    assert "has changed here since" in crm.refused("import", "json", path, code=5)


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("../../evil.yaml", "k7f3q9mx"),
        ("contacts/../../crm.yaml", "k7f3q9mx"),
        ("/etc/x--k7f3q9mx.yaml", "k7f3q9mx"),
        ("opportunities/.git/x--k7f3q9mx.yaml", "k7f3q9mx"),
        ("opportunities/x--b4n8t2wz.yaml", "k7f3q9mx"),
        ("opportunities/x--k7f3q9mx.yaml", "../up"),
        ("crm.yaml", "k7f3q9mx"),
    ],
)
def test_a_hostile_export_writes_nothing_elsewhere(crm: Crm, path: str, id: str) -> None:
    before = crm.records()
    document = {"schema": "crm.record/1", "path": path, "record": {"id": id, "title": "Mal"}}
    crm.refused("import", "json", "-", code=5, stdin=json.dumps(document).encode())
    assert crm.records() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"Titre;Montant\nA\x00;5\n", "NUL byte"),
        (b'Titre;Montant\n"A;5\n', "never closed"),
        (b"Couleur;Taille\nrouge;5\n", "no column gives the title (columns: Couleur, Taille)"),
        (b"{", "no column gives the title"),
    ],
)
def test_what_is_not_a_table_is_one_clear_line(crm: Crm, content: bytes, said: str) -> None:
    error = crm.refused("import", "csv", "-", code=2, stdin=content)
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("content", [b"{", b"[1", b'{"a": NaN}', b"[" * 100_000])
def test_broken_json_is_one_clear_line(crm: Crm, content: bytes) -> None:
    assert crm.refused("import", "json", "-", code=2, stdin=content).count("\n") == 1


def test_objects_of_other_programs_come_in_by_their_keys(crm: Crm) -> None:
    deals = [{"id": "17", "title": "Via JSON", "value": 1200.5, "person": {"email": "zoe@example.org"}}]
    fields = [
        "--field",
        "id=external_id",
        "--field",
        "value=expected_revenue",
        "--field",
        "person.email=contact.email",
    ]
    crm("import", "json", "-", *fields, stdin=json.dumps(deals).encode())
    [row] = json.loads(crm("list", "Via", "-o", "json").out)
    assert (row["expected_revenue"], row["contact_name"], row["external_ids"]) == (
        1200.5,
        "zoe@example.org",
        ["17"],
    )


def test_two_deals_of_one_title_and_contact_stay_two(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Client;Montant\nRamonage;Zoé Bihan;80\nRamonage;Zoé Bihan;90\n")
    assert crm("import", "csv", path).out.startswith("2 created, ")
    assert crm("import", "csv", path).out == "0 created, 0 updated, 2 unchanged\n"
    two = [each["id"] for each in json.loads(crm("list", "title:Ramonage", "-o", "json").out)]
    one = write(tmp_path, "Titre;Client;Montant\nRamonage;Zoé Bihan;70\nRamonage;Anne Roux;90\n", "one.csv")
    said = crm.refused("import", "csv", one, code=5)
    assert f"{one}:2: 2 records have this title and contact: " in said
    assert all(id in said for id in two)
    assert f"{one}:3" not in said


def test_the_key_decides_which_record_is_meant(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;E-mail;Montant\nPremier;zoe@example.org;80\n")
    crm("import", "csv", path)
    path = write(tmp_path, "Titre;E-mail;Montant\nAutre titre;zoe@example.org;95\n")
    assert crm("import", "csv", path, "--key", "email").out == "0 created, 1 updated, 0 unchanged\n"
    assert "has no external_id" in crm.refused("import", "csv", path, "--key", "external_id", code=5)


def test_leads_come_in_as_leads_and_a_won_one_is_refused(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Étape\nUne piste;Nouveau\n")
    crm("import", "csv", path, "--into", "leads")
    assert "Une piste" in crm("list", "is:lead").out
    path = write(tmp_path, "Titre;Étape\nPiste gagnée;Gagné\n")
    assert "a lead cannot be in Gagné" in crm.refused("import", "csv", path, "--into", "leads", code=5)


def test_a_past_that_cannot_be_is_refused(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Créé le\nFutur;01/12/2026\n")
    assert "created is in the future" in crm.refused("import", "csv", path, code=5)
    path = write(tmp_path, "Titre;Créé le;Statut;Fermé le\nFutur;01/05/2026;gagné;01/04/2026\n")
    assert "closed 2026-04-01 is before created 2026-05-01" in crm.refused("import", "csv", path, code=5)


def is_importing(pid: int) -> bool:
    """Tell whether a process has the lock of the workspace."""
    inodes = Path("/proc/locks").read_text("ascii")
    return f" {pid} " in inodes


def test_ctrl_c_leaves_nothing_half_done(crm: Crm, tmp_path: Path) -> None:
    rows = "".join(f"Poêle {number};Client {number}\n" for number in range(5000))
    path = write(tmp_path, f"Titre;Client\n{rows}")
    before = crm.records()
    started = crm.start("import", "csv", path)
    while started.poll() is None and not is_importing(started.pid):
        pass
    os.kill(started.pid, signal.SIGINT)
    assert started.wait(60) == 130
    assert crm.records() == before
    assert crm("check").out == ""


def test_hostile_cells_stay_text_in_tables(crm: Crm, tmp_path: Path) -> None:
    crm("create", "=HYPERLINK(1)", "--contact", "+Zoé")
    text = crm("export", "csv", "opportunities").out
    assert "'=HYPERLINK(1)" in text
    assert crm("import", "csv", write(tmp_path, text)).out.startswith("0 created, 0 updated, ")


def tabulate(text: str) -> dict[str, dict[str, str]]:
    """Return the rows of a table by their ids."""
    return {row["id"]: row for row in csv.DictReader(text.splitlines(keepends=True))}


def test_what_our_tables_say_comes_back_into_an_empty_workspace(crm: Crm, bare: Crm, tmp_path: Path) -> None:
    crm("contact", "set", "f8dz9xw4", "consent=salon", "consent.purposes=newsletter,sms")
    crm("contact", "set", "f8dz9xw4", "undeliverable=pierre.richard@example.org")
    crm("questionnaire", "answer", "sdsw7zdf", "remarques=l'été, « plutôt »")
    changed = {
        "contacts": {"phones"},
        "opportunities": {"touched"},
        "activities": {"files"},
    }  # spelled, or now
    for table in ("contacts", "opportunities", "activities"):
        text = crm("export", "csv", table).out
        said = bare("import", "csv", write(tmp_path, text), "--into", table)
        assert said.err == ""
        there, back = tabulate(text), tabulate(bare("export", "csv", table).out)
        assert there.keys() == back.keys()
        differing = {key for id, row in there.items() for key in row if row[key] != back[id].get(key, "")}
        assert differing <= changed[table]
    assert bare("check").out == ""


ANSWERS = """\
Titre;Questionnaire;answer.surface;answers.chauffage_actuel;project.answers.conduit_existant
Juste;pag;85,5 m²;Électrique;oui
Faux;pag;grand;vapeur;peut-être
Sans;;12;;
"""


def test_answers_are_columns_and_wrong_ones_are_told_with_row_and_column(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, ANSWERS)
    options = ["--field", "Questionnaire=project.questionnaire"]
    said = crm("import", "csv", path, *options, "--keep-going", code=7)
    assert f"{path}:3: answer.surface: surface: 'grand' is not a number" in said.err
    assert f"{path}:3: answers.chauffage_actuel: unknown chauffage_actuel 'vapeur'" in said.err
    assert f"{path}:3: project.answers.conduit_existant: conduit_existant is yes or no" in said.err
    assert f"{path}:4: has answers, but no questionnaire" in said.err
    assert said.out.startswith("1 created, 0 updated, 0 unchanged, 2 faulty")
    assert record(crm, "Juste")["project"] == {
        "questionnaire": "pag",
        "version": 1,
        "answers": {"surface": 85.5, "chauffage_actuel": ["electrique"], "conduit_existant": True},
    }
    good = write(tmp_path, "\n".join(ANSWERS.splitlines()[:2]), "good.csv")
    assert crm("import", "csv", good, *options).out == "0 created, 0 updated, 1 unchanged\n"
    later = write(tmp_path, Path(good).read_text("utf-8").replace("85,5 m²", "90"), "later.csv")
    assert crm("import", "csv", later, *options).out == "0 created, 1 updated, 0 unchanged\n"
    assert "unknown question 'surfac'" in crm.refused(
        "import", "csv", path, "--field", "answer.surface=answer.surfac", code=2
    )


def test_words_of_a_mapping_are_answers_too(crm: Crm, tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        "decimal: ','\ncolumns: {Chauffage: answer.chauffage_actuel, m2: answer.surface, Q: project.questionnaire}\n"
        "values: {project.answers.chauffage_actuel: {elec: electrique}, project.questionnaire: {granulés: pag}}\n",
        "map.yaml",
    )
    path = write(tmp_path, "Titre;Chauffage;m2;Q\nT1;ELEC;85,5 m²;Granulés\n")
    crm("import", "csv", path, "--map", mapping)
    project = record(crm, "T1")["project"]
    assert isinstance(project, dict)
    assert project["answers"] == {"chauffage_actuel": ["electrique"], "surface": 85.5}


def test_a_column_that_no_field_takes_is_said_when_it_is_left_out(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Couleur;Vide\nA;rouge;\nB;vert;\n")
    assert crm("import", "csv", path).err == f"crm: {path}:1: column 'Couleur' is not imported (2 values)\n"


def test_a_dry_run_says_in_french_how_the_file_is_read(crm: Crm, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("Titre\tCouleur\nPoêle\trouge\n".encode("cp1252"))
    said = crm("import", "csv", str(path), "--dry-run", CRM_LANG="fr")
    assert "1 ligne, Windows-1252, cellules séparées par des tabulations" in said.out
    assert "la colonne 'Couleur' n’est pas importée (1 valeur)" in said.err


def test_a_word_that_means_another_day_tomorrow_is_refused_with_a_date_as_example(crm: Crm) -> None:
    refused = crm("import", "csv", "-", stdin=b"title,expected_close\nX,hier\n", code=5).err
    assert "expected_close: 'hier' is not a day (like 2026-12-31)" in refused


@pytest.mark.parametrize("word", ["unstated", "Sans motif", "no reason given"])
def test_a_loss_without_a_reason_comes_in_as_one(crm: Crm, tmp_path: Path, word: str) -> None:
    head = "title,stage,created,closed,lost\n"
    path = write(tmp_path, f"{head}Perdue,new,2026-09-01,2026-10-15,{word}\n")
    assert crm("import", "csv", path).out == "1 created, 0 updated, 0 unchanged\n"
    found = record(crm, "Perdue")
    assert (found["outcome"], found["lost"], str(found["closed"])[:10]) == ("lost", "unstated", "2026-10-15")
    deals = [{"title": "Objet", "stage": "new", "lost": word, "closed": "2026-10-15"}]
    crm("import", "json", write(tmp_path, json.dumps(deals), "deals.json"))
    assert record(crm, "Objet")["lost"] == "unstated"
    assert crm("check").out == ""


def test_our_export_of_a_loss_without_a_reason_comes_into_another_workspace(
    crm: Crm, bare: Crm, tmp_path: Path
) -> None:
    crm("create", "Sans suite")
    id = str(record(crm, "Sans suite")["id"])
    crm("lose", id)
    bare("import", "csv", write(tmp_path, crm("export", "csv", "opportunities", f"id:{id}", "is:any").out))
    assert record(bare, "Sans suite")["lost"] == "unstated"
    crm("set", id, "lost=price")
    bare("import", "csv", write(tmp_path, crm("export", "csv", "opportunities", f"id:{id}", "is:any").out))
    assert record(bare, "Sans suite")["lost"] == "price"


def test_a_row_that_was_closed_but_neither_won_nor_lost_is_a_problem(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "title,stage,closed,lost\nOuverte,new,2026-10-15,\n")
    assert f"{path}:2: closed needs a won stage or lost" in crm.refused("import", "csv", path, code=5)
    crm("import", "csv", write(tmp_path, "title,stage\nOuverte,new\n", "first.csv"))
    assert "closed needs a won stage or lost" in crm.refused("import", "csv", path, code=5)


def test_closed_dates_the_end_of_a_deal_that_is_known(crm: Crm, tmp_path: Path) -> None:
    rows = "title,stage,created,expected_revenue\nGagnée,new,2026-09-01,100\nPerdue,new,2026-09-01,100\n"
    crm("import", "csv", write(tmp_path, rows))
    head = "title,stage,expected_revenue,lost,closed\n"
    path = write(tmp_path, f"{head}Gagnée,won,200,,2026-10-15\nPerdue,quoted,200,price,2026-10-16\n")
    assert crm("import", "csv", path).out == "0 created, 2 updated, 0 unchanged\n"
    for title, event, day in (("Gagnée", "won", "2026-10-15"), ("Perdue", "lost", "2026-10-16")):
        found = record(crm, title)
        assert (found["outcome"], str(found["closed"])[:10]) == (event, day)
        assert [e["at"][:10] for e in found["history"] if e["event"] == event] == [day]  # type: ignore[attr-defined]
    assert crm("check").out == ""
    assert crm("import", "csv", path).out == "0 created, 0 updated, 2 unchanged\n"
    before = crm.records()
    said = crm("import", "csv", write(tmp_path, f"{head}Gagnée,won,200,,2026-10-20\n"))
    assert "closed stays 2026-10-15" in said.err
    assert crm.records() == before


def test_a_deal_that_was_moved_after_the_day_of_its_end_is_closed_now_and_that_is_said(
    crm: Crm, tmp_path: Path
) -> None:
    crm("import", "csv", write(tmp_path, "title,stage,created\nDéplacée,new,2026-09-01\n"))
    crm("move", str(record(crm, "Déplacée")["id"]), "--to", "quoted", "--force")
    said = crm("import", "csv", write(tmp_path, "title,stage,closed\nDéplacée,won,2026-10-15\n"))
    assert "closed 2026-10-15 is not taken" in said.err
    assert str(record(crm, "Déplacée")["closed"])[:10] == "2026-11-24"
    path = write(tmp_path, "title,stage,created\nFuture,new,2026-09-01\n")
    crm("import", "csv", path)
    path = write(tmp_path, "title,stage,closed\nFuture,won,2026-08-15\n")
    assert "closed 2026-08-15 is before created 2026-09-01" in crm.refused("import", "csv", path, code=5)


BORN = {
    "created": "2026-11-01T10:00:00Z",
    "history": [{"at": "2026-11-01T10:00:00Z", "event": "created", "to": "new", "visit": 1, "by": "marie"}],
}


def whole(tmp_path: Path, kind: str, *records: dict[str, object]) -> str:
    documents = [
        {"schema": "crm.record/1", "path": f"{kind}/x--{each['id']}.yaml", "record": each} for each in records
    ]
    return write(tmp_path, json.dumps(documents), f"{kind}.json")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stage": "nowhere"}, "stage: unknown stage 'nowhere'"),
        ({"owner": "nobody"}, "owner: unknown user 'nobody'"),
        ({"lost": "mood"}, "lost: unknown reason 'mood'"),
        ({"contact": "k7f3q9mz"}, "contact: no contact 'k7f3q9mz'"),
        ({"created": "2099-01-01T00:00:00Z"}, "created is in the future"),
    ],
)
def test_a_whole_record_with_what_check_calls_wrong_is_refused(
    crm: Crm, tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    good: dict[str, object] = {"id": "b4n8t2wz", "title": "Bonne", "stage": "new", **BORN}
    path = whole(tmp_path, "opportunities", {**good, "id": "k7f3q9mx", **wrong}, good)
    before = crm.records()
    assert said in crm.refused("import", "json", path, code=5)
    assert said in crm("import", "json", path, "--dry-run", code=5).err
    assert crm.records() == before
    crm("import", "json", path, "--keep-going", code=7)
    assert record(crm, "Bonne")["id"] == "b4n8t2wz"
    assert crm("check").out == ""
    [refused] = json.loads(Path(f"{path}.rejected.json").read_text("utf-8"))
    assert refused == json.loads(Path(path).read_text("utf-8"))[0]


def test_the_export_of_an_empty_workspace_comes_back(crm: Crm, tmp_path: Path) -> None:
    files = [write(tmp_path, "[]\n", name) for name in ("contacts.json", "opportunities.json")]
    assert crm("import", "json", *files).out == "0 created, 0 updated, 0 unchanged\n"


def test_contacts_of_an_import_may_follow_the_deals_that_name_them(crm: Crm, tmp_path: Path) -> None:
    made = {"created": "2026-11-01T10:00:00Z"}
    people = whole(tmp_path, "contacts", {"id": "k7f3q9mz", "name": "Zoé Bihan", **made})
    deal = {"id": "k7f3q9mx", "title": "Dépend", "stage": "new", "contact": "k7f3q9mz", **BORN}
    deals = whole(tmp_path, "opportunities", deal)
    assert crm("import", "json", deals, people).out == "2 created, 0 updated, 0 unchanged\n"
    assert crm("check").out == ""


def test_a_mapping_that_is_there_stays_and_a_dash_prints_it(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Titre;Étape\nA;Devi envoyé\n")
    mapping = write(tmp_path, "filled: in\n", "map.yaml")
    assert "is there already" in crm.refused("import", "csv", path, "--write-map", mapping, code=2)
    assert Path(mapping).read_text("utf-8") == "filled: in\n"
    missing = tmp_path / "none" / "map.yaml"
    assert "no such folder" in crm.refused("import", "csv", path, "--write-map", str(missing), code=2)
    assert "Devi envoyé: quoted" in crm("import", "csv", path, "--write-map", "-").out
    assert not (crm.root / "-").exists()


def test_with_rules_a_new_record_has_what_its_stage_requires(crm: Crm) -> None:
    table = b"title,stage\nPo\xc3\xaale,quoted\n"
    refused = crm("import", "csv", "-", "--rules", stdin=table, code=5).err
    assert "-:2: « Poêle » cannot move to " in refused
    assert "expected_revenue" in refused
    assert "(give it in a column, or leave --rules out)" in refused
    assert "crm set" not in refused
    assert crm("import", "csv", "-", stdin=table).out.startswith("1 created")


WRONG_DEAL = """\
title;stage;expected_revenue;expected_close;contact.email;contact.phone;owner;probability;budget;project.answers.surface
Poêle;Inconnu;abc;31/02/2026;not one, neither;12;nobody;250;-5;grand
"""


def test_all_that_is_wrong_with_a_row_is_said_in_one_run(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, WRONG_DEAL)
    before = crm.records()
    said = crm("import", "csv", path, "--dry-run", code=5).err
    assert {line.split(f"{path}:2: ")[1].split(" (")[0] for line in said.splitlines()[:-1]} == {
        "stage: unknown stage 'Inconnu', once",
        "owner: unknown owner 'nobody', once",
        "expected_revenue: 'abc' is not an amount",
        "expected_close: '31/02/2026' does not exist",
        "contact.email: 'not one' is not an e-mail address",
        "contact.email: 'neither' is not an e-mail address",
        "contact.phone: '12' is not a phone number",
        "probability: probability is 0 to 100, not '250'",
        "budget: '-5.00' is negative",
        "has answers, but no questionnaire",
    }
    mended = WRONG_DEAL.replace(
        "Inconnu;abc;31/02/2026;not one, neither;12;nobody;250;-5;grand", "Nouveau" + ";" * 8
    )
    crm("import", "csv", write(tmp_path, mended))
    assert crm.records() != before


def test_all_that_is_wrong_with_a_row_of_activities_is_said_in_one_run(crm: Crm, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "opportunity;type;due;time;every;assignee;state;closed;recurs_at\n"
        "nobody's;xx;31/02/2026;25:00;sometimes;nobody;unclear;2099-01-01;99\n"
        "nobody's;;;25:00;;;;;\n",
    )
    said = crm("import", "csv", path, "--into", "activities", code=5).err
    wrong = [line.split(f"{path}:")[1].split(" (")[0] for line in said.splitlines()[:-1]]
    assert wrong == [
        "2: due: '31/02/2026' does not exist",
        '2: no record has the id, external id or title "nobody\'s"',
        "2: time: '25:00' is not a time of day",
        "2: recurs_at: '99' is not a time of day",
        "2: every: 'sometimes' is not a recurrence",
        "2: closed is in the future: 2099-01-01 11:00",
        '3: no record has the id, external id or title "nobody\'s"',
        "3: time: '25:00' is not a time of day",
        "3: has no type",
        "2: type: unknown type 'xx', once",
        "2: assignee: unknown assignee 'nobody', once",
        "2: state: unknown state 'unclear', once",
    ]


def test_a_known_record_is_what_the_values_of_a_wrong_row_are_checked_against(
    crm: Crm, tmp_path: Path
) -> None:
    head = "title;project.questionnaire;project.answers.surface;tags;owner\n"
    crm("import", "csv", write(tmp_path, f"{head}Connue;pag;80;;\n"))
    path = write(tmp_path, f"{head}Connue;;90;;nobody\n")
    said = crm("import", "csv", path, code=5).err
    assert [line.split(" (")[0] for line in said.splitlines()[:-1]] == [
        f"crm: {path}:2: owner: unknown owner 'nobody', once"
    ]


def test_equal_activities_stay_apart_where_one_between_them_is_refused(crm: Crm, tmp_path: Path) -> None:
    crm("create", "Rappels")
    row = "Rappels;call;Appeler;2026-12-01"
    path = write(tmp_path, f"opportunity;type;summary;due;time\n{row};\n{row};25:00\n{row};\n")
    said = crm("import", "csv", path, "--into", "activities", "--keep-going", code=7)
    assert said.out.startswith("2 created, 0 updated, 0 unchanged, 1 faulty")
    assert crm("import", "csv", path, "--into", "activities", "--keep-going", code=7).out.startswith(
        "0 created, 0 updated, 2 unchanged, 1 faulty"
    )


def test_a_number_of_json_has_a_point_whatever_the_mapping_declares(crm: Crm, tmp_path: Path) -> None:
    deals = '[{"title":"Point","expected_revenue":12.345,"budget":8000.5,"probability":35.5},\
{"title":"Puissance","expected_revenue":1e3,"budget":"8.000,50"}]'
    mapping = write(tmp_path, "decimal: ','\n", "map.yaml")
    crm("import", "json", write(tmp_path, deals, "deals.json"), "--map", mapping)
    found = record(crm, "Point")
    assert (found["expected_revenue"], found["budget"], found["probability"]) == (12.34, 8000.5, 35.5)
    found = record(crm, "Puissance")
    assert (found["expected_revenue"], found["budget"]) == (1000, 8000.5)
    for number in ("1e99", "1e-99", "1e999999999"):
        hostile = write(tmp_path, f'[{{"title":"X","expected_revenue":{number}}}]', "hostile.json")
        refused = crm.refused("import", "json", hostile, code=5)
        assert f"expected_revenue: '{number}' is too large a number, or too small" in refused
    people = '[{"name":"Zoé","phones":612345678,"created":20260101,"job":12.5}]'
    assert "created: '20260101'" in crm.refused(
        "import", "json", write(tmp_path, people, "people.json"), "--into", "contacts", code=5
    )
    crm(
        "import",
        "json",
        write(tmp_path, people.replace('"created":20260101,', ""), "p.json"),
        "--into",
        "contacts",
    )
    assert crm("check").out == ""


def test_what_was_closed_today_comes_in_before_noon(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "title,stage,created,closed\nCe matin,won,2026-11-20,2026-11-24\n")
    crm("import", "csv", path, CRM_NOW="2026-11-24T08:30")
    assert record(crm, "Ce matin")["closed"] == "2026-11-24T07:30:00Z"
    assert crm("import", "csv", path, CRM_NOW="2026-11-24T15:00").out.startswith("0 created, 0 updated")


def test_a_deal_that_is_open_again_is_open_and_its_earlier_end_is_told(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "title,status,stage,closed\nRouverte,Open,Nouveau,2026-10-01\n")
    said = crm("import", "csv", path)
    assert said.err == f"crm: {path}:2: closed 2026-10-01 is not taken: the record is open\n"
    assert record(crm, "Rouverte")["outcome"] == "open"


def test_a_day_in_another_order_than_the_mapping_declares_is_refused_with_its_readings(
    crm: Crm, tmp_path: Path
) -> None:
    mapping = write(tmp_path, "date_order: ymd\n", "map.yaml")
    path = write(tmp_path, "title,expected_close\nX,03/04/2027\nY,2027/04/03\n")
    said = crm("import", "csv", path, "--map", mapping, "--keep-going", code=7).err
    wanted = "'03/04/2027' does not begin with the year (date_order: ymd) (write 2027-04-03 or 2027-03-04)"
    assert f"{path}:2: expected_close: {wanted}" in said
    assert record(crm, "Y")["expected_close"] == "2027-04-03"


def test_a_row_after_a_refused_one_about_the_same_record_is_imported(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "id;stage;expected_revenue\nxgcej9p8;quoted;abc\nxgcej9p8;quoted;9000\n")
    said = crm.refused("import", "csv", path, code=5)
    assert "expected_revenue: 'abc' is not an amount" in said
    assert crm("import", "csv", path, "--keep-going", code=7).out.startswith("0 created, 1 updated")
    rows = "xgcej9p8;call;25:00\nxgcej9p8;call;09:30\n"
    path = write(tmp_path, f"opportunity;type;time\n{rows}", "activities.csv")
    said = crm("import", "csv", path, "--into", "activities", "--keep-going", code=7).out
    assert said.startswith("1 created, 0 updated, 0 unchanged, 1 faulty")
    assert crm("check").out == ""


def test_an_old_lost_reason_beside_a_won_stage_changes_nothing_a_second_time(
    crm: Crm, tmp_path: Path
) -> None:
    for head, row in (
        ("Réf.,Objet,Étape,Raison de la perte", "Y1,T,Gagné,Prix trop élevé"),
        ("Réf.,Objet,Étape,Actif", "Y2,U,Gagné,Faux"),
    ):
        path = write(tmp_path, f"{head}\n{row}\n")
        said = crm("import", "csv", path, "--preset", "odoo", "--now", "2026-11-24T12:00")
        assert said.out.startswith("1 created")
        assert f"'{head.rpartition(',')[2]}' is not taken: Gagné is won" in said.err
        before = crm.records()
        said = crm("import", "csv", path, "--preset", "odoo", "--now", "2026-11-25T12:00")
        assert said.out == "0 created, 0 updated, 1 unchanged\n"
        assert crm.records() == before


def test_what_was_closed_here_since_stays_closed_unless_the_file_says_open(crm: Crm, tmp_path: Path) -> None:
    crm("create", "Perdue")
    crm("create", "Gagnée")
    path = write(tmp_path, crm("export", "csv", "opportunities").out)
    lost, won = str(record(crm, "Perdue")["id"]), str(record(crm, "Gagnée")["id"])
    crm("lose", lost, "--reason", "price")
    crm("win", won, "--force")
    before = crm.records()
    said = crm("import", "csv", path)
    assert said.out.startswith("0 created, 0 updated, ")
    assert f"is lost here and stays so: crm reopen {lost} reopens it" in said.err
    assert f"is won here and stays so: crm reopen {won} reopens it" in said.err
    assert crm.records() == before
    crm("import", "csv", write(tmp_path, f"id,status,stage\n{lost},open,new\n{won},ouvert,new\n"))
    assert {record(crm, each)["outcome"] for each in ("Perdue", "Gagnée")} == {"open"}
    assert crm("check").out == ""


def test_a_second_row_about_one_activity_is_refused(crm: Crm, tmp_path: Path) -> None:
    rows = "xgcej9p8,A1,call,Appeler\nxgcej9p8,A1,call,Rappeler\n"
    path = write(tmp_path, f"opportunity,external_id,type,summary\n{rows}")
    said = crm.refused("import", "csv", path, "--into", "activities", code=5)
    assert f"{path}:3: is about the same activity as line 2: " in said


def test_a_planned_activity_with_a_day_of_its_end_is_refused(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "opportunity,type,state,closed\nxgcej9p8,call,planned,2026-11-01\n")
    said = crm.refused("import", "csv", path, "--into", "activities", code=5)
    assert f"{path}:2: closed needs the state done or cancelled" in said


def test_refused_rows_never_replace_the_file_that_is_imported_or_one_that_is_being_mended(
    crm: Crm, tmp_path: Path
) -> None:
    path = write(tmp_path, "Titre;Montant\nA;abc\nB;5\n")
    for rejects in (path, str(tmp_path / "sub" / ".." / "file.csv")):
        told = crm.refused("import", "csv", path, "--keep-going", "--rejects", rejects, code=2)
        assert "is the file that is imported" in told
    for _ in range(2):  # the second time, the same rows are in the same file
        told = crm("import", "csv", path, "--keep-going", code=7).err
        first = f"{path}.rejected.csv"
        assert f"what was refused is in {first}; mend it, then crm import csv {first} with the" in told
    mended = write(tmp_path, "Titre;Montant\nA;6\n", "file.csv.rejected.csv")
    told = crm("import", "csv", path, "--keep-going", code=7).err
    assert f"what was refused is in {path}.rejected-2.csv" in told
    assert Path(mended).read_text("utf-8") == "Titre;Montant\nA;6\n"
    assert "abc" in Path(f"{path}.rejected-2.csv").read_text("utf-8-sig")


def test_refused_objects_are_mended_as_json(crm: Crm, tmp_path: Path) -> None:
    deals = '[{"title":"A","expected_revenue":8.123,"owner":"nobody"},\n{"title":"B","budget":1.5},"C"]'
    path = write(tmp_path, deals, "deals.json")
    told = crm("import", "json", path, "--keep-going", code=7)
    assert told.out == "1 created, 0 updated, 0 unchanged, 2 faulty\n"
    assert f"{path}:3: is not an object" in told.err
    refused = Path(f"{path}.rejected.json")
    assert f"then crm import json {refused} with the same options" in told.err
    text = refused.read_text("utf-8")
    assert text == '[\n{"title":"A","expected_revenue":8.123,"owner":"nobody"},\n"C"\n]\n'
    refused.write_text(text.replace("nobody", "marie").replace(',\n"C"', ""), "utf-8")
    assert crm("import", "json", str(refused)).out == "1 created, 0 updated, 0 unchanged\n"
    assert record(crm, "A")["expected_revenue"] == 8.12
    people = write(tmp_path, '["Zoé", {"name":"Zoé Bihan","email":"zoe@example.org"}]', "people.json")
    told = crm("import", "json", people, "--into", "contacts", "--keep-going", code=7)
    assert told.out == "1 created, 0 updated, 0 unchanged, 1 faulty\n"
    whole = crm("export", "json", "contacts").out.replace("[", '["no record",', 1)
    said = crm("import", "json", write(tmp_path, whole, "whole.json"), "--keep-going", code=7).err
    assert "whole.json:1: is not an object" in said


def test_a_record_that_cannot_be_is_told_in_one_run_with_its_other_faults(crm: Crm, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "id;title;kind;stage;budget;created;owner\n;;;;-5;;\n"
        "nonsense;Piste;lead;Gagné;-5;2099-01-01;\n;;;;;;nobody\n",
    )
    said = crm.refused("import", "csv", path, code=5)
    for told in (
        "2: budget: '-5.00' is negative",
        "2: has no title",
        "4: has no title",
        "3: budget: '-5.00' is negative",
        "3: 'nonsense' is not an id of crm",
        "3: created is in the future: 2099-01-01 11:00",
    ):
        assert f"{path}:{told}" in said
    path = write(tmp_path, "title;kind;stage;budget\nPiste;lead;Gagné;-5\n")
    said = crm.refused("import", "csv", path, code=5)
    assert f"{path}:2: a lead cannot be in Gagné, which is won" in said
    assert f"{path}:2: budget: '-5.00' is negative" in said


def test_hints_are_values_that_an_import_takes(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, 'title,expected_revenue,expected_close\nX,"0,005",x\nY,,toda\n')
    said = crm.refused("import", "csv", path, code=5)
    assert "'0,005' is not an amount (like 8000, 7500.50 or '8 000 €')" in said
    assert "'x' is not a day (like 2026-12-31)" in said
    assert "'toda' is not a day (like 2026-12-31)" in said


def test_what_a_mapping_says_is_checked_against_the_file_and_the_workspace(crm: Crm, tmp_path: Path) -> None:
    path = write(tmp_path, "Affaire,Etat\nX,Devis\n")
    mapping = tmp_path / "map.yaml"
    head = "columns: {Affaire: title, Etat: stage, Montant TTC: budget}\n"
    mapping.write_text(f"{head}values: {{stage: {{Devis: quotd}}}}\n", "utf-8")
    said = crm.refused("import", "csv", path, "--map", str(mapping), code=2)
    assert said == f"crm: {mapping}: values: stage: Devis: unknown stage 'quotd' (did you mean quoted?)\n"
    mapping.write_text(f"{head}values: {{stage: {{Devis: quoted, Perdu: closed-lost}}}}\n", "utf-8")
    said = crm("import", "csv", path, "--map", str(mapping))
    assert said.err == f"crm: {mapping}: {path} has no column 'Montant TTC'\n"
    assert record(crm, "X")["stage"] == "quoted"
    people = write(tmp_path, "Qui,E-mail,Genre\nZoé Bihan,zoe@example.org,Pro\n", "people.csv")
    mapping.write_text("contacts: {columns: {Qui: name}, values: {kind: {Pro: compagny}}}\n", "utf-8")
    said = crm.refused("contact", "import", people, "--map", str(mapping), code=2)
    assert "values: kind: Pro: unknown kind 'compagny' (did you mean company?)" in said


def test_an_activity_that_was_closed_between_two_minutes_comes_back_unchanged(
    crm: Crm, tmp_path: Path
) -> None:
    crm("lose", "sdsw7zdf", "--reason", "price", CRM_NOW="2026-11-24T08:00:09")
    before = crm.records()
    path = write(tmp_path, crm("export", "csv", "activities").out)
    assert crm("import", "csv", path, "--into", "activities").out.startswith("0 created, 0 updated, ")
    assert crm.records() == before
