"""`--as-of`: lists, the board and reports as they were at the end of a day, or in a revision of git."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.harness.git_workspace import GitWorkspace


def on(workspace: GitWorkspace, day: str) -> None:
    """From now on it is noon of a day, for crm and for git."""
    at = f"2026-11-{day}T12:00:00+01:00"
    workspace.environment |= {"CRM_NOW": at, "GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at}


@pytest.fixture
def office(office: GitWorkspace) -> GitWorkspace:
    """A workspace whose commits are of a few days in November: two deals, moved, won and deleted."""
    on(office, "20")
    office.git("commit", "--amend", "--quiet", "--no-edit", "--reset-author")
    on(office, "23")
    first = office("create", "Poêle Rika", "--contact", "Anne DUPONT", "--revenue", "8000", "-o", "ids").ids[
        0
    ]
    office("activity", "add", first, "--type", "call", "--due", "2026-11-24")
    on(office, "24")
    office("create", "Foyer", "--contact", "Luc MARTIN", "--revenue", "5000")
    on(office, "25")
    office("move", first, "--to", "visit")
    on(office, "26")
    office("contact", "set", "Anne DUPONT", "name=Anne LE GOFF")
    office("win", first)
    office("delete", "title:Foyer", "--yes")
    on(office, "27")
    return office


def rows(workspace: GitWorkspace, *command: str) -> list[dict[str, Any]]:
    """What a command prints as JSON."""
    found: list[dict[str, Any]] = json.loads(workspace(*command, "-o", "json").out)
    return found


def deals(workspace: GitWorkspace, when: str, *terms: str) -> list[tuple[str, str, str]]:
    """Title, stage and contact of the deals of a time."""
    found = rows(workspace, "list", "sort:title", *terms, "--as-of", when)
    return [(each["title"], each["stage"], each["contact_name"]) for each in found]


def test_a_list_is_what_it_was_at_the_end_of_a_day(office: GitWorkspace) -> None:
    foyer = ("Foyer", "new", "Luc MARTIN")
    assert deals(office, "2026-11-23") == [("Poêle Rika", "new", "Anne DUPONT")]
    assert deals(office, "2026-11-24") == [foyer, ("Poêle Rika", "new", "Anne DUPONT")]
    assert deals(office, "-2d") == [foyer, ("Poêle Rika", "visit", "Anne DUPONT")]
    assert deals(office, "2026-11-26") == []
    assert deals(office, "2026-11-26", "is:any") == [("Poêle Rika", "won", "Anne LE GOFF")]
    assert deals(office, "2026-11", "is:any") == deals(office, "today", "is:any")


def test_a_day_ends_at_midnight_of_the_workspace(office: GitWorkspace) -> None:
    at = "2026-11-27T00:30:00+01:00"  # the evening before, in UTC
    office.environment |= {"CRM_NOW": at, "GIT_COMMITTER_DATE": at}
    office("create", "Tard")
    assert deals(office, "2026-11-26") == []
    assert [title for title, *_ in deals(office, "2026-11-27")] == ["Tard"]


@pytest.mark.parametrize("when", ["HEAD", "main", "jalon"])
def test_any_revision_of_git_is_understood(office: GitWorkspace, when: str) -> None:
    office.git("tag", "jalon")
    assert deals(office, when, "is:any") == [("Poêle Rika", "won", "Anne LE GOFF")]
    assert ("Foyer", "new", "Luc MARTIN") in deals(office, f"{when}~1")
    name = office.git("rev-parse", f"{when}~3").strip()
    assert deals(office, name) == deals(office, f"{when}~3") == deals(office, name[:9])


def test_the_day_and_the_words_of_queries_are_those_of_then(office: GitWorkspace) -> None:
    assert len(deals(office, "2026-11-23", "created:today")) == 1
    assert deals(office, "2026-11-25", "created:today") == []
    states = [
        rows(office, "list", "--as-of", each)[-1]["activities"][0]["state"]
        for each in ("2026-11-23", "2026-11-25")
    ]
    assert states == ["planned", "overdue"]


def test_the_board_and_the_reports_are_those_of_then(office: GitWorkspace) -> None:
    def figures(command: list[str], key: str, value: str, *named: str) -> list[Any]:
        [row] = [each for each in rows(office, *command) if each[key] == value]
        return [row[each] for each in named]

    pipeline = ["report", "pipeline", "--as-of"]
    assert figures([*pipeline, "2026-11-24"], "stage", "new", "count", "expected_revenue") == [2, 13000]
    assert figures([*pipeline, "2026-11-25"], "stage", "visit", "count", "weighted_revenue") == [1, 3200]
    board = [["board", "--as-of", each] for each in ("2026-11-24", "2026-11-25")]
    assert [len(figures(each, "stage", "new", "cards")[0]) for each in board] == [2, 1]
    sources = [rows(office, "report", "sources", "--as-of", each)[0] for each in ("2026-11-24", "2026-11-26")]
    assert [(each["open"], each["won"]) for each in sources] == [(2, 0), (0, 1)]
    assert "Foyer" in office("board", "--as-of", "2026-11-24").out
    assert "Foyer" not in office("board", "--as-of", "today").out


def test_sponsors_are_those_of_then(office: GitWorkspace) -> None:
    office("create", "Parrainé", "--contact", "Léa NEUF", "--referred-by", "Anne LE GOFF")
    assert rows(office, "report", "referrals", "--as-of", "2026-11-26") == []
    [today] = rows(office, "report", "referrals", "--as-of", "today")
    assert (today["label"], today["open"]) == ("Anne LE GOFF", 1)


def test_the_configuration_is_that_of_then(office: GitWorkspace) -> None:
    config = office.data / "crm.yaml"
    config.write_text(config.read_text().replace("- id: new\n", "- id: new\n    label: Nouveau\n"))
    office.git("commit", "-qam", "Libellé")
    labels = [
        rows(office, "report", "pipeline", "--as-of", each)[0]["label"] for each in ("2026-11-26", "HEAD")
    ]
    assert labels == ["new", "Nouveau"]


def test_nothing_is_written_and_hand_edits_of_today_do_not_count(office: GitWorkspace) -> None:
    office.file(office("list", "is:any", "-o", "ids").ids[0]).unlink()
    shutil.rmtree(office.private)
    before = office.everything()
    assert len(deals(office, "2026-11-24")) == 2
    office("board", "--as-of", "2026-11-24")
    assert office.everything() == before
    assert not list(office.private.rglob("index*"))


@pytest.mark.parametrize(
    ("when", "code", "said"),
    [
        ("2026-11-19", 3, "git has nothing as old as 2026-11-19: the first commit is of 2026-11-20"),
        ("2027-01-01", 2, "--as-of 2027-01-01 is still to come"),
        ("jamais", 3, "--as-of jamais is neither a day nor a commit of git"),
        ("HEAD:pipeline_data", 3, "neither a day nor a commit"),
        ("--output=volé", 3, "--as-of --output=volé is neither a day nor a commit"),
        ("-n1", 3, "neither a day nor a commit"),
        ("--all", 3, "neither a day nor a commit"),
        ("", 0, ""),
    ],
)
def test_what_git_does_not_have_is_refused_in_one_line(
    office: GitWorkspace, when: str, code: int, said: str
) -> None:
    ended = office.run("list", f"--as-of={when}")
    assert (ended.code, ended.err.count("\n")) == (code, bool(code)), ended
    assert said in ended.err
    assert not list(office.root.rglob("*vol*"))


def test_without_git_it_says_how_to_have_a_past(office: GitWorkspace) -> None:
    shutil.rmtree(office.root / ".git")
    ended = office.run("list", "--as-of", "2026-11-24")
    hint = "crm init --git"
    assert (ended.code, ended.err) == (5, f"crm: this workspace is not in git, which has the past ({hint})\n")


def test_a_commit_from_before_the_workspace_says_so(office: GitWorkspace) -> None:
    empty = office.git("commit-tree", "-m", "vide", office.git("mktree", given="").strip()).strip()
    ended = office.run("list", "--as-of", empty)
    assert ended.code == 3
    assert "has no pipeline_data/crm.yaml" in ended.err


def test_a_workspace_below_the_top_of_its_repository_has_a_past(office: GitWorkspace, tmp_path: Path) -> None:
    top = tmp_path / "[top]*"
    shutil.copytree(office.root, top / "ventes", ignore=shutil.ignore_patterns(".git", ".crm"))
    inner = GitWorkspace(top / "ventes", office.home)
    on(inner, "24")
    inner.git("init", "--quiet", str(top))
    inner.git("add", "--all")
    inner.git("commit", "-qm", "Tout")
    on(inner, "26")
    assert deals(inner, "2026-11-24", "is:any") == [("Poêle Rika", "won", "Anne LE GOFF")]
    [deal] = inner("list", "is:any", "-o", "ids").ids
    assert "2026" in inner("log", deal).out


def test_reports_on_histories_are_what_they_were(office: GitWorkspace) -> None:
    def funnel(when: str) -> dict[str, int]:
        return {row["id"]: row["entered"] for row in rows(office, "report", "funnel", "--as-of", when)}

    assert funnel("2026-11-24") == {"new": 2, "contacted": 0, "visit": 0, "won": 0}
    assert funnel("2026-11-25")["visit"] == 1
    assert funnel("2026-11-26") == {"new": 1, "contacted": 0, "visit": 1, "won": 1}
    for report in ("forecast", "velocity", "activities", "sources", "referrals", "lost", "stale", "response"):
        office("report", report, "--as-of", "2026-11-24", "--by", "month")
    assert office.run("stats", "--as-of", "2026-11-24").code == 2
