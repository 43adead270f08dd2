"""`crm undo` and `redo` in a clone: they take back one's own commands, never what `sync` brought."""

from tests.harness.git_workspace import Firm, GitWorkspace


def test_undo_takes_back_ones_own_command_and_not_what_sync_brought(firm: Firm) -> None:
    firm.marie("tag", firm.deal, "--add", "marie")
    firm.paul("tag", firm.deal, "--add", "paul")
    firm.paul("sync")
    firm.marie("sync")
    firm.marie("undo")
    assert firm.marie("list", "-o", "csv", "--columns", "tags").out == "tags\npaul\n"
    firm.marie("redo")
    assert firm.marie("list", "-o", "csv", "--columns", "tags").out == 'tags\n"marie,paul"\n'
    assert (firm.marie.status, firm.marie("check").out) == ("", "")


def test_with_nothing_of_ones_own_undo_refuses_after_sync(firm: Firm) -> None:
    before = firm.paul.tree()
    firm.marie("set", firm.deal, "description=Cour")
    firm.marie("sync")
    firm.paul("sync")
    ended = firm.paul.run("undo")
    assert (ended.code, ended.err) == (3, "crm: paul has nothing to undo (crm undo --list)\n")
    [number] = firm.paul("undo", "--list", "-o", "ids").ids
    firm.paul("undo", number)
    assert "Cour" not in firm.paul.text(firm.deal)
    assert firm.paul.tree().keys() == before.keys()
    firm.paul("redo")
    assert "Cour" in firm.paul.text(firm.deal)
    assert (firm.paul.status, firm.paul("check").out) == ("", "")


def test_a_field_that_somebody_else_changed_is_not_undone_after_sync(firm: Firm) -> None:
    firm.marie("set", firm.deal, "revenue=9000")
    firm.marie("sync")
    firm.paul("sync")
    firm.paul("set", firm.deal, "revenue=9500")
    firm.paul("sync")
    firm.marie("sync")
    before = firm.marie.tree()
    ended = firm.marie.run("undo")
    assert ended.code == 5
    assert "changed again since: expected_revenue" in ended.err
    assert firm.marie.tree() == before


def test_the_commits_of_undo_and_redo_say_what_happened(office: GitWorkspace) -> None:
    deal = office.create("Poêle Rika")
    office("move", deal, "--to", "visit")
    office("undo")
    assert "visit → new" in office.message()
    office("redo")
    assert "new → visit" in office.message()
    assert "redone" in office.message()
    assert office.status == ""
