"""`set`, `tag`, `note`, `move`, `win`, `lose`, `done`: many records at once, all or nothing, and dry."""

import json

import pytest

from tests.harness.crm import Crm

RICHARD = "xgcej9p8"


def test_set_changes_fields_and_records_those_that_count(crm: Crm) -> None:
    crm(
        "set", RICHARD, "revenue=9 500 €", "close=2026-12-24", "fields.brand=Contura", "budget=", "tags+=noel"
    )
    deal = json.loads(crm("show", RICHARD, "-o", "json").out)
    assert (deal["expected_revenue"], deal["expected_close"]) == (9500, "2026-12-24")
    assert (deal["fields"]["brand"], deal.get("budget"), deal["tags"]) == (
        "Contura",
        None,
        ["noel", "pag", "rika"],
    )
    assert [e["field"] for e in deal["history"] if e["event"] == "set"][-2:] == [
        "expected_revenue",
        "expected_close",
    ]


def test_a_contact_is_set_by_name_but_never_made(crm: Crm) -> None:
    assert "cannot have referred themselves" in crm.refused("set", RICHARD, "contact=Jeanne MARTIN", code=5)
    crm("set", RICHARD, "referred_by=", "contact=Jeanne MARTIN")
    assert json.loads(crm("show", RICHARD, "-o", "json").out)["contact"] == "z5f8q6tn"
    assert "did you mean jeanne martin?" in crm.refused("set", RICHARD, "contact=Jeane MARTIN", code=3)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("stage=won", "crm move xgcej9p8 --to won"),
        ("revenu=3", "did you mean revenue?"),
        ("title=", "a title cannot be empty"),
        ("priority=high", "0 to 3 stars"),
        ("title+=x", "works for tags only"),
        ("title=a\nb", "a title is one line"),
        ("probability=nan", "0 to 100"),
        ("probability=-0", "0 to 100"),
        ("tags+=-x", "cannot be a tag"),
    ],
)
def test_what_cannot_be_set_says_how_it_is_done(crm: Crm, assignment: str, message: str) -> None:
    assert message in crm.refused("set", RICHARD, assignment, code=2)


def test_many_records_by_query_need_a_yes_off_a_terminal(crm: Crm) -> None:
    before = crm.records()
    assert "this would change 4 records" in crm.refused("tag", "stage:contacted", "--add", "x", code=2)
    assert crm.records() == before
    crm("tag", "stage:contacted", "--add", "x", "--yes")
    assert len(crm("list", "+x", "-o", "ids").out.split()) == 4


def test_ids_and_json_lines_come_in_on_standard_input(crm: Crm) -> None:
    for format in ("ids", "jsonl"):
        listed = crm("list", "stage:quoted", "-o", format).out
        crm("tag", "-", "--add", f"by-{format}", stdin=listed.encode())
        assert len(crm("list", f"+by-{format}", "-o", "ids").out.split()) == 2


def test_one_refusal_stops_all_unless_the_rest_is_wanted(crm: Crm) -> None:
    ids = ["teqcvdqh", "gm322100"]  # the first has no expected revenue
    before = crm.records()
    assert "missing expected_revenue" in crm.refused("move", *ids, "--to", "quoted", code=5)
    assert crm.records() == before
    result = crm("move", *ids, "--to", "quoted", "--keep-going", code=7)
    assert "1 changed, 1 failed" in result.err
    assert crm("list", "stage:quoted", "-o", "ids").out.split().count("gm322100") == 1


def test_what_is_not_there_stops_all_unless_the_rest_is_wanted(crm: Crm) -> None:
    before = crm.records()
    assert "no opportunity 'zzzzzzzz'" in crm.refused("tag", "zzzzzzzz", RICHARD, "--add", "x", code=3)
    assert crm.records() == before
    result = crm("tag", "-", "--add", "x", "--keep-going", stdin=f"zzzzzzzz\n{RICHARD}\n".encode(), code=7)
    assert "no opportunity 'zzzzzzzz'" in result.err
    assert crm("list", "+x", "-o", "ids").out == f"{RICHARD}\n"


def test_a_mixture_of_references_and_a_query_is_refused(crm: Crm) -> None:
    assert "cannot be mixed" in crm.refused("tag", RICHARD, "stage:new", "--add", "x", code=2)


def test_off_a_terminal_a_change_takes_full_ids_only(crm: Crm) -> None:
    assert "is not a full id" in crm.refused("tag", "xgce", "--add", "x", code=2)
    assert "xgcej9p8" in crm("show", "xgce").out


@pytest.mark.parametrize(
    "command",
    [
        ["move", RICHARD, "--to", "negotiation"],
        ["win", RICHARD],
        ["lose", RICHARD, "--reason", "price"],
        ["reopen", "dmspama0"],
        ["qualify", "kkvsm4kq"],
        ["set", RICHARD, "priority=0"],
        ["tag", RICHARD, "--add", "x"],
        ["note", RICHARD, "-m", "x"],
        ["done", "b88tfths"],
        ["activity", "add", RICHARD, "--type", "call"],
        ["delete", RICHARD, "--yes"],
        ["undo"],
        ["contact", "create", "Anne DUPONT"],
        ["contact", "set", "f8dz9xw4", "city=Rohan"],
        ["email", "queue", RICHARD, "-t", "relance"],
        ["check", "--fix", "pipeline_data/opportunities/2026/foyer-leenders-pour-veranda--teqcvdqh.yaml"],
    ],
    ids=lambda command: command[0],
)
def test_a_dry_run_says_what_would_happen_and_changes_nothing(crm: Crm, command: list[str]) -> None:
    crm("note", "teqcvdqh", "-m", "to be undone")
    before = crm.records()
    assert crm(*command, "--dry-run").out
    assert crm.records() == before


def test_a_winning_queues_the_mail_and_cancels_the_call(crm: Crm) -> None:
    crm("win", RICHARD)
    deal = json.loads(crm("show", RICHARD, "-o", "json").out)
    assert (deal["outcome"], deal["probability"], deal["closed"]) == ("won", 100, "2026-11-24T08:00:00Z")
    states = {each["summary"]: each["state"] for each in deal["activities"]}
    assert states["Répondre à Pierre RICHARD"] == "cancelled"
    assert "Merci de votre confiance" in crm("outbox", "list").out


def test_done_takes_an_activity_or_the_record_with_only_one(crm: Crm) -> None:
    crm("done", "xgcej9p8", "--outcome", "répondu", "-m", "Appelle demain")
    [reply] = json.loads(crm("activity", "list", "state:done", "summary:~Répondre", "-o", "json").out)
    assert (reply["id"], reply["outcome"], reply["note"]) == ("pat31e4a", "répondu", "Appelle demain")
    assert "is done already" in crm.refused("done", "pat31e4a", code=5)
    assert "no activity and no record" in crm.refused("done", "zzzzzzzz", code=3)


def test_several_activities_of_one_record_are_done_together(crm: Crm) -> None:
    crm("activity", "add", RICHARD, "--type", "call", "--due", "1d")
    two = crm("activity", "list", "contact:f8dz9xw4", "-o", "ids").out.split()
    crm("done", *two)
    assert crm("activity", "list", "contact:f8dz9xw4", "-o", "ids").out == ""


def test_activities_are_done_by_query_and_from_standard_input(crm: Crm) -> None:
    late = crm("activity", "list", "assignee:paul", "state:overdue", "-o", "ids").out
    assert f"this would change {len(late.split())} activities" in crm.refused(
        "done", "assignee:paul", "state:overdue", code=2
    )
    crm("done", "-", stdin=late.encode())
    assert crm("activity", "list", "assignee:paul", "state:overdue", "-o", "ids").out == ""
    crm("undo")
    crm("done", "assignee:paul", "state:overdue", "--yes")
    assert crm("activity", "list", "assignee:paul", "state:overdue", "-o", "ids").out == ""


def test_a_note_keeps_its_lines(crm: Crm) -> None:
    crm("note", RICHARD, "-m", "-", stdin="Première ligne\n- deuxième : « ligne »\n".encode())
    deal = json.loads(crm("show", RICHARD, "-o", "json").out)
    assert deal["history"][-1]["text"] == "Première ligne\n- deuxième : « ligne »"
    assert "the note is empty" in crm.refused("note", RICHARD, "-m", " ", code=2)


def test_deleting_asks_and_takes_the_waiting_mail_along(crm: Crm) -> None:
    assert "this would delete 1 record (" in crm.refused("delete", RICHARD, code=2)
    crm("delete", RICHARD, "--yes")
    assert crm("outbox", "list", "-o", "ids").out == ""
    crm("undo")
    assert crm("outbox", "list", "-o", "ids").out == "e3aew9rq\n"
    assert crm("check").out == ""


def test_what_could_not_be_read_again_is_not_written(crm: Crm) -> None:
    before = crm.records()
    said = crm.refused("note", RICHARD, "-m", "-", stdin=("é" * 9_000_000).encode(), code=5)
    assert "larger than 8 MiB" in said
    assert crm.records() == before


def test_a_wrong_column_is_told_before_anything_is_changed(crm: Crm) -> None:
    before = crm.records()
    assert "unknown column 'nope'" in crm.refused(
        "move", RICHARD, "--to", "visit", "--fields", "nope", code=2
    )
    assert crm.records() == before


def test_a_closed_record_takes_no_probability(crm: Crm) -> None:
    crm("win", RICHARD)
    assert "is won, which determines its probability" in crm.refused("set", RICHARD, "probability=50", code=5)
