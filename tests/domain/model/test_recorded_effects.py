"""What came of an event is recorded kind by kind, and told in the same words wherever a person reads it."""

import pytest
from msgspec.structs import fields, replace

from crmcli.domain.explain.change_summary import Wording, list_history_lines
from crmcli.domain.explain.why import ReasonNames, explain_record
from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Direction,
    Entry,
    HistoryEvent,
    Message,
    Opportunity,
    ProgramOutcome,
    ProgramRun,
    Reassignment,
    RecordedEffect,
    Referral,
    Reward,
)
from crmcli.domain.model.recorded_effects import OUTCOMES, UNCERTAIN, WORDS, describe_effect, describe_effects
from crmcli.domain.privacy.person_patterns import patterns_for
from crmcli.domain.privacy.redaction import redact_part
from crmcli.domain.records import transitions
from crmcli.domain.records.doubled_ids import with_ids_of_its_own
from crmcli.domain.values.ids import derive_id
from crmcli.domain.values.values import Plain
from tests.harness.builders import a_config, at, created, facts

DEAL, TANGUY = "k7f3q9mx", "t4n9k2pq"
KINDS = {
    "activity c9d2e7fa": RecordedEffect(activity="c9d2e7fa"),
    "activity c9d2e7fa to marie": RecordedEffect(reassign=Reassignment(activity="c9d2e7fa", to="marie")),
    "mail p80mq5sv": RecordedEffect(mail="p80mq5sv"),
    "notified marie": RecordedEffect(notify="marie"),
    "tag pag": RecordedEffect(tag="pag"),
    "untag pag": RecordedEffect(untag="pag"),
    "set owner": RecordedEffect(set="owner"),
    "assign paul": RecordedEffect(assign="paul"),
    "reward t22qk2k4": RecordedEffect(reward="t22qk2k4"),
    "run uncertain": RecordedEffect(run=UNCERTAIN),
    "no change (no sponsor to reward)": RecordedEffect(nothing="no sponsor to reward"),
    "waits for an e-mail address of the contact": RecordedEffect(waits="an e-mail address of the contact"),
    "forced: missing contact": RecordedEffect(forced="missing contact"),
    "crm win k7f3q9mx": RecordedEffect(command="crm win k7f3q9mx"),
}
RUNS = {
    "uncertain": UNCERTAIN,
    "ended 3": ProgramRun(outcome=ProgramOutcome.ENDED, code=3),
    "ended -9": ProgramRun(outcome=ProgramOutcome.ENDED, signal=9),
    "stopped after 2 s": ProgramRun(outcome=ProgramOutcome.STOPPED, seconds=2),
    "could not be started: No such file": ProgramRun(
        outcome=ProgramOutcome.NOT_STARTED, reason="No such file"
    ),
    "not trusted, not run": ProgramRun(outcome=ProgramOutcome.NOT_TRUSTED),
    "not started inside another program": ProgramRun(outcome=ProgramOutcome.INSIDE_PROGRAM),
    "postponed": ProgramRun(outcome="postponed"),
}


@pytest.mark.parametrize("words", KINDS)
def test_each_kind_has_its_words(words: str) -> None:
    assert describe_effect(KINDS[words]) == words


@pytest.mark.parametrize("words", RUNS)
def test_each_end_of_a_program_has_its_words(words: str) -> None:
    assert describe_effect(RecordedEffect(run=RUNS[words])) == f"run {words}"


def test_every_kind_and_outcome_is_in_these_tests() -> None:
    kinds = {spec.name for spec in fields(RecordedEffect)} - {"extra"}
    assert {name for effect in KINDS.values() for name in kinds if getattr(effect, name)} == kinds
    assert WORDS.keys() <= kinds
    assert {*OUTCOMES, ProgramOutcome.UNCERTAIN} == {*ProgramOutcome}
    assert {*ProgramOutcome} < {run.outcome for run in RUNS.values()}


def test_what_this_version_does_not_know_is_told_too() -> None:
    effect = RecordedEffect(tag="pag", extra={"sms": "+33612345678", "call": {"to": ["marie", Plain("7")]}})
    assert describe_effect(effect) == "tag pag, sms +33612345678, call to marie, 7"
    assert describe_effects(()) == "no change needed"


PEOPLE = """
timezone: Europe/Paris
users:
  - {id: marie, email: marie@example.org, manager: paul}
  - {id: paul, email: paul@example.org}
  - {id: anne}
activity_types: [{id: call, summary: Appeler}]
plans: [{id: pose, lines: [{type: call}, {type: call, due: 1d}]}]
stages:
  - {id: new}
"""


def fire(rule: str) -> Opportunity:
    """A deal after a move that fires one rule."""
    config = a_config(f"{PEOPLE}  - {{id: contacted, on_enter: [{{id: x, {rule}}}]}}\n")
    about = created(config, tags=("chaud",), referral=Referral(by=TANGUY))
    contact = Contact(id="h7m2k9pd", name="Anne", emails=("anne@example.org",))
    return transitions.move_deal(replace(about, contact=contact), "contacted", at()).after


def made(what: str) -> str:
    """The id of what the rule makes."""
    return derive_id(DEAL, "contacted.x", "1", what)


@pytest.mark.parametrize(
    ("rule", "did"),
    [
        ("activity: {type: call}", [RecordedEffect(activity=made("activity"))]),
        ("plan: pose", [RecordedEffect(activity=made("line 1")), RecordedEffect(activity=made("line 2"))]),
        ("email: bonjour", [RecordedEffect(mail=made("email"))]),
        ("notify: {to: manager, template: alerte}", [RecordedEffect(notify="paul")]),
        ("notify: {to: anne, template: alerte}", [RecordedEffect(nothing="anne has no e-mail address")]),
        ("untag: [chaud, froid], tag: [pag]", [RecordedEffect(untag="chaud"), RecordedEffect(tag="pag")]),
        ("set: {team: nord, budget: '100'}", [RecordedEffect(set="team"), RecordedEffect(set="budget")]),
        ("assign: manager", [RecordedEffect(assign="paul")]),
        ("reward: {amount: 50}", [RecordedEffect(reward=derive_id(DEAL, "contacted.x", "1", "reward"))]),
        ("run: sh tell.sh", [RecordedEffect(run=UNCERTAIN)]),
        ("tag: [pag], run: sh tell.sh", [RecordedEffect(tag="pag"), RecordedEffect(run=UNCERTAIN)]),
        ("tag: [chaud]", []),
        (
            "activity: {type: call, due: {from: expected_close, offset: 1d}}",
            [RecordedEffect(nothing=f"{DEAL} has no expected_close")],
        ),
    ],
)
def test_a_rule_that_fires_records_exactly_what_it_did(rule: str, did: list[RecordedEffect]) -> None:
    firing = fire(rule).history[-1]
    assert (firing.event, firing.rule, firing.did) == (HistoryEvent.RULE, "contacted.x", tuple(did))


def test_a_program_that_is_about_to_run_is_told_as_one() -> None:
    fired = fire("tag: [pag], run: sh tell.sh").history[-1]
    assert [*list_history_lines(fired, Wording(), {})] == ["rule contacted.x: tag pag, a program"]


def firing(*did: RecordedEffect, occurrence: str = "1") -> Entry:
    return Entry(at=at().at, event=HistoryEvent.RULE, rule="x", occurrence=occurrence, did=did, by="marie")


def test_why_calls_what_rules_made_by_name_and_does_not_count_it_as_a_persons() -> None:
    about = facts(
        stage="new",
        tags=("pag", "rika"),
        activities=(Activity(id="c9d2e7fa", summary="Appeler", rule="x"),),
        messages=(
            Message(id="p80mq5sv", direction=Direction.OUT, subject="Bonjour"),
            Message(id="gck7aq4m", direction=Direction.OUT, subject="Relance"),
        ),
        history=(
            firing(*(KINDS[words] for words in ("activity c9d2e7fa", "mail p80mq5sv", "tag pag"))),
            firing(occurrence="2"),
        ),
    )
    said = [each.what for each in explain_record(about, at(), ReasonNames.for_scripts(about))]
    assert said[2:] == [
        "activity c9d2e7fa « Appeler », mail p80mq5sv « Bonjour », tag pag",
        "no change needed",
        "mail gck7aq4m",
        "tag rika",
    ]


def test_two_clones_that_fire_a_rule_keep_what_the_earlier_one_did() -> None:
    config = a_config()
    base = created(config).opportunity
    mine = transitions.move_deal(facts(config).about(base), "contacted", at("2026-11-24T10:00")).after
    theirs = transitions.move_deal(facts(config).about(base), "contacted", at("2026-11-24T11:00")).after
    for ours, others in ((mine, theirs), (theirs, mine)):
        merged, conflicts = merge_versions(base, ours, others)
        assert conflicts == ()
        assert merged.activities == mine.activities
        [fired] = [each for each in merged.history if each.event is HistoryEvent.RULE]
        assert fired == mine.history[-1]
        assert fired.did == (RecordedEffect(activity=mine.activities[0].id),)


def test_the_history_of_a_copy_has_the_ids_of_the_copy() -> None:
    copied = with_ids_of_its_own(
        Opportunity(
            id=DEAL,
            title="Poêle",
            activities=(Activity(id="c9d2e7fa"),),
            messages=(Message(id="p80mq5sv"),),
            rewards=(Reward(id="t22qk2k4"),),
            history=(
                firing(*KINDS.values(), RecordedEffect(nothing="activity c9d2e7fa is still planned")),
                firing(RecordedEffect(extra={"sms": ["p80mq5sv"]})),
            ),
        ),
        iter(["n1", "n2", "n3", "n4"]).__next__,
    )
    told_of = [describe_effect(each) for line in copied.history for each in line.did]
    assert told_of == [
        *(
            "activity n2",
            "activity n2 to marie",
            "mail n3",
            "notified marie",
            "tag pag",
            "untag pag",
            "set owner",
        ),
        *("assign paul", "reward n4", "run uncertain", "no change (no sponsor to reward)"),
        *(
            "waits for an e-mail address of the contact",
            "forced: missing contact",
            "crm win n1",
            "no change (activity n2 is still planned)",
            "sms n3",
        ),
    ]


def test_a_persons_name_is_erased_from_every_kind() -> None:
    person = Contact(id="f8dz9xw4", name="Élodie LE GALL")
    patterns = patterns_for(person, person, "FR", "fr").own
    line = firing(
        RecordedEffect(tag="le-gall"),
        RecordedEffect(command="crm contact show 'Élodie LE GALL'"),
        RecordedEffect(run=ProgramRun(outcome=ProgramOutcome.NOT_STARTED, reason="legall: Élodie LE GALL")),
        RecordedEffect(reassign=Reassignment(activity="c9d2e7fa", to="élodie")),  # a user, one of us
        RecordedEffect(extra={"sms": {"Élodie": [Plain("7"), "Gall"]}}),
    )
    cleaned = redact_part(line, patterns)
    assert [describe_effect(each) for each in cleaned.did][2:] == [
        "run could not be started: legall: [effacé]",
        "activity c9d2e7fa to élodie",
        "sms [effacé] 7, [effacé]",
    ]
