"""Each use case works without a command line, and the command line does none of them by itself."""

import ast
from pathlib import Path

import pytest

import crmcli
from crmcli.domain.values.errors import NotFoundError, RefusedError
from crmcli.operations import opportunities
from crmcli.operations.change_records import Selection
from crmcli.operations.check_titles import find_off_titles
from crmcli.operations.edit import edit_opportunity, list_faults
from crmcli.operations.find_duplicates import find_duplicate_contacts, find_duplicates
from crmcli.operations.find_records import (
    find_activities,
    find_contacts,
    find_ids,
    find_opportunities,
)
from crmcli.operations.fix import fix
from crmcli.operations.merge import merge, merge_contacts, preview_merge
from crmcli.operations.messages.due_mail import mail_due
from crmcli.operations.messages.ingest import ingest
from crmcli.operations.origin_reports import report_referrals, report_sources
from crmcli.operations.personal_data import erase_person, export_person, preview_erase
from crmcli.operations.referrals import find_referrals, find_rewards
from crmcli.operations.reports import lay_out_board
from crmcli.operations.request import Request
from crmcli.operations.steps.file_message import Outcome
from crmcli.operations.tick import tick
from crmcli.operations.undo import list_changes, undo
from tests.harness.crm import NOW, Crm
from tests.harness.places import ROOT

RICHARD = "xgcej9p8"
PACKAGE = Path(crmcli.__file__).parent


def request_of(crm: Crm, **given: object) -> Request:
    """A caller's own request, as marie, on the fixed day."""
    return Request(str(crm.root), **{"user": "marie", "now": NOW, **given})  # type: ignore[arg-type]


def test_the_command_line_opens_no_transaction() -> None:
    opening = {
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in (PACKAGE / "cli").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("changing", "storing", "commit")
    }
    assert opening == set()


def test_a_change_is_listed_and_undone(crm: Crm) -> None:
    request = request_of(crm)
    opportunities.tag(request, [RICHARD], add=["urgent"])
    assert [each["id"] for each in find_ids(request, ["+urgent"])] == [RICHARD]
    assert [step.did for step in undo(request).steps] == ["reverted"]
    assert next(journal.undoes for _, journal in list_changes(request)) is not None
    assert find_ids(request, ["+urgent"]) == []
    with pytest.raises(NotFoundError):
        undo(request)


def test_time_brings_about_what_is_due_once(crm: Crm) -> None:
    later = request_of(crm, now="2027-01-15T09:00")
    done = tick(later)
    assert done.changed > 0
    assert not done.failed
    assert tick(request_of(crm, now="2027-01-15T09:00")).changed == 0


def test_a_dry_run_changes_nothing(crm: Crm) -> None:
    before = crm.records()
    trying = request_of(crm, now="2027-01-15T09:00", dry_run=True)
    assert tick(trying).changed > 0
    opportunities.note(trying, [RICHARD], "nothing of it")
    ingest(trying, (crm.data / "examples" / "demande-poele.eml").read_bytes())
    assert crm.records() == before


def test_a_message_is_filed_once(crm: Crm) -> None:
    content = (crm.data / "examples" / "demande-poele.eml").read_bytes()
    first = ingest(request_of(crm), content)
    assert first.outcome is Outcome.NEW
    assert first.change is not None
    assert ingest(request_of(crm), content).outcome is Outcome.KNOWN
    assert crm("show", first.change.after.id or "").out


def test_records_are_found_by_the_terms_of_a_query(crm: Crm) -> None:
    request = request_of(crm)
    quoted = [deal["id"] for deal in find_opportunities(request, ["stage:quoted"])]
    assert quoted == [each["id"] for each in find_ids(request, ["stage:quoted"])] != []
    assert {each["state"] for each in find_activities(request, ["assignee:marie"])} <= {
        "overdue",
        "today",
        "planned",
    }
    assert [each["name"] for each in find_contacts(request, ["richard"])] == ["Pierre RICHARD"]
    assert {each.state for each in find_rewards(request, states=["due"])} == {"due"}
    assert all(each.sponsor for each in find_referrals(request))


def test_what_cannot_be_read_is_advised_and_stops_nothing(crm: Crm) -> None:
    path = next(crm.data.glob(f"opportunities/*/*--{RICHARD}.yaml"))
    path.write_text("title: [", "utf-8")
    request = request_of(crm)
    heard: list[str] = []
    request.advise = heard.append
    assert list(find_opportunities(request, ["stage:quoted", "+nowhere"])) == []
    assert any(path.name in line for line in heard)
    assert any("nowhere" in line for line in heard)


def test_figures_come_without_a_command_line(crm: Crm) -> None:
    request = request_of(crm)
    columns = lay_out_board(request)
    assert sum(len(column.cards) for column in columns) == sum(column.figures.deals for column in columns)
    assert sum(row.deals for row in report_sources(request)) == sum(
        row.deals for row in report_sources(request, by="campaign")
    )
    assert sum(row.rewards_due for row in report_referrals(request)) == sum(
        each.amount or 0 for each in find_rewards(request, states=["due"])
    )


def test_duplicates_are_found_and_merged(crm: Crm) -> None:
    request = request_of(crm)
    double = opportunities.create(
        request, opportunities.NewOpportunity(title="Le même projet", contact="Pierre RICHARD")
    ).records[0]
    group = next(each for each in find_duplicates(request).groups if double.id in each.ids)
    assert RICHARD in group.ids
    places = {each["id"]: each["path"] for each in find_ids(request)}
    selection = Selection([places[RICHARD], places[double.id]])
    assert preview_merge(request, selection).result.record.id == RICHARD
    assert merge(request, selection).result.record.id == RICHARD
    assert double.id not in {each["id"] for each in find_ids(request, ["is:any"])}


def test_contacts_are_merged(crm: Crm) -> None:
    crm("contact", "create", "RICHARD Pierre", "--phone", "02 97 25 11 11", "--force")
    request = request_of(crm)
    merged = merge_contacts(request, ["Pierre RICHARD", "RICHARD Pierre"])
    assert merged.result.record.name == "Pierre RICHARD"
    assert "+33297251111" in merged.result.record.phones
    assert find_duplicate_contacts(request).groups == []


def test_a_person_is_handed_over_and_erased(crm: Crm, tmp_path: Path) -> None:
    request = request_of(crm)
    reading = request.reading()
    person, held = preview_erase(request, "Pierre RICHARD")
    names = export_person(request, reading, reading.contact(person.id), tmp_path / "dossier")  # type: ignore[arg-type]
    assert names[0] == "summary.md"
    assert len(names) >= len(held) - 1
    erased = erase_person(request, person.id or "")
    assert erased.redacted.removed
    assert not any("RICHARD" in place for place in erased.elsewhere)
    with pytest.raises(NotFoundError):
        preview_erase(request, "Pierre RICHARD")


def test_the_text_of_a_record_is_replaced(crm: Crm) -> None:
    request = request_of(crm)
    path = f"{next(crm.data.glob(f'opportunities/*/*--{RICHARD}.yaml')).relative_to(crm.root)}"
    before = (crm.root / path).read_bytes()
    assert (
        list(list_faults(request.reading(), path, before.replace(b"stage: quoted", b"stage: nowhere"))) != []
    )
    done = edit_opportunity(request, path, before, before + b"site_note: portail vert\n")
    assert [deal.id for deal in done.records] == [RICHARD]
    assert b"portail vert" in (crm.root / path).read_bytes()
    with pytest.raises(RefusedError):
        edit_opportunity(request, path, before, before.replace(RICHARD.encode(), b"zzzzzzz2"))


def test_a_file_without_an_id_is_repaired(crm: Crm) -> None:
    path = crm.data / "opportunities" / "2026" / "a-la-main.yaml"
    path.write_text("title: À la main\n", "utf-8")
    [fixed] = fix(request_of(crm), [str(path)])
    assert fixed.record.id
    assert not path.exists()
    assert (crm.root / fixed.path).exists()


def test_the_due_report_is_queued(crm: Crm) -> None:
    request = request_of(crm)
    letters = mail_due(request, request.query([]).due_within(0, request.query_context))
    assert {letter.digest.user.id for letter in letters} <= {user.id for user in request.config.users}
    assert all((crm.data / "outbox" / f"{letter.id}.eml").exists() for letter in letters)


def test_titles_off_the_pattern_need_a_pattern(crm: Crm) -> None:
    found = find_off_titles(request_of(crm))
    assert all(each.proposal != each.title for each in found)


def test_a_check_that_raises_stops_the_change(crm: Crm) -> None:
    before = crm.records()

    def refuse(report: object) -> None:
        raise RefusedError("not now")

    with pytest.raises(RefusedError, match="not now"):
        opportunities.move(request_of(crm), [RICHARD], to="negotiation", check=refuse)
    with pytest.raises(RefusedError, match="not now"):
        tick(request_of(crm, now="2027-01-15T09:00"), check=refuse)
    assert crm.records() == before


def test_every_operation_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    modules = {path.stem for path in (PACKAGE / "operations").glob("*.py")} - {"__init__", "change_records"}
    assert {name for name in modules if f"`operations.{name}`" not in page} == set()
