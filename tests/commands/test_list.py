"""`list`, `show`, `board`, `due`, `report`, `why`, `next`: what they print, in every format."""

import csv
import io
import json

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import shell_at_terminal

READING = [
    ["list"], ["show", "xgcej9p8"], ["due"], ["board"], ["report", "pipeline"], ["activity", "list"],
    ["contact", "list"], ["contact", "show", "f8dz9xw4"], ["contact", "opportunities", "f8dz9xw4"], ["why", "xgcej9p8"],
    ["next", "xgcej9p8"], ["email", "list"], ["outbox", "list"], ["check"], ["undo", "--list"], ["config", "show"],
]  # fmt: skip


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_every_reading_command_speaks_json_lines_csv_and_yaml(shared: Crm, command: list[str]) -> None:
    before = shared.records()
    documents = [json.loads(line) for line in shared(*command, "-o", "jsonl").out.splitlines()]
    assert all(document["schema"].startswith("crm.") for document in documents if "schema" in document)
    assert json.loads(shared(*command, "-o", "json").out) is not None
    rows = list(csv.reader(io.StringIO(shared(*command, "-o", "csv").out)))
    assert len({len(row) for row in rows}) <= 1
    shared(*command, "-o", "yaml")
    shared(*command, "-o", "md")
    assert shared.records() == before


def test_a_table_is_the_same_in_a_pipe_and_never_cut(shared: Crm) -> None:
    listed = shared("list", COLUMNS="40").out
    assert "PAG Rika - Raccordement sur conduit existant" in listed


def test_the_board_fits_its_width_and_loses_nothing(shared: Crm) -> None:
    from wcwidth import wcswidth

    for width in (30, 60, 100, 200):
        board = shared("board", COLUMNS=str(width)).out
        assert max(wcswidth(line) for line in board.splitlines()) <= width
        assert {"xgcej9p8", "Négociation"} <= set(board.split())


def test_figures_leave_leads_out_unless_they_are_asked_for(shared: Crm) -> None:
    rows = json.loads(shared("report", "pipeline", "-o", "json").out)
    assert [row["count"] for row in rows] == [2, 4, 2, 2, 2]
    assert sum(row["expected_revenue"] for row in rows) == 99295
    [leads, *_] = json.loads(shared("report", "pipeline", "is:lead", "is:open", "-o", "json").out)
    assert leads["count"] == 5


def test_due_says_what_is_late_and_nothing_where_nothing_is(crm: Crm) -> None:
    states = {row["state"] for row in json.loads(crm("due", "-o", "json").out)}
    assert states == {"overdue", "today", "planned"}
    assert crm("due", "assignee:me", "due:2030").out == ""
    crm("due", "due:2030", "-e", code=1)


def test_quiet_says_nothing(crm: Crm) -> None:
    assert crm("list", "-q").out == ""
    assert crm("tag", "xgcej9p8", "--add", "x", "-q").out == ""


def test_fields_choose_columns_and_an_unknown_one_is_named(shared: Crm) -> None:
    assert shared("list", "stage:quoted", "--fields", "id,stage", "-o", "tsv", "--no-headers").out == (
        "sdsw7zdf\tquoted\nxgcej9p8\tquoted\n"
    )
    assert "unknown column 'stge'" in shared.refused("list", "--fields", "id,stge", code=2)


def test_a_broken_file_is_named_and_all_else_goes_on(crm: Crm) -> None:
    crm.file("teqcvdqh").write_text("title: [")
    result = crm("list")
    assert "foyer-leenders-pour-veranda--teqcvdqh.yaml:1" in result.err
    assert "xgcej9p8" in result.out


def test_a_record_made_by_hand_is_listed_and_read_by_its_path(crm: Crm) -> None:
    path = crm.data / "opportunities" / "vite.yaml"
    path.write_text("title: Note griffonnée\n")
    assert "Note griffonnée" in crm("list", "griffonnee").out
    assert "Note griffonnée" in crm("show", str(path)).out
    assert "has no id yet" in crm.refused("tag", str(path), "--add", "x", code=5)
    crm("check", "--fix", str(path))
    [id] = crm("list", "griffonnee", "-o", "ids").out.split()
    crm("tag", id, "--add", "x")
    assert crm("check").out == ""


def test_what_is_hostile_is_printed_harmlessly(crm: Crm) -> None:
    evil = "\x1b[2J\u202eevil"
    crm("set", "teqcvdqh", f"title={evil}")
    for format in ("table", "md"):
        printed = crm("list", "-o", format).out
        assert "\x1b" not in printed
        assert "\\x1b[2Jevil" in printed
    crm("set", "teqcvdqh", "title==cmd()")
    assert "'=cmd()" in crm("list", "-o", "csv").out


def test_a_reader_that_goes_away_ends_it_quietly(shared: Crm) -> None:
    done = shared.run_line("crm list is:any -o jsonl | head -1; echo ${PIPESTATUS[0]}")
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["show", "zzzzzzzz"], 3, "no opportunity 'zzzzzzzz'"),
        (["context", "wzyj87ds"], 3, "(it is a contact: crm contact show wzyj87ds)"),
        (["contact", "show", "xgcej9p8"], 3, "(it is an opportunity: crm show xgcej9p8)"),
        (["show", "pag-rika"], 4, "4 records match 'pag-rika'"),
        (["list", "stage:quotd"], 2, "did you mean quoted?"),
        (["list", "not:@gros"], 2, "cannot be negated"),
        (["list", "owner.gt:marie"], 2, "owner has no order"),
        (["list", "revenue:9000..100"], 2, "revenue:100..9000"),
        (["list", "title:~"], 2, "has no value"),
        (["due", "--days", "-1"], 2, "must be 0 to"),
        (["contact", "show", "nobody at all"], 3, "no contact"),
        (["outbox", "show", "../../crm"], 3, "waits in the outbox"),
        (["email", "preview", "xgcej9p8", "-t", "relanse"], 3, "did you mean relance?"),
        (["undo", "99"], 3, "no change 99 is kept"),
        (["frobnicate"], 2, "no command 'frobnicate' (crm --help)"),
        (["lsit"], 2, "did you mean list?"),
        (["list", "-C", "/nowhere"], 2, "no workspace"),
    ],
)
def test_a_mistake_has_its_exit_code(shared: Crm, args: list[str], code: int, message: str) -> None:
    assert message in shared.refused(*args, code=code)


def test_no_workspace_is_no_traceback(crm: Crm) -> None:
    crm.environment.pop("CRM_WORKSPACE")
    crm.root = crm.root.parent
    assert "crm init" in crm.refused("list", code=3)


def test_an_empty_result_says_so_at_a_terminal_only(crm: Crm) -> None:
    empty = ["list", "contact list", "activity list", "due", "due --by type", "reward list", "referral list"]
    with shell_at_terminal(crm) as shell:
        for words in empty:
            query = "nowhere" if words.startswith("contact") else "text:nowhere"
            assert shell.run(f"crm {words} {query}") == "nothing matches\r\n", words
            assert shell.run(f"crm {words} {query} 2>/dev/null") == "", words
        assert shell.run("crm list text:nowhere -q") == ""
        assert shell.run("crm list text:nowhere --errors json") == ""
        assert shell.run("crm check") == "no problems found\r\n"
    ended = crm("list", "text:nowhere")
    assert (ended.out, ended.err) == ("", "")


def test_a_write_that_changed_nothing_says_so_at_a_terminal(crm: Crm) -> None:
    before = crm.records()
    with shell_at_terminal(crm) as shell:
        for words in ["tag text:nowhere --add x", "note text:nowhere -m x", "lose text:nowhere", "delete text:nowhere",
                      "activity cancel text:nowhere", "win text:nowhere"]:  # fmt: skip
            assert shell.run(f"crm {words} --yes" if not words.startswith("note") else f"crm {words}") == (
                "nothing changed\r\n"
            ), words
        assert "nothing changed" in shell.run("crm tag xgcej9p8 --add rika")
    assert crm.records() == before
