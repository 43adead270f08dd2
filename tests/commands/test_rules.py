"""`crm rules check` and `crm rules test`: what cannot work is told with its line, what should happen is played."""

import re

import pytest

from tests.harness.crm import Crm

BASE = """\
users: [{id: marie, email: marie@example.org}]
activity_types: [{id: call}]
lost_reasons: [{id: price}]
fields: [{name: brand, type: choice, choices: [Rika, MCZ]}]
mail: {from: crm@example.org}
stages:
  - id: new
    probability: 10
    on_enter:
      - RULE
  - {id: won, outcome: won}
rules: [GLOBAL]
"""


def checked(bare: Crm, rule: str = "{id: x, tag: y}", glob: str = "") -> str:
    text = BASE.replace("RULE", rule).replace("GLOBAL", glob)
    (bare.data / "crm.yaml").write_text(text)
    ended = bare.run("rules", "check")
    assert ended.code in (0, 5), ended.err
    return ended.out


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{id: x, when: \"fields.brand == 'Rikka'\", tag: y}", "never holds"),
        ("{id: x, when: priority > 3, tag: y}", "never holds"),
        ("{id: x, when: expected_revenue > 100 and expected_revenue < 50, tag: y}", "never holds"),
        ("{id: x, when: \"stage == 'won'\", tag: y}", "never holds"),
        ("{id: x, when: contct.email, tag: y}", "'contct' is undefined"),
        ("{id: x, when: 'priority >', tag: y}", "unexpected"),
        (
            "{id: x, activity: {type: call, summary: 'Appeler {{ contact.name }}'}}",
            "cannot be written for a deal with",
        ),
        ("{id: x, activity: {type: call, summary: 'Appeler {{ contact.nme }}'}}", "a record has no 'nme'"),
        ("{id: x, activity: {type: cal}}", "did you mean call?"),
        ("{id: x, activity: {type: call, due: soon}}", "not a time span"),
        ("{id: x, activity: {type: call, due: {from: closing, offset: 1d}}}", "unknown day 'closing'"),
        ("{id: x, activity: {type: call, every: never}}", "not a recurrence"),
        ("{id: x, plan: pose}", "unknown plan 'pose'"),
        ("{id: x, email: nope}", "unknown template 'nope'"),
        ("{id: x, reward: {}}", "is nothing"),
        ("{id: x, reassign: manager}", "on: overdue"),
        ("{id: x, in: 3d, tag: y}", "under `after`"),
        ("{id: x}", "does nothing"),
        ('{id: x, run: "sh \'a"}', "cannot be split"),
    ],
)
def test_what_cannot_work_is_told_with_its_line(bare: Crm, rule: str, told: str) -> None:
    out = checked(bare, rule)
    assert told in out
    assert re.search(r"crm.yaml:10:[1-9][0-9]*: stages\.0\.on_enter\.0", out)


@pytest.mark.parametrize(
    "rule",
    [
        "{id: x, when: \"fields.brand == 'Rika' and 'vip' in tags\", tag: y}",
        "{id: x, when: expected_revenue > 100 and contact.email, tag: y}",
        "{id: x, when: answers.surface > 100, tag: y}",
        "{id: x, when: not planned and today > expected_close, tag: y}",
        "{id: x, when: \"title|lower == 'poêle'\", tag: y}",
        "{id: x, when: owner.id == 'marie' or referral, tag: y}",
        "{id: x, when: contact.name, activity: {type: call, summary: 'Appeler {{ contact.name }}'}}",
    ],
)
def test_what_can_work_is_left_alone(bare: Crm, rule: str) -> None:
    assert checked(bare, rule) == ""


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{id: x, on: lost, when: \"lost == 'prix'\", tag: y}", "never holds"),
        ("{id: x, on: activity-done, when: \"activity.type == 'visit'\", tag: y}", "never holds"),
        ("{id: x, on: created, when: activity.type, tag: y}", "has no 'type'"),
        ("{id: x, tag: y}", "never fires"),
    ],
)
def test_a_global_rule_that_cannot_work_is_told(bare: Crm, rule: str, told: str) -> None:
    assert told in checked(bare, glob=rule)


def test_a_stage_that_nothing_leads_to_is_told(bare: Crm) -> None:
    text = (
        BASE.replace("RULE", "{id: x, tag: y}")
        .replace("rules: [GLOBAL]", "")
        .replace(
            "{id: won, outcome: won}",
            "{id: won, outcome: won, won_from: [deal]}\n  - {id: deal, won_from: [won]}",
        )
    )
    (bare.data / "crm.yaml").write_text(text)
    out = bare("rules", "check", code=5).out
    assert "no deal can reach won (nothing leads to deal)" in out


def test_the_sample_is_in_order_and_its_scenarios_hold(crm: Crm, bare: Crm) -> None:
    for each in (crm, bare):
        assert each("rules", "check").out == ""
        assert each("rules", "test").out.splitlines()[-1] == "12 of 12 scenarios passed"


def test_a_scenario_that_does_not_hold_says_what_came_instead(crm: Crm) -> None:
    (crm.root / "mine.yaml").write_text(
        "scenarios:\n"
        "  - name: Faux\n"
        "    record: {title: Poêle, owner: marie}\n"
        "    steps:\n"
        "      - {at: 2026-11-24, move: contacted, expect: {probability: 40, activities: [{type: visit}], mails: [x]}}\n"
        "      - {at: 2026-11-25, move: quoted, expect: {stage: quoted}}\n"
    )
    out = crm("rules", "test", "mine.yaml", code=1).out
    assert "FAILED  Faux" in out
    assert "step 1 (2026-11-24): probability: expected 40, is 30" in out
    assert "expected type visit" in out
    assert "mails: expected x, is none" in out
    assert "step 2 (2026-11-25): refused: k7f3q9mx « Poêle » cannot move to Devis envoyé" in out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scenarios: [{name: x, record: {title: y}, steps: [{at: now, move: new}]}]", "not an instant"),
        (
            "scenarios: [{name: x, record: {title: y}, steps: [{at: 2026-11-24, move: won, win: true}]}]",
            "one event",
        ),
        ("scenarios: [{name: x, record: {title: y}}]", "has no steps"),
    ],
)
def test_a_scenario_that_is_none_fails_with_a_reason(crm: Crm, text: str, told: str) -> None:
    (crm.root / "mine.yaml").write_text(text)
    assert told in crm("rules", "test", "mine.yaml", code=1).out


def test_an_unknown_key_of_a_scenario_is_told_with_its_line(crm: Crm) -> None:
    (crm.root / "mine.yaml").write_text("scenarios:\n  - name: x\n    record: {title: y}\n    stpes: []\n")
    assert "mine.yaml:4" in crm.refused("rules", "test", "mine.yaml", code=5)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{id: x, on: won, set: {priority: 9}}", "priority is 0 to 3"),
        ("{id: x, on: won, set: {fields.brand: Nope}}", "unknown brand 'Nope'"),
        ("{id: x, on: won, reward: {amount: 0}}", "is not a valid reward"),
        ("{id: x, on: won, tag: [a], untag: [a]}", "both added and removed"),
        ("{id: x, on: stale, tag: a}", "nothing is ever stale"),
        ("{id: x, on: overdue, reassign: manager}", "no user has one"),
        ("{id: new.x, on: won, tag: a}", "name of a stage's rule"),
        ("{id: x, on: won, activity: {type: call, due: {from: fields.brand}}}", "unknown day"),
    ],
)
def test_a_global_rule_that_would_go_wrong_is_told(bare: Crm, rule: str, told: str) -> None:
    assert told in checked(bare, glob=rule)


@pytest.mark.parametrize(
    "condition",
    ["title|length > 60", "today.weekday() == 2", "contact.name.startswith('SARL')", "expected_revenue / 12 > 500",
     "'a' in tags and 'b' in tags and 'c' not in tags", "planned|length == 0"],
)  # fmt: skip
def test_of_what_is_computed_nothing_is_claimed(bare: Crm, condition: str) -> None:
    assert checked(bare, f'{{id: x, when: "{condition}", tag: y}}') == ""


@pytest.mark.parametrize(
    ("file", "wrong"),
    [("due.txt.j2", "activities[0].nope"), ("due.html.j2", "nope"), ("digest.txt.j2", "all[0].nope"), ("digest.html.j2", "nope")],
)  # fmt: skip
def test_a_report_that_cannot_be_written_is_told(bare: Crm, file: str, wrong: str) -> None:
    path = bare.root / "templates" / "report" / file
    path.write_text(path.read_text() + f"{{{{ {wrong} }}}}\n")
    (bare.data / "crm.yaml").write_text(BASE.replace("RULE", "{id: x, tag: y}").replace("GLOBAL", ""))
    assert f"templates/report/{file}" in bare("rules", "check", code=5).out


def test_a_scenario_plays_plans_and_sponsors_as_commands_do(crm: Crm) -> None:
    (crm.root / "mine.yaml").write_text(
        "scenarios:\n"
        "  - name: Un parrain nommé après coup, une pose\n"
        "    record: {title: Poêle, owner: marie, stage: quoted}\n"
        "    steps:\n"
        "      - {at: 2026-11-24, win: true, expect: {rewards: []}}\n"
        "      - {at: 2026-11-25, set: {referred_by: z5f8q6tn, link: client}, expect: {rewards: [due]}}\n"
        "      - {at: 2026-11-25, set: {referred_by: p80mq5sv}, expect: {rewards: [void, due]}}\n"
        "      - {at: 2026-11-26, plan: pose 2026-11-27, expect: {refused: would lie in the past}}\n"
        "      - {at: 2026-11-26, plan: pose 2026-12-15}\n"
        "      - {at: 2026-11-26, plan: pose 2026-12-16, expect: {refused: runs already}}\n"
    )
    ended = crm.run("rules", "test", "mine.yaml")
    assert ended.out.splitlines()[-1] == "1 of 1 scenarios passed", ended.out


def test_a_scenario_may_bring_mail_and_a_friend(crm: Crm) -> None:
    (crm.root / "mine.yaml").write_text(
        "scenarios:\n"
        "  - name: Une demande\n"
        "    record: {title: Poêle, owner: marie, kind: lead}\n"
        "    steps:\n"
        "      - {at: 2026-11-24, ingested: Devis, expect: {activities: [{type: call}]}}\n"
        "      - {at: 2026-11-24, reassign: paul, expect: {activities: [{assignee: paul}]}}\n"
        "      - {at: 2026-11-25, referral_won: Insert}\n"
    )
    assert crm("rules", "test", "mine.yaml").out.splitlines()[-1] == "1 of 1 scenarios passed"
    (crm.root / "none.yaml").write_text("scenarios: []\n")
    assert "no scenarios found" in crm.refused("rules", "test", "none.yaml", code=2)


def test_a_missing_key_is_reported_at_the_item_that_lacks_it(crm: Crm) -> None:
    path = crm.data / "crm.yaml"
    text = path.read_text(encoding="utf-8")
    begin = text.index("      - id: first-call")
    end = text.index("\n", begin)
    path.write_text(text[:begin] + "      - tag: x" + text[end:], encoding="utf-8")
    line = text[:begin].count("\n") + 1
    told = f"pipeline_data/crm.yaml:{line}:9: stages.1.on_enter.0.id"
    assert crm.refused("list", code=5) == f"crm: {told} is missing\n"
    assert crm("config", "check", code=5).out == f"{told}: is missing\n"


def test_swapped_letters_are_understood(crm: Crm) -> None:
    assert "did you mean stage?" in crm.refused("list", "stgae:new", code=2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ contact.nmae }}", "a record has no 'nmae'"),
        ("{{ contact < 3 }}", "'<' not supported between a record and a number"),
        ("{{ contact[0] }}", "a record has no element 0"),
        ("{{ contact() }}", "a record cannot be called here"),
        ("{{ answers + 1 }}", "unsupported operand type(s) for +: a list of answers and a number"),
    ],
)
@pytest.mark.parametrize("place", ["summary", "when", "template"])
def test_an_error_in_a_template_names_no_class(crm: Crm, place: str, text: str, told: str) -> None:
    path = crm.data / "crm.yaml"
    if place == "template":
        unused = "Subject: Bonjour\n\n" + text + "\n"
        (crm.root / "templates" / "email" / "unused.j2").write_text(unused, encoding="utf-8")
        found = crm("check", code=5).out
        assert re.fullmatch(rf"templates/email/unused\.j2:3:(1|12): {re.escape(told)}\n", found)
        return
    rule = f'activity: {{type: call, summary: "{text}"}}' if place == "summary" else f'when: "{text[3:-3]}"'
    rule += "" if place == "summary" else "\n    tag: x"
    whole = path.read_text(encoding="utf-8")
    path.write_text(
        whole.replace("\nrules:\n", f"\nrules:\n  - id: bad\n    on: won\n    {rule}\n"), encoding="utf-8"
    )
    out = crm("rules", "check", code=5).out
    assert told in out
    assert "View" not in out
