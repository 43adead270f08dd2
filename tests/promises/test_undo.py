"""Undo: the last command taken back, whatever it was; what others did since stays, and nothing is forgotten."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from crmcli.store.codec.parser import parse_yaml
from tests.harness.workspaces import JEAN, Workspace

UNDO_AT = "2026-11-25T09:00"


def record(workspace: Workspace, deal: str) -> dict[str, Any]:
    """What a record's file says, as text."""
    return {key: texts(value) for key, value in parse_yaml(workspace.text(deal)).items()}


def texts(value: Any) -> Any:
    """A tree with every scalar as its text."""
    match value:
        case dict():
            return {key: texts(item) for key, item in value.items()}
        case list():
            return [texts(item) for item in value]
    return getattr(value, "text", value)


def last_entry(workspace: Workspace, deal: str) -> dict[str, Any]:
    """The newest entry of a record's history."""
    entry: dict[str, Any] = record(workspace, deal)["history"][-1]
    return entry


def a_moved_deal(workspace: Workspace) -> str:
    """A record that was moved: a mail waits, a call is planned."""
    deal = workspace.create("T", "--contact", JEAN, "--revenue", "8000")
    workspace("move", deal, "--to", "contacted")
    assert len(mails(workspace)) == 1
    return deal


def mails(workspace: Workspace) -> list[str]:
    """The mails that wait to leave."""
    return [path for path in workspace.tree() if path.startswith("pipeline_data/outbox/")]


def by_hand(workspace: Workspace, deal: str) -> None:
    """Somebody has written a file as people do: comments, another indentation, quotes."""
    text = workspace.text(deal)
    text = text.replace("title: T\n", "# à voir avec Paul\ntitle:   'T'   # provisoire\n")
    text = text.replace("history:\n", "\n\nhistory:\n").replace("owner: marie\n", 'owner: "marie"\n')
    workspace.file(deal).write_text(f"{text}\n# fin\n", encoding="utf-8")


def as_written(workspace: Workspace, deal: str) -> None:
    """The file is as the program wrote it."""


@pytest.mark.parametrize("looks", [as_written, by_hand])
def test_a_deleted_record_comes_back_with_all_its_bytes_and_one_entry_more(
    sample: Workspace, looks: Callable[[Workspace, str], None]
) -> None:
    deal = a_moved_deal(sample)
    looks(sample, deal)
    before, name = sample.tree(), str(sample.file(deal).relative_to(sample.root))
    sample("delete", deal, "--yes")
    assert name not in sample.tree()
    assert mails(sample) == []
    undone = sample("undo", CRM_NOW=UNDO_AT)
    assert f"restored: {deal}" in undone.out
    after = sample.tree()
    entry = (
        "  - at: 2026-11-25T08:00:00Z\n    event: undone\n    did:\n"
        f"      - command: crm delete {deal} --yes\n"
        "    by: marie\n"
    ).encode()
    assert after[name].replace(entry, b"") == before[name]
    assert after[name].count(entry) == 1
    assert {**after, name: before[name]} == before
    assert sample.is_clean()


def test_an_undone_move_leaves_nothing_of_it_but_the_history(sample: Workspace) -> None:
    deal = sample.create("T", "--contact", JEAN)
    sample("set", deal, "probability=25")
    before = record(sample, deal)
    sample("move", deal, "--to", "contacted")
    moved = record(sample, deal)
    assert "probability" not in moved
    undone = sample("undo", CRM_NOW=UNDO_AT)
    assert re.search(r"^undone: crm move ", undone.out)
    after = record(sample, deal)
    assert mails(sample) == []
    history = after.pop("history")
    assert after == {key: value for key, value in before.items() if key != "history"}
    assert (after["stage"], after["probability"]) == ("new", "25")
    assert history[:-1] == moved["history"]
    assert history[-1] == {
        "at": "2026-11-25T08:00:00Z",
        "event": "undone",
        "from": "contacted",
        "to": "new",
        "visit": "1",
        "did": [{"command": f"crm move {deal} --to contacted"}],
        "rules": ["contacted.first-call 1", "contacted.acknowledge 1"],
        "by": "marie",
    }
    assert sample.is_clean()


def test_undoing_a_move_that_somebody_took_back_leaves_the_visit_that_goes_on(sample: Workspace) -> None:
    deal = sample.create("T", "--contact", JEAN)
    sample("move", deal, "--to", "contacted")
    sample("move", deal, "--to", "new", CRM_USER="paul")
    sample("undo")
    undone, moved = record(sample, deal)["history"][-1], record(sample, deal)["history"][-2]
    assert (moved["event"], moved["to"], moved["visit"]) == ("stage", "new", "2")
    assert undone["event"] == "undone"
    assert "to" not in undone, "it was there already, on its second visit"
    sample("move", deal, "--to", "contacted")
    assert record(sample, deal)["history"][-1]["by"] == "marie"
    sample("move", deal, "--to", "new")
    stages = [
        each for each in record(sample, deal)["history"] if each["event"] == "stage" and each["to"] == "new"
    ]
    assert [each["visit"] for each in stages] == ["2", "3"]
    assert sample.is_clean()


def test_moving_again_after_undo_fires_the_rules_again_as_another_visit(sample: Workspace) -> None:
    deal = a_moved_deal(sample)
    sample("undo")
    sample("move", deal, "--to", "contacted", CRM_NOW=UNDO_AT)
    after = record(sample, deal)
    assert len(mails(sample)) == 1
    assert [each["state"] for each in after["activities"]] == ["planned"]
    assert [each["visit"] for each in after["history"] if each["event"] == "stage"] == ["1", "2"]
    assert sample.is_clean()


def test_undoing_a_bulk_move_brings_every_record_back(sample: Workspace) -> None:
    deals = [sample.create(f"T {n}", "--contact", f"C {n} <c{n}@example.org>") for n in "123"]
    sample("move", "stage:new", "--to", "contacted", "--yes")
    assert len(mails(sample)) == 3
    sample("undo")
    assert mails(sample) == []
    assert {record(sample, deal)["stage"] for deal in deals} == {"new"}
    assert sample.is_clean()


def test_an_undone_creation_leaves_nothing(sample: Workspace) -> None:
    before = sample.tree()
    sample.create("T", "--contact", JEAN)
    sample("undo")
    assert sample.tree() == before


def test_a_contact_that_others_refer_to_meanwhile_stays(sample: Workspace) -> None:
    first = sample.create("T", "--contact", JEAN)
    second = sample.create("U", "--contact", "jean@example.org")
    contact = record(sample, first)["contact"]
    undone = sample("undo", "1")
    assert "kept, other records refer to it: " + contact in undone.out
    assert sorted(sample("list", "-o", "ids").ids) == [second]
    assert sample.is_clean()


def test_undoing_twice_takes_back_the_command_before(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("tag", deal, "--add", "un")
    sample("tag", deal, "--add", "deux")
    sample("undo")
    assert record(sample, deal)["tags"] == ["un"]
    sample("undo")
    assert "tags" not in record(sample, deal)


def test_what_was_done_since_in_other_fields_stays(sample: Workspace) -> None:
    deal = a_moved_deal(sample)
    sample("set", deal, "description=Cour", "tags=pag", CRM_USER="paul")
    sample("note", deal, "-m", "Bonjour", CRM_USER="paul")
    sample.edit(deal, "owner: marie\n", "owner: marie  # pour l’instant\n")
    sample("undo")
    after = record(sample, deal)
    assert (after["stage"], after["description"], after["tags"]) == ("new", "Cour", ["pag"])
    assert "text: Bonjour" in sample.text(deal)
    assert "owner: marie  # pour l’instant\n" in sample.text(deal)


@pytest.mark.parametrize(
    ("command", "again", "field"),
    [
        (("move", "--to", "contacted"), ("move", "--to", "visit"), "stage"),
        (("set", "revenue=9000"), ("set", "revenue=9500"), "expected_revenue"),
        (("set", "fields.brand=Rika"), ("set", "fields.brand=Contura"), "fields.brand"),
    ],
)
def test_a_field_that_was_changed_again_is_named_and_nothing_is_undone(
    sample: Workspace, command: tuple[str, ...], again: tuple[str, ...], field: str
) -> None:
    deal = sample.create("T", "--revenue", "8000")
    sample(command[0], deal, *command[1:])
    sample(again[0], deal, *again[1:], CRM_USER="paul")
    before = sample.everything()
    ended = sample.run("undo")
    assert ended.code == 5, ended
    assert re.search(rf"changed again since: {field}\b.*--force", ended.err)
    assert ended.err.count("\n") == 1
    assert sample.everything() == before


def test_a_field_that_was_changed_again_is_taken_back_too_where_one_insists(sample: Workspace) -> None:
    deal = sample.create("T", "--revenue", "8000")
    sample("set", deal, "revenue=9000")
    sample("set", deal, "revenue=9500", CRM_USER="paul")
    sample("undo", "--force")
    assert record(sample, deal)["expected_revenue"] == "8000.00"


def test_another_users_command_is_not_undone(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("tag", deal, "--add", "marie")
    sample("tag", deal, "--add", "paul", CRM_USER="paul")
    sample("undo")
    assert record(sample, deal)["tags"] == ["paul"]
    assert last_entry(sample, deal)["by"] == "marie"
    before = sample.everything()
    ended = sample.run("undo", CRM_USER="sophie")
    assert (ended.code, ended.err) == (3, "crm: sophie has nothing to undo (crm undo --list)\n")
    assert sample.everything() == before


def test_what_came_in_by_itself_is_undone_only_by_its_number(sample: Workspace) -> None:
    mail = b"From: Jean NEUF <jean@example.org>\r\nTo: devis@atre-granules.example\r\nSubject: Devis\r\n"
    mail += b"Message-ID: <1@example.org>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0100\r\n\r\nBonjour\r\n"
    sample("ingest", stdin=mail)
    assert sample.run("undo").code == 3
    sample("undo", "1")
    kept = [path for path in sample.tree() if not path.startswith("pipeline_data/crm.yaml")]
    assert len(kept) == 1
    assert sample.tree()[kept[0]] == mail


def test_a_change_is_undone_once(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("tag", deal, "--add", "un")
    sample("undo", "2")
    ended = sample.run("undo", "2")
    assert (ended.code, ended.err) == (5, "crm: change 2 is undone already (crm redo 2)\n")


def test_a_mail_that_has_left_is_named_and_nothing_is_undone(sample: Workspace) -> None:
    deal = a_moved_deal(sample)
    (mail,) = mails(sample)
    (sample.data / "sent").mkdir()
    sent = sample.data / "sent" / mail.rpartition("/")[2]
    (sample.root / mail).rename(sent)
    before = sample.everything()
    ended = sample.run("undo")
    assert ended.code == 5
    assert (
        ended.err == f"crm: {sent.relative_to(sample.root)}: this mail was sent (--force undoes the rest)\n"
    )
    assert sample.everything() == before
    sample("undo", "--force")
    assert record(sample, deal)["stage"] == "new"
    assert sent.exists()


def test_a_record_removed_since_is_named_and_nothing_is_undone(sample: Workspace) -> None:
    deal = a_moved_deal(sample)
    name = sample.file(deal).relative_to(sample.root)
    sample.file(deal).unlink()
    before = sample.everything()
    ended = sample.run("undo")
    assert (ended.code, ended.err) == (5, f"crm: {name}: is gone\n")
    assert sample.everything() == before


def test_a_dry_run_undoes_nothing(sample: Workspace) -> None:
    deal = a_moved_deal(sample)
    before = sample.everything()
    assert sample("undo", "--dry-run").out.startswith(f"would undo: crm move {deal}")
    assert sample.everything() == before


def test_after_an_erasure_undo_takes_nothing_else_back_unless_named(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("contact", "create", "Bernard ADIEU", "--email", "bernard@example.org")
    sample("note", deal, "-m", "Rappeler")
    sample("contact", "erase", "bernard@example.org", "--yes")
    before = sample.everything()
    ended = sample.run("undo")
    assert ended.code == 5
    hint = f"crm undo 3 takes back what was before it: crm note {deal} -m Rappeler"
    assert ended.err == f"crm: crm contact erase cannot be undone ({hint})\n"
    assert sample.everything() == before
    assert "erase" not in sample("undo", "--list").out
    sample("undo", "3")
    assert "Rappeler" not in sample.text(deal)


def test_an_erasure_leaves_no_name_in_its_mark(sample: Workspace) -> None:
    sample("contact", "create", "Bernard ADIEU")
    sample("contact", "erase", "Bernard ADIEU", "--yes")
    private = [path.read_bytes() for path in sample.private.rglob("*") if path.is_file()]
    assert private
    assert not any(b"ADIEU" in content for content in private)
    assert sample.run("undo").err == "crm: crm contact erase cannot be undone (nothing before it is kept)\n"


@pytest.mark.parametrize("looks", [as_written, by_hand])
@pytest.mark.parametrize("command", ["note", "win", "lose"])
def test_an_undone_note_leaves_no_text_and_comes_back_when_that_is_undone(
    sample: Workspace, command: str, looks: Callable[[Workspace, str], None]
) -> None:
    deal = a_moved_deal(sample)
    looks(sample, deal)
    sample(command, deal, "-m", "Digicode 1234")
    sample("undo")
    assert "1234" not in sample.text(deal)
    assert sample("list", "text:digicode", "-o", "ids").ids == []
    assert "note, undone" in sample("show", deal).out
    number = sample("undo", "--list", "-o", "ids").ids[0]
    sample("undo", number)
    assert sample.text(deal).count("1234") == 1
    sample("undo")
    assert "1234" not in sample.text(deal)
    assert sample.is_clean()


def test_an_undone_note_on_a_contact_leaves_no_text(sample: Workspace) -> None:
    sample("contact", "create", "Bernard ADIEU")
    sample("contact", "note", "Bernard ADIEU", "-m", "Digicode 1234")
    sample("undo")
    [contact] = sample("contact", "show", "Bernard ADIEU", "-o", "ids").ids
    assert "1234" not in sample.text(contact)


def test_a_note_that_was_edited_since_is_named(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("note", deal, "-m", "Digicode 1234")
    sample.edit(deal, "Digicode 1234", "Digicode 9999")
    ended = sample.run("undo")
    assert ended.code == 5
    assert re.search(r"changed again since: history\.\w{8}\.text \(--force", ended.err)
    sample("undo", "--force")
    assert "9999" not in sample.text(deal)


def test_texts_of_an_undone_command_do_not_stay_in_the_history(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("set", deal, "description=Madame est veuve", "revenue=8000")
    sample("undo")
    assert last_entry(sample, deal)["did"] == [{"command": f"crm set {deal} description=… revenue=…"}]
