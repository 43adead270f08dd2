"""Sponsors named or corrected after the win, rewards granted by hand, and what was paid."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness.crm import Crm

DUE = "jb9cp4xc"  # won; two rewards are due to Bernard LEROY
PAID = "szqg1arp"  # won; Jeanne MARTIN was paid
BERNARD, JEANNE, LOIC = "p80mq5sv", "z5f8q6tn", "cb8sk0qr"


def rewards(crm: Crm, id: str = DUE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(crm("show", id, "-o", "json").out)["rewards"]
    return found


def by_receiver(crm: Crm, id: str = DUE) -> list[tuple[str, str]]:
    return sorted((each["to"], each["state"]) for each in rewards(crm, id))


CORRECTED = sorted([(BERNARD, "void"), (BERNARD, "void"), (JEANNE, "due"), (JEANNE, "due")])


def by_set(crm: Crm) -> None:
    crm("set", DUE, "referred_by=Jeanne MARTIN")


def by_edit(crm: Crm) -> None:
    editor = crm.root.parent / "editor.py"
    editor.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        f"file.write_text(file.read_text().replace('by: {BERNARD}', 'by: {JEANNE}'))\n"
    )
    ended = crm.run("edit", DUE, EDITOR=f"{sys.executable} {editor}", VISUAL="")
    assert ended.code == 0, ended.err


def in_file(crm: Crm) -> Path:
    file = crm.file(DUE)
    file.write_text(file.read_text().replace(f"  by: {BERNARD}\n", f"  by: {JEANNE}\n"))
    return file


def by_hand_and_tick(crm: Crm) -> None:
    in_file(crm)
    crm("tick")


def by_hand_and_another_command(crm: Crm) -> None:
    in_file(crm)
    crm("note", DUE, "-m", "Parrain corrigé")


@pytest.mark.parametrize("correct", [by_set, by_edit, by_hand_and_tick, by_hand_and_another_command])
def test_the_reward_follows_the_sponsor_through_every_door(crm: Crm, correct: Any) -> None:
    correct(crm)
    assert by_receiver(crm) == CORRECTED
    before = crm.file(DUE).read_bytes()
    crm("tick")
    assert crm.file(DUE).read_bytes() == before


def test_the_correction_is_one_change_that_says_it_and_is_undone(crm: Crm) -> None:
    before = rewards(crm)
    out = crm("set", DUE, "referred_by=Jeanne MARTIN").out
    assert "referral.by Bernard LEROY → Jeanne MARTIN" in out
    assert "to Bernard LEROY: void" in out
    assert "to Jeanne MARTIN: due" in out
    crm("undo")
    assert rewards(crm) == before


def test_correcting_back_makes_the_first_reward_due_again(crm: Crm) -> None:
    crm("set", DUE, "referred_by=Jeanne MARTIN")
    crm("set", DUE, "referred_by=Bernard LEROY")
    assert by_receiver(crm) == sorted(
        [(BERNARD, "due"), (BERNARD, "due"), (JEANNE, "void"), (JEANNE, "void")]
    )


def test_a_sponsor_named_after_the_win_is_rewarded_and_one_removed_is_not(crm: Crm) -> None:
    crm("set", DUE, "referred_by=", "link=")
    assert {each["state"] for each in rewards(crm)} == {"void"}
    crm("set", DUE, "referred_by=Jeanne MARTIN", "link=client")
    assert by_receiver(crm) == CORRECTED


def link_by_set(crm: Crm) -> None:
    crm("set", DUE, "link=neighbour")


def link_in_the_file(crm: Crm) -> None:
    file = crm.file(DUE)
    file.write_text(file.read_text().replace(f"  by: {BERNARD}\n  link: client\n", f"  by: {BERNARD}\n  link: neighbour\n"))  # fmt: skip
    crm("tick")


@pytest.mark.parametrize("change", [link_by_set, link_in_the_file])
def test_another_link_has_its_own_reward(crm: Crm, change: Any) -> None:
    change(crm)
    stands = [(each["rule"], each["state"]) for each in rewards(crm)]
    assert ("referral.client.voucher", "void") in stands
    assert ("referral.neighbour.voucher", "due") in stands


def test_what_was_paid_stays_and_is_flagged(crm: Crm) -> None:
    ended = crm.run("set", PAID, "referred_by=Loïc LE BIHAN")
    assert "was paid to Jeanne MARTIN, who is not the sponsor, and stays" in ended.err
    assert by_receiver(crm, PAID) == sorted([(JEANNE, "paid"), (LOIC, "due")])
    shown = crm("show", PAID).out.replace("\xa0", " ")
    assert "paid: 100,00 € to Jeanne MARTIN" in shown
    assert "! paid, and the sponsor is another" in shown
    assert "due: 100,00 € to Loïc LE BIHAN" in shown


def test_the_page_names_who_gets_a_reward_whoever_they_are(crm: Crm) -> None:
    crm("set", DUE, "referred_by=Jeanne MARTIN")
    page = crm("show", DUE).out.replace("\xa0", " ").partition("Rewards\n")[2].partition("\n\n")[0]
    assert "void: 100,00 € to Bernard LEROY" in page
    assert BERNARD not in page


def test_a_sponsor_corrected_while_the_deal_was_open_again_gets_the_reward(crm: Crm) -> None:
    crm("reopen", DUE)
    crm("set", DUE, "referred_by=Jeanne MARTIN")
    assert {each["state"] for each in rewards(crm)} == {"void"}
    crm("win", DUE)
    assert by_receiver(crm) == CORRECTED


def test_the_reward_of_an_earlier_sponsor_is_not_paid(crm: Crm) -> None:
    [id] = [each["id"] for each in rewards(crm) if each.get("amount")]
    in_file(crm)
    assert "Bernard LEROY is not the sponsor" in crm.refused("reward", "pay", id, code=5)


def test_a_reward_is_granted_by_hand(crm: Crm) -> None:
    crm("reward", "grant", DUE, "--amount", "50 €", "--to", "Jeanne MARTIN")
    [made] = [each for each in rewards(crm) if each["to"] == JEANNE]
    assert (made["amount"], made["state"], made.get("rule")) == (50, "due", None)
    crm("reward", "grant", DUE, "--kind", "Une bouteille")
    assert rewards(crm)[-1]["to"] == BERNARD
    again = ("reward", "grant", DUE, "--kind", "Une bouteille")
    assert "Bernard LEROY has reward" in crm.refused(*again, code=5)
    crm(*again, "--force")
    ended = crm.run("set", DUE, "referred_by=Loïc LE BIHAN")
    assert ended.err.count("was granted by hand and stays due") == 2


def test_without_amount_the_rules_say_what_the_sponsor_gets(crm: Crm) -> None:
    assert "rules grant nothing more" in crm.refused("reward", "grant", DUE, code=5)
    crm("set", DUE, "referred_by=", "link=")
    file = crm.file(DUE)
    file.write_text(file.read_text().replace("owner: marie\n", f"owner: marie\nreferral:\n  by: {JEANNE}\n  link: client\n"))  # fmt: skip
    crm("reward", "grant", DUE)
    assert by_receiver(crm) == CORRECTED


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (("xgcej9p8", "--amount", "50"), 5, "is not won"),
        ((DUE, "--amount", "0"), 2, "not a valid reward"),
        ((DUE, "--amount", "50", "--to", "Personne"), 3, "Personne"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(crm: Crm, given: tuple[str, ...], code: int, told: str) -> None:  # fmt: skip
    assert told in crm.refused("reward", "grant", *given, code=code)


def test_a_copy_has_no_sponsor(crm: Crm) -> None:
    [made] = json.loads(crm("create", "Un autre", "--like", DUE, "-o", "json").out)
    copy = json.loads(crm("show", made["id"], "-o", "json").out)
    assert (copy["tags"], copy.get("referral"), copy.get("rewards")) == (made["tags"], None, None)


def test_a_record_with_a_paid_reward_is_not_deleted_by_mistake(crm: Crm) -> None:
    told = crm.refused("delete", PAID, "--yes", code=5)
    assert "reward nq05hdrx of 100.00 was paid" in told
    assert crm.file(PAID).exists()
    crm("delete", PAID, "--yes", "--force")
    assert PAID not in crm("list", "is:any", "-o", "ids").out


def test_the_history_says_what_was_granted_and_that_it_was_paid(crm: Crm) -> None:
    crm("reward", "grant", DUE, "--amount", "50", "--now", "2026-12-01 10:00")
    assert "rewards changed: reward 50,00\u00a0€  (marie)" in crm("show", DUE).out
    crm("reward", "pay", rewards(crm)[-1]["id"], "--now", "2026-12-02 10:00")
    assert crm("show", DUE).out.rstrip().splitlines()[-1].endswith("rewards changed  (marie)")


RULE = """\
  - id: proud
    on: referral-won
    tag: [ambassadeur]
    reward: {kind: Un ramonage, to: contact}
    activity: {type: call, summary: "Remercier pour {{ referred.title }}", due: 2d}
"""


class Referral:
    """A deal that Bernard LEROY referred, and the own records of the sponsors."""

    def __init__(self, crm: Crm) -> None:
        config = crm.root / "pipeline_data" / "crm.yaml"
        text = config.read_text()
        assert "\nrules:\n" in text
        config.write_text(text.replace("\nrules:\n", f"\nrules:\n{RULE}", 1))
        self.crm = crm
        for name in ("Bernard LEROY", "Jeanne MARTIN"):
            crm("create", f"Poêle de {name}", "--contact", name)
        self.id = crm("create", "Un voisin", "--contact", "Loïc LE BIHAN", "-o", "ids").out.strip()
        crm("set", self.id, "referred_by=Bernard LEROY", "link=neighbour")
        crm("win", self.id, "--force")

    def given(self, contact: str) -> tuple[list[str], bool, list[str]]:
        """Return the states of the reward and of the call of a sponsor, and whether they have the tag."""
        asked = ("list", f"contact:{contact}", "is:any", "-o", "jsonl", "--fields", "rewards,activities,tags")
        found = [json.loads(line) for line in self.crm(*asked).out.splitlines()]
        return (
            [
                each["state"]
                for deal in found
                for each in deal["rewards"] or ()
                if each.get("rule") == "proud"
            ],
            any("ambassadeur" in (deal["tags"] or ()) for deal in found),
            [
                each["state"]
                for deal in found
                for each in deal["activities"] or ()
                if each["summary"] == "Remercier pour Un voisin"
            ],
        )

    def own_reward(self, contact: str) -> str:
        listed = self.crm("reward", "list", f"contact:{contact}", "-o", "jsonl").out.splitlines()
        [id] = [each["id"] for each in map(json.loads, listed) if each["rule"] == "proud"]
        return str(id)


GIVEN, TAKEN_BACK = (["due"], True, ["planned"]), (["void"], False, ["cancelled"])


@pytest.fixture
def referral(crm: Crm) -> Referral:
    return Referral(crm)


def test_what_the_own_record_got_goes_to_another_sponsor_and_comes_back(referral: Referral) -> None:
    assert referral.given(BERNARD) == GIVEN
    out = referral.crm("set", referral.id, "referred_by=Jeanne MARTIN").out
    assert "Un ramonage, to Bernard LEROY: void" in out
    assert (referral.given(BERNARD), referral.given(JEANNE)) == (TAKEN_BACK, GIVEN)
    referral.crm("set", referral.id, "referred_by=Bernard LEROY")
    assert (referral.given(BERNARD), referral.given(JEANNE)) == (GIVEN, TAKEN_BACK)


def test_reopening_takes_it_back_and_winning_again_gives_it_again(referral: Referral) -> None:
    referral.crm("reopen", referral.id)
    assert referral.given(BERNARD) == TAKEN_BACK
    referral.crm("win", referral.id, "--force")
    assert referral.given(BERNARD) == GIVEN


def test_what_the_own_record_was_paid_stays_and_is_named(referral: Referral) -> None:
    id = referral.own_reward(BERNARD)
    referral.crm("reward", "pay", id)
    told = referral.crm.run("set", referral.id, "referred_by=").err
    assert f"{referral.id} is not a referral any more, but reward {id} (Un ramonage) was paid" in told
    assert referral.given(BERNARD) == (["paid"], False, ["cancelled"])


def test_one_undo_brings_back_what_both_records_had(referral: Referral) -> None:
    referral.crm("set", referral.id, "referred_by=Jeanne MARTIN")
    referral.crm("undo")
    assert (referral.given(BERNARD), referral.given(JEANNE)) == (GIVEN, ([], False, []))
