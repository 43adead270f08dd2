"""The columns of lists: those asked every morning, `--columns`, and the views of crm.yaml."""

import csv
import io
import json

from tests.harness.crm import Crm
from tests.harness.terminal import crm_at_terminal


def headings(shown: str) -> list[str]:
    return [each for each in shown.splitlines()[0].split("  ") if each.strip()]


def rows_of(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed)))


def test_a_list_says_what_comes_next_and_when(shared: Crm) -> None:
    [row] = json.loads(shared("list", "id:xgcej9p8", "-o", "json").out)
    assert row["next"] == {
        "id": "pat31e4a", "summary": "Répondre à Pierre RICHARD", "due": "2026-11-16", "state": "overdue", "days": -8,
    }  # fmt: skip
    shown = shared("list", "id:xgcej9p8").out
    assert "8 d ago  Répondre à Pierre RICHARD" in shown
    [row] = json.loads(shared("list", "id:rgjwb1b5", "-o", "json").out)
    assert row["next"] is None


def test_activities_say_whom_to_call_and_where(shared: Crm) -> None:
    [row] = [each for each in rows_of(shared("due", "-o", "csv").out) if each["id"] == "pat31e4a"]
    assert (row["contact_phone"], row["contact_city"], row["days"]) == ("06 12 34 56 78", "Pontivy", "-8")
    assert row["state"] == "overdue"
    shown = shared("due").out
    assert "Pierre RICHARD     06 12 34 56 78  Pontivy" in shown
    closed = headings(shared("activity", "list", "state:done").out)
    assert "state" in [each.strip() for each in closed]
    assert "when" not in [each.strip() for each in closed]


def test_contacts_have_the_number_of_their_open_deals_and_companies_that_of_their_people(shared: Crm) -> None:
    counted = {
        row["name"]: row["open_deals"] for row in json.loads(shared("contact", "list", "-o", "json").out)
    }
    for name in ("Pierre RICHARD", "Gîtes de Guerlédan", "Agence du Blavet"):
        told = json.loads(shared("contact", "show", name, "-o", "json").out)
        assert counted[name] == told["totals"]["open"], name
    assert counted["Gîtes de Guerlédan"] == 1


def test_columns_are_added_removed_and_replaced(shared: Crm) -> None:
    changed = headings(shared("list", "--columns", "+phone,-owner,+field.brand").out)
    assert [each.strip() for each in changed][-3:] == ["next activity", "phone", "Marque"]
    [row] = rows_of(shared("list", "id:xgcej9p8", "--columns", "id,town,when", "-o", "csv").out)
    assert row == {"id": "xgcej9p8", "contact_city": "Pontivy", "next_days": "-8"}
    assert "unknown column ''" in shared.refused("list", "--columns", "+", code=2)
    assert "some have a sign" in shared.refused("list", "--columns", "+phone,owner", code=2)
    assert "unknown column 'phonne' (did you mean phone?)" in shared.refused(
        "list", "--columns", "+phonne", code=2
    )
    assert "prints everything" in shared.refused("list", "--columns", "+phone", "-o", "json", code=2)


def test_a_column_is_named_by_the_heading_that_the_screen_shows(shared: Crm) -> None:
    shown = shared("list", "id:xgcej9p8", "--columns", "id,next activity,%").out
    assert [each.strip() for each in headings(shown)] == ["id", "next activity", "%"]
    french = shared("list", "limit:1", "--columns", "id,titre,Attendu,prochaine activite", CRM_LANG="fr").out
    assert [each.strip() for each in headings(french)] == ["id", "titre", "attendu", "prochaine activité"]
    removed = shared(
        "list", "limit:1", "--columns", "-étape,-prochaine activité,+téléphone", CRM_LANG="fr"
    ).out
    assert {"étape", "téléphone"} & {each.strip() for each in headings(removed)} == {"téléphone"}
    assert headings(shared("list", "limit:1", "--columns", "id,titre").out)[1].strip() == "title"
    assert "unknown column 'titree'" in shared.refused("list", "--columns", "id,titree", code=2)


def test_people_read_names_under_a_heading_and_programs_get_ids(shared: Crm) -> None:
    one = ("list", "id:xgcej9p8", "--columns")
    assert "Pierre RICHARD" in shared(*one, "contact").out
    assert "Pierre RICHARD" in shared(*one, "contact", "-o", "md").out
    assert "Pierre RICHARD" in shared(*one, "contact", "-o", "csv", "--excel").out
    assert rows_of(shared(*one, "contact", "-o", "csv").out) == [{"contact": "f8dz9xw4"}]
    assert json.loads(shared(*one, "contact", "-o", "json").out) == [{"contact": "f8dz9xw4"}]
    shown = shared(*one, "contact,contact_id").out
    assert "contact (id)" in shown
    assert "f8dz9xw4" in shown
    assert headings(shared(*one, "étape,stage").out) == ["stage"]
    due = shared("due", "id:xgcej9p8", "--columns", "type,opportunity,opportunity_id").out
    assert "E-mail  PAG Rika - Raccordement sur conduit existant  xgcej9p8" in due


def test_a_custom_field_a_reason_and_a_postcode_have_headings_in_french(shared: Crm) -> None:
    lost = shared("list", "is:lost", "--columns", "id,Marque,motif,étiquettes", CRM_LANG="fr").out
    assert [each.strip() for each in headings(lost)] == ["id", "Marque", "motif", "étiquettes"]
    assert "Projet reporté" in lost
    people = shared("contact", "list", "--columns", "id,code postal", CRM_LANG="fr").out
    assert [each.strip() for each in headings(people)] == ["id", "code postal"]


def test_records_are_sorted_by_the_deadline_of_their_next_activity(shared: Crm) -> None:
    rows = json.loads(shared("list", "sort:due", "-o", "json").out)
    due = [row["next"]["due"] for row in rows if row["next"] and row["next"]["due"]]
    assert due == sorted(due)
    assert all(row["next"] is None for row in rows[len(due) :])
    backwards = [
        row["next"]["due"] for row in json.loads(shared("list", "sort:-due", "-o", "json").out) if row["next"]
    ]
    assert backwards == sorted(due, reverse=True)


VIEWS = """views:
  morning:
    query: owner:me due:..today
    sort: due
    columns: [id, title, phone, when]
  list:
    columns: [+town, -owner]
"""


def test_a_view_names_its_columns_by_headings_whatever_the_language_of_the_screen(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    views = "views:\n  soir:\n    columns: [id, titre, téléphone, Marque, attendu]\n  list:\n    columns: [+ville]\n"
    config.write_text(config.read_text("utf-8").replace("views:\n", views), "utf-8")
    crm("config", "check")
    french = headings(crm("list", "@soir", CRM_LANG="fr").out)
    assert [each.strip() for each in french] == ["id", "titre", "téléphone", "Marque", "attendu"]
    english = headings(crm("list", "@soir").out)
    assert [each.strip() for each in english] == ["id", "title", "phone", "Marque", "expected"]
    assert "contact_city" in rows_of(crm("list", "-o", "csv").out)[0]


def test_a_view_is_a_saved_query_with_columns(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    written = config.read_text("utf-8")
    config.write_text(written.replace("views:\n", VIEWS), "utf-8")
    crm("config", "check")
    rows = rows_of(crm("list", "@morning", "-o", "csv").out)
    assert list(rows[0]) == ["id", "title", "contact_phone", "next_days"]
    assert [int(row["next_days"]) for row in rows] == sorted(int(row["next_days"]) for row in rows)
    assert {row["id"] for row in rows} == set(crm("list", "owner:me", "due:..today", "-o", "ids").out.split())
    usual = [each.strip() for each in headings(crm("list").out)]
    assert (usual[-1], "owner" in usual) == ("town", False)
    assert "title" in json.loads(crm("list", "@morning", "-o", "jsonl").out.splitlines()[0])
    assert "did you mean morning" in crm.refused("list", "@mornin", code=2)
    config.write_text(written.replace("views:\n", VIEWS.replace("morning", "mine")), "utf-8")
    assert "is the name of a saved query, too" in crm("config", "check", code=5).out
    config.write_text(written.replace("views:\n", VIEWS.replace("title", "+title")), "utf-8")
    assert "some have a sign" in crm("config", "check", code=5).out
    assert "view morning in crm.yaml" in crm.refused("list", "@morning", code=2)
    config.write_text(written.replace("views:\n", VIEWS.replace("query:", "querry:")), "utf-8")
    assert "did you mean query" in crm.refused("list", code=5)
    config.write_text(written.replace("views:\n", VIEWS.replace("phone", "phonne")), "utf-8")
    assert "unknown column 'phonne' (did you mean phone?)" in crm("config", "check", code=5).out


def at_terminal(crm: Crm, *words: str, width: int = 80) -> str:
    with crm_at_terminal(crm, *words, width=width) as command:
        assert command.wait() == 0
        return str(command.before)


def test_where_room_is_short_empty_columns_are_left_out_first(bare: Crm) -> None:
    bare("create", "Poêle à granulés pour la maison", "--contact", "Anne LE GOFF", "--lead")
    id = bare("list", "is:lead", "-o", "ids").out.strip()
    bare("activity", "add", id, "--type", "call", "--summary", "Rappeler au sujet du devis de la pose")
    shown = at_terminal(bare, "due")
    assert "opportunity" in shown.splitlines()[0]
    assert "phone" not in shown.splitlines()[0]
    named = at_terminal(bare, "due", "--columns", "id,due,when,summary,contact,phone,town,opportunity")
    assert "phone" in named.splitlines()[0]


def test_wrapped_lines_are_offered_only_where_they_fit(shared: Crm) -> None:
    assert "(--vertical prints a line each)" in " ".join(at_terminal(shared, "list").split())
    assert "--wide" in at_terminal(shared, "list", width=110)
    assert "id  " in at_terminal(shared, "list", "limit:2", "--wide", width=120).splitlines()[0]


def test_a_preview_of_moves_gives_no_ids_of_what_is_not_made(shared: Crm) -> None:
    shown = shared("next", "esdwgtts").out
    assert "planned activity Appel « Appeler" in shown
    assert "mail queued from template accuse-reception" in shown


def test_a_spreadsheet_of_a_person_has_the_words_that_people_see(shared: Crm) -> None:
    words = shared(
        "list", "is:lost", "--columns", "id,★,outcome,kind,stale,motif,when", "--excel", CRM_LANG="fr"
    ).out
    [row] = [line for line in words.splitlines() if line.startswith("phwvchqk")]
    assert row == "phwvchqk;★★;perdue;opportunité;non;Projet reporté;dans 129 j"
    [machine] = rows_of(
        shared("list", "id:phwvchqk", "is:any", "--columns", "priority,outcome,lost", "-o", "csv").out
    )
    assert machine == {"priority": "2", "outcome": "lost", "lost": "postponed"}
