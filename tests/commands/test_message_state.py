"""The state of a message is what is known of it, the same in pages, JSON, lists and SQL, and in the schema."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.harness.crm import Crm
from tests.harness.sending import DEAL, WAITING

FOLDERS = {
    "outbox": ("queued", "queued"),
    "sent": ("sent", "sent"),
    "held": ("held", "held back"),
    "sending": ("uncertain", "perhaps sent"),
    "failed": ("failed", "not sent"),
    "withdrawn": ("withdrawn", "withdrawn, not sent"),
    "": ("unknown", "not in the outbox any more"),
}


def states(crm: Crm) -> dict[str, str]:
    """The state of the waiting mail, as each command tells it."""

    def of(document: dict[str, Any]) -> str:
        return next(str(each["state"]) for each in document["messages"] if each["id"] == WAITING)

    listed = [json.loads(line) for line in crm("list", "is:any", "-o", "jsonl").out.splitlines()]
    query = f"SELECT state FROM messages WHERE id = '{WAITING}'"
    return {
        "show": of(json.loads(crm("show", DEAL, "-o", "json").out)),
        "list -o json": of(
            next(each for each in json.loads(crm("list", "is:any", "-o", "json").out) if each["id"] == DEAL)
        ),
        "list -o jsonl": of(next(each for each in listed if each["id"] == DEAL)),
        "sql": json.loads(crm("sql", query, "-o", "json").out)[0]["state"],
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_mail_that_another_program_moved_is_where_it_lies(crm: Crm, folder: str) -> None:
    assert set(states(crm).values()) == {"queued"}
    path = crm.data / "outbox" / f"{WAITING}.eml"
    if folder:
        (crm.data / folder).mkdir(exist_ok=True)
        path.rename(crm.data / folder / path.name)
    else:
        path.unlink()
    state, words = FOLDERS[folder]
    assert states(crm) == dict.fromkeys(states(crm), state)
    [line] = [each for each in crm("show", DEAL).out.splitlines() if WAITING in each and "→" in each]
    assert words in line


def test_a_copy_of_a_mail_that_a_colleague_sent_is_sent(crm: Crm) -> None:
    mail = (
        f"From: marie@atre-granules.example\nTo: pierre.richard@example.org\nSubject: x [{DEAL}]\n\nBonjour\n"
    )
    crm("ingest", stdin=mail.encode())
    last = json.loads(crm("show", DEAL, "-o", "json").out)["messages"][-1]
    assert (last["direction"], last["state"]) == ("out", "sent")


def test_a_mail_that_is_being_queued_is_queued_in_previews_and_for_hooks(crm: Crm) -> None:
    [told] = json.loads(crm("email", "queue", DEAL, "-t", "relance", "--dry-run", "-o", "json").out)
    assert told["messages"][-1]["state"] == "queued"


def test_the_schema_of_an_opportunity_has_the_states(crm: Crm) -> None:
    schema = json.loads(crm("schema", "crm.opportunity/1").out)
    known = schema["properties"]["messages"]["items"]["properties"]["state"]["enum"]
    assert set(known) == {state for state, _ in FOLDERS.values()} | {"received"}
    validator = Draft202012Validator(schema)
    for each in json.loads(crm("list", "is:any", "-o", "json").out):
        validator.validate(each)
    in_file = json.loads(crm("schema", "opportunity").out)["$defs"]["Message"]
    assert '"withdrawn"' in json.dumps(in_file)
    assert '"state"' not in json.dumps(in_file)
