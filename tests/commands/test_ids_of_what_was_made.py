"""`-o ids` prints what a command made or changed, so that the next one can take it."""

import json

from tests.harness.crm import Crm

DEAL, PERSON = "xgcej9p8", "f8dz9xw4"


def test_an_activity_that_was_just_planned_can_be_done(crm: Crm) -> None:
    made = crm("activity", "add", DEAL, "--type", "call", "--summary", "Rappeler", "-o", "ids").out.split()
    [row] = [each for each in json.loads(crm("activity", "list", "-o", "json").out) if each["id"] in made]
    assert (row["summary"], row["opportunity"]) == ("Rappeler", DEAL)
    assert crm("activity", "edit", *made, "--due", "9d", "-o", "ids").out.split() == made
    assert crm("done", *made, "-o", "ids").out.split() == made
    several = crm("activity", "add", "stage:quoted", "--type", "call", "--yes", "-o", "ids").out.split()
    assert len(several) == len(crm("list", "stage:quoted", "-o", "ids").out.split())
    crm("activity", "cancel", *several)


def test_an_activity_that_a_rule_plans_is_not_what_the_command_made(crm: Crm) -> None:
    assert crm("move", DEAL, "--to", "negotiation", "-o", "ids").out == f"{DEAL}\n"
    made = crm("plan", "start", "jb9cp4xc", "--plan", "pose", "--on", "2027-01-25", "-o", "ids").out.split()
    planned = json.loads(crm("show", "jb9cp4xc", "-o", "json").out)["activities"]
    assert set(made) == {each["id"] for each in planned if each.get("plan")}


def test_mails_rewards_notes_and_files_have_ids_too(crm: Crm) -> None:
    def part(kind: str, id: str) -> dict[str, str]:
        found = json.loads(crm("show", DEAL, "-o", "json").out)[kind]
        return next(each for each in found if each.get("id") == id)

    [mail] = crm("email", "queue", DEAL, "--template", "relance", "-o", "ids").out.split()
    assert crm("outbox", "drop", mail, "-o", "ids").out.split() == [mail]
    [mail] = crm("email", "write", DEAL, "--subject", "Visite", "-m", "À mardi", "-o", "ids").out.split()
    assert part("messages", mail)["subject"] == "Visite"
    [note] = crm("note", DEAL, "-m", "Rappeler après 18 h", "-o", "ids").out.split()
    assert part("history", note)["text"] == "Rappeler après 18 h"
    [file] = crm("attach", DEAL, "questionnaires/pag.yaml", "-o", "ids").out.split()
    assert part("files", file)["name"] == "pag.yaml"
    [note] = crm("contact", "note", PERSON, "-m", "Chien", "-o", "ids").out.split()
    assert note != PERSON
    asked = ["reward", "grant", "jb9cp4xc", "--amount", "50", "--to", PERSON, "-o", "ids"]
    [reward] = crm(*asked).out.split()
    assert crm("reward", "pay", reward, "-o", "ids").out.split() == [reward]
