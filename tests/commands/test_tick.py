"""`crm tick` on real files: what has come due is done once, whoever asks and however late."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tests.harness.crm import Crm

QUOTED = "xgcej9p8"  # in its stage since 13 November, with an activity planned


def planned(crm: Crm, query: str = "is:any") -> list[str]:
    return crm("activity", "list", query, "-o", "ids").out.split()


def test_what_has_come_due_happens_once(crm: Crm) -> None:
    first = crm("tick", "--now", "2026-12-20")
    assert "rule quoted.second-chase" not in first.out  # something is planned on all of them
    for id in planned(crm, "stage:quoted"):
        crm("done", id, "--now", "2026-12-20")
    assert "planned activity" in crm("tick", "--now", "2026-12-20").out
    before = crm.records()
    again = crm("tick", "--now", "2026-12-20")
    assert (again.out, again.err, crm.records()) == ("", "", before)


def test_a_dry_run_shows_it_and_changes_nothing(crm: Crm) -> None:
    before = crm.records()
    assert "rule forgotten: tag oubli" in crm("tick", "--dry-run", "--now", "2026-12-20").out
    assert crm.records() == before


def test_after_three_weeks_off_it_says_what_it_caught_up_with(crm: Crm) -> None:
    crm("tick")
    late = crm("tick", "--now", "2026-12-15T09:00")
    assert "crm: the last tick was 21 days ago; caught up with" in late.err
    every_day = sum(1 for mail in (crm.data / "outbox").glob("*.eml") if b"En retard" in mail.read_bytes())
    assert every_day <= len(planned(crm, "is:any"))  # one for each that is late, not one a day
    assert "last tick" not in crm("tick", "--now", "2026-12-15T09:01").err


def test_a_stage_changed_in_the_file_is_adopted_once(crm: Crm) -> None:
    path = crm.file("teqcvdqh")
    path.write_text(path.read_text().replace("stage: new", "stage: visit  # vu"))
    assert "stage edited in the file: Nouveau → Visite technique" in crm("tick").out
    assert "stage: visit  # vu" in path.read_text()
    assert crm("tick").out == ""


def test_what_tick_did_is_no_business_of_undo(crm: Crm) -> None:
    crm("note", QUOTED, "-m", "Appelé")
    crm("tick", "--now", "2026-12-20")
    assert "crm note" in crm("undo").out


def test_a_firing_that_a_person_took_back_comes_from_that_person_only(crm: Crm) -> None:
    crm("move", "gm322100", "--to", "visit")
    crm("undo")
    moved = crm("move", "gm322100", "--to", "visit").out
    assert "rule visit.site-visit: activity" in moved


def test_many_at_the_same_time_do_it_once(crm: Crm) -> None:
    def one(_: int) -> int:
        return crm.start("tick", "--now", "2026-12-20", stdout=subprocess.DEVNULL).wait()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, range(4))) == {0}
    for path in (crm.data / "opportunities").rglob("*.yaml"):
        text = path.read_text()
        assert text.count("rule: forgotten") <= 1
    ids = planned(crm)
    assert len(ids) == len(set(ids))


def test_a_record_that_stands_in_the_way_is_named_and_the_rest_goes_on(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(config.read_text().replace("tag: [oubli]", "set: {description: '{{ contact.job }}'}"))
    done = crm("tick", "--now", "2026-12-20", code=7)
    assert "contact.job has no value" in done.err
    assert "failed" in done.err


def test_it_looks_at_what_a_query_means_only(crm: Crm) -> None:
    out = crm("tick", "owner:sophie", "--now", "2026-12-20", "-o", "jsonl").out
    assert {json.loads(line)["owner"] for line in out.splitlines()} == {"sophie"}


def test_two_clones_that_tick_make_the_same(crm: Crm, sample: os.PathLike[str]) -> None:
    import shutil

    other = Crm(crm.root.parent / "other")
    shutil.copytree(crm.root, other.root, ignore=shutil.ignore_patterns(".crm"))
    for each in (crm, other):
        each("tick", "--now", "2026-12-20")
        each("move", "gm322100", "--to", "visit", "--now", "2026-12-20")
    assert planned(crm) == planned(other)
    assert sorted(p.name for p in (crm.data / "outbox").iterdir()) == sorted(
        p.name for p in (other.data / "outbox").iterdir()
    )


def test_a_record_at_rest_wakes_when_something_around_it_changes(crm: Crm) -> None:
    """Records that a rule's condition leaves alone are not opened again until something could change that."""
    config = crm.data / "crm.yaml"
    rule = (
        "    after: [{id: vip, in: 0d, when: contact.job == 'maire', tag: [officiel]}]\n    require: [contact"
    )
    config.write_text(
        config.read_text().replace("    require: [contact", rule, 1).replace("    after:\n", "    x:\n", 0)
    )
    text = config.read_text()
    start = text.index("    after:\n      - id: second-chase")
    config.write_text(text[:start] + text[text.index("\n  - id: negotiation", start) :])
    for path in (crm.data / "opportunities").rglob("*.yaml"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    crm("tick")
    assert crm("tick").out == crm("tick").out == ""
    crm("contact", "set", "f8dz9xw4", "job=maire")
    assert "tagged officiel" in crm("tick").out


def test_a_rule_that_fails_is_named_with_its_record_and_stops_no_other(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    boom = "rules:\n  - {id: boom, on: overdue, activity: {type: call, summary: '{{ contact.nope.x }}'}}\n"
    config.write_text(config.read_text().replace("rules:\n", boom, 1))
    done = crm("tick", "--now", "2026-12-20", code=7)
    assert "rule boom on xgcej9p8: " in done.err
    assert "rule forgotten: tag oubli" in done.out


def test_an_activity_that_a_person_wrote_without_an_id_gets_one(crm: Crm) -> None:
    path = crm.file("teqcvdqh")
    text = path.read_text().replace(
        "history:\n", "activities:\n  - type: call\n    due: 2026-11-20\nhistory:\n"
    )
    path.write_text(text)
    assert "this activity has no id yet" in crm("check", code=5).out
    assert "for marie" in crm("due", "--mail").out
    crm("tick")
    [id] = crm("activity", "list", "id:teqcvdqh", "-o", "ids").out.split()
    crm("done", id)


def test_closing_and_reopening_in_the_file_are_as_by_command(crm: Crm) -> None:
    path = crm.file("dpgw791x")
    crm("set", "dpgw791x", "probability=33")
    path.write_text(path.read_text().replace("stage: negotiation", "stage: won", 1))
    crm("tick")
    assert "\nprobability:" not in path.read_text()
    path.write_text(path.read_text().replace("stage: won", "stage: quoted", 1))
    crm("tick")
    shown = json.loads(crm("show", "dpgw791x", "-o", "json").out)
    assert (shown["outcome"], shown["probability"], shown["probability_from"]) == ("open", 33, "manual")
    assert shown["stage_since"] == "2026-11-24T08:00:00Z"


def test_stage_and_loss_written_together_leave_nothing_to_do(crm: Crm) -> None:
    path = crm.file("teqcvdqh")
    path.write_text(path.read_text().replace("stage: new", "stage: negotiation\nlost: price", 1))
    crm("tick")
    assert crm("activity", "list", "id:teqcvdqh", "-o", "ids").out == ""
