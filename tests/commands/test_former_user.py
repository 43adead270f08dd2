"""A user who has left: what is theirs is found, checked in one line, and handed over."""

import pytest

from tests.harness.crm import Crm

IN_USERS = "  - id: paul # technician: visits, installation, sweeping\n"


@pytest.fixture
def left(crm: Crm) -> Crm:
    """The demo without paul among its users."""
    config = crm.data / "crm.yaml"
    before, paul, after = config.read_text().partition(IN_USERS)
    assert paul
    config.write_text(before + after[after.index("  - id: sophie") :])
    return crm


@pytest.mark.parametrize(
    "asked",
    [
        ("list", "owner:paul"),
        ("list", "owner:marie,paul"),
        ("list", "not:owner:paul"),
        ("activity", "list", "assignee:paul"),
        ("activity", "list", "for:paul"),
        ("due", "assignee:paul"),
        ("report", "pipeline", "owner:paul"),
    ],
)
def test_a_query_finds_what_is_theirs_and_warns(left: Crm, asked: tuple[str, ...]) -> None:
    ended = left.run(*asked, "-o", "csv")
    assert ended.code == 0, ended.err
    assert ended.err.count("paul is not in users any more") == 1
    assert len(ended.out.splitlines()) > 1


def test_the_contacts_of_somebody_who_left_are_found(left: Crm) -> None:
    file = left.file("f8dz9xw4")
    file.write_text(file.read_text() + "owner: paul\n")
    assert "xgcej9p8" in left("list", "contact_owner:paul", "is:any", "-o", "ids").out
    told = left.run("check").out
    assert "owner of contacts 1" in told
    assert "crm contact set ID… owner=USER" in told
    left("contact", "set", "f8dz9xw4", "owner=marie")
    assert "owner of contacts" not in left.run("check").out


def test_a_name_that_nobody_has_and_nothing_holds_is_refused(left: Crm) -> None:
    assert "unknown owner 'pierre'" in left.refused("list", "owner:pierre", code=2)


def test_their_id_means_them_though_another_is_called_so(left: Crm) -> None:
    config = left.data / "crm.yaml"
    config.write_text(config.read_text().replace("name: Sophie Tanguy", "name: Paul"))
    mine = left("list", "owner:paul", "-o", "csv", "--fields", "owner").out.split()
    assert set(mine) == {"owner", "paul"}


def test_check_names_them_once_with_how_to_hand_over(left: Crm) -> None:
    told = [line for line in left.run("check").out.splitlines() if "opportunities/" in line]
    assert len(told) == 1
    assert (
        "unknown user 'paul', 11 times: owner of open records 2, assignee of planned activities 9" in told[0]
    )
    assert "crm activity reassign --from paul --to USER" in told[0]


def test_what_they_left_is_handed_over(left: Crm) -> None:
    reassign = ("activity", "reassign", "--from", "paul", "--to", "marie")
    assert "this would change 9 activities" in left.refused(*reassign, code=2)
    left(*reassign, "--yes")
    left("set", "owner:paul", "owner=marie", "--yes")
    assert left("activity", "list", "assignee:paul", "state:planned,overdue,today", "-o", "ids").out == ""
    assert "opportunities/" not in left.run("check").out  # what is done or closed stays theirs
    assert left("list", "owner:paul", "is:any", "-o", "ids").out != ""


def test_a_single_activity_is_handed_over_by_edit_and_a_query_narrows(left: Crm) -> None:
    left("activity", "edit", "qv3tgzst", "--assignee", "sophie")
    left("activity", "reassign", "type:visit", "--from", "paul", "--to", "marie", "--yes")
    rest = left("activity", "list", "assignee:paul", "-o", "csv", "--fields", "type").out.split()
    assert {"sweep", "visit"}.isdisjoint(rest)
    refused = left.refused("activity", "reassign", "qv3tgzst", "--from", "paul", "--to", "marie", code=2)
    assert "--from is for a query" in refused
    assert "no activity is given" in left.refused("activity", "reassign", "--to", "marie", code=2)


def test_what_the_configuration_plans_for_them_is_the_owners(left: Crm) -> None:
    assert "activity_types.3.assignee: unknown user 'paul'" in left.run("config", "check").out
    assert "for marie" in left("activity", "add", "p4rr1d0x", "--type", "install").out


def test_a_rule_for_somebody_who_left_does_not_stop_the_deal(left: Crm) -> None:
    config = left.data / "crm.yaml"
    rule = "rules:\n  - {id: hand, on: won, assign: paul}\n"
    config.write_text(config.read_text().replace("rules:\n", rule, 1))
    ended = left.run("win", "p4rr1d0x", "--force")
    assert ended.code == 0, ended.err
    assert "hand: nothing done, paul is not in users" in ended.err
