"""Redo: an undo taken back, as often as was undone, and never over what was done since."""

import pytest

from tests.harness.workspaces import JEAN, Workspace
from tests.promises.test_undo import last_entry, mails, record

DEALS = "SELECT id, title, stage, lost, closed FROM opportunities ORDER BY id"


def test_each_redo_brings_back_the_next_undone_command(sample: Workspace) -> None:
    deal = sample.create("T")
    for tag in ("un", "deux", "trois"):
        sample("tag", deal, "--add", tag)
    for _ in range(3):
        sample("undo")
    assert "tags" not in record(sample, deal)
    for tags in (["un"], ["deux", "un"], ["deux", "trois", "un"]):
        assert sample("redo").out.startswith(f"redone: crm tag {deal} --add ")
        assert record(sample, deal)["tags"] == tags
    ended = sample.run("redo")
    assert (ended.code, ended.err) == (3, "crm: marie has nothing to redo (crm redo --list)\n")
    sample("undo")
    assert record(sample, deal)["tags"] == ["deux", "un"]
    assert sample.is_clean()


def test_a_redone_move_is_told_and_fires_nothing_twice(sample: Workspace) -> None:
    deal = sample.create("T", "--contact", JEAN)
    sample("move", deal, "--to", "contacted")
    moved, queued = record(sample, deal), mails(sample)
    sample("undo")
    assert mails(sample) == []
    sample("redo")
    again = record(sample, deal)
    history = again.pop("history")
    assert again == {key: value for key, value in moved.items() if key != "history"}
    assert mails(sample) == queued
    assert (history[-1]["event"], history[-1]["from"], history[-1]["to"]) == ("redone", "new", "contacted")
    assert history[-1]["rules"] == ["contacted.first-call 1", "contacted.acknowledge 1"]
    sample("move", deal, "--to", "visit")
    sample("move", deal, "--to", "contacted")
    assert mails(sample) == queued  # the mail to the customer leaves once
    assert sample.is_clean()


def test_what_was_undone_redone_and_undone_fires_again_for_a_person(sample: Workspace) -> None:
    deal = sample.create("T", "--contact", JEAN)
    sample("move", deal, "--to", "contacted")
    for command in ("undo", "redo", "undo"):
        sample(command)
    assert (mails(sample), record(sample, deal)["stage"]) == ([], "new")
    assert last_entry(sample, deal)["rules"] == ["contacted.first-call 1", "contacted.acknowledge 1"]
    sample("move", deal, "--to", "contacted")
    assert len(mails(sample)) == 1
    assert sample.is_clean()


@pytest.mark.parametrize(
    "command", [("lose", "{}", "-m", "Trop cher"), ("delete", "{}", "--yes"), ("create", "Neuf")]
)
def test_losing_deleting_and_creating_can_be_redone(sample: Workspace, command: tuple[str, ...]) -> None:
    deal = sample.create("T", "--contact", JEAN)
    sample(*(word.format(deal) for word in command))
    after = sample("sql", DEALS).out
    sample("undo")
    assert sample("sql", DEALS).out != after
    sample("redo")
    assert sample("sql", DEALS).out == after
    assert sample.is_clean()


def test_redo_without_an_undo_says_so(sample: Workspace) -> None:
    sample.create("T")
    ended = sample.run("redo")
    assert (ended.code, ended.err) == (3, "crm: marie has nothing to redo (crm redo --list)\n")


def test_a_command_given_since_ends_redo_and_the_number_brings_it_back(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("tag", deal, "--add", "un")
    sample("undo")
    sample("note", deal, "-m", "Bonjour")
    before = sample.everything()
    ended = sample.run("redo")
    assert ended.code == 5
    hint = f"crm redo 3 brings back crm tag {deal} --add un"
    assert ended.err == f"crm: nothing to redo: crm note {deal} -m Bonjour came after the undo ({hint})\n"
    assert sample.everything() == before
    assert sample("redo", "--list", "-o", "ids").ids == ["2"]
    sample("redo", "2")
    assert record(sample, deal)["tags"] == ["un"]
    assert "Bonjour" in sample.text(deal)
    assert sample("redo", "--list", "-o", "ids").ids == []


def test_what_others_and_programs_did_since_does_not_end_redo(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("tag", deal, "--add", "un")
    sample("undo")
    sample("note", deal, "-m", "Bonjour", CRM_USER="paul")
    sample("tick")
    sample("redo")
    assert record(sample, deal)["tags"] == ["un"]
    assert sample.run("redo", CRM_USER="paul").code == 3


def test_a_field_that_was_changed_since_is_named_and_nothing_is_redone(sample: Workspace) -> None:
    deal = sample.create("T", "--revenue", "8000")
    sample("set", deal, "revenue=9000")
    sample("undo")
    sample("set", deal, "revenue=9500", CRM_USER="paul")
    before = sample.everything()
    ended = sample.run("redo")
    assert ended.code == 5
    assert "changed again since: expected_revenue" in ended.err
    assert sample.everything() == before
    sample("redo", "--force")
    assert record(sample, deal)["expected_revenue"] == "9000.00"


def test_only_what_is_undone_can_be_redone(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("tag", deal, "--add", "un")
    ended = sample.run("redo", "2")
    assert (ended.code, ended.err) == (5, "crm: change 2 is not undone (crm redo --list)\n")
    assert sample.run("redo", "9").code == 3


def test_a_dry_run_redoes_nothing(sample: Workspace) -> None:
    deal = sample.create("T")
    sample("tag", deal, "--add", "un")
    sample("undo")
    before = sample.everything()
    assert sample("redo", "--dry-run").out.startswith(f"would redo: crm tag {deal} --add un\n")
    assert sample.everything() == before
