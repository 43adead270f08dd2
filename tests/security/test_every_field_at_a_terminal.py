"""Each command shows each field of each record, and each label of the configuration, without steering a terminal.

The commands come from the command table and the fields from the model, so what is new is tested, too.
"""

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from crmcli.cli.command_table import COMMANDS
from crmcli.cli.completion.parameters import parameters_of
from crmcli.cli.output.formats import FORMATS
from crmcli.domain.model.record_types import Contact, Kind, Opportunity
from crmcli.store import records
from tests.domain.model.test_fields import fill
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.terminal import crm_at_terminal

DEAL, LEAD, CONTACT, ACTIVITY, MAIL = "zzzzzzzz", "tttttttt", "yyyyyyyy", "xxxxxxxx", "wwwwwwww"
STEERS = "a\x1b]0;pwned\x07\x1b[31m\u202e\x9b31m\x08\x7f\u2066b"
IN_YAML = r"\x1b]0;pwned\x07\x1b[31m\u202e\x9b31m\x08\x7f\u2066b"
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FOREVER = {"serve"}
REFUSED = {
    "reopen", "done", "undo", "redo", "reward pay", "contact delete", "attachment save", "reply", "outbox send", "outbox check", "outbox retry", "cron check",
    "check", "config check", "rules check", "questionnaire check", "email check", "rules test", "doctor", "sync", "resolve", "merge-driver", "questionnaire fill",
}  # what cannot be done here, or finds faults, and says so  # fmt: skip
ANSWERS = "\n\x04\n\x04\x04"
ASKING = {"pick", "questionnaire fill"}
OFFERED = {
    "record": DEAL, "records": DEAL, "query": f"id:{DEAL}", "copied_record": DEAL, "record_or_contact": DEAL, "assignments": DEAL, "answers": DEAL,
    "contact": CONTACT, "contact_assignments": CONTACT, "activities": ACTIVITY, "message": MAIL, "waiting_mail": MAIL, "questionnaire": "pag",
    "printable": "pag", "form": "contact", "stage": "contacted", "custom_field": "brand", "plan": "pose", "template": "relance",
}  # fmt: skip
WORDS = {
    "set": f"{DEAL} title=x", "contact set": f"{CONTACT} job=x", "move": f"{DEAL} --to quoted --force", "tag": f"{DEAL} --add x", "note": f"{DEAL} -m x",
    "contact note": f"{CONTACT} -m x", "activity add": f"{DEAL} --type call", "activity edit": f"{ACTIVITY} --summary x", "activity snooze": f"{ACTIVITY} --by 1d",
    "activity reassign": f"{ACTIVITY} --to paul", "activity cancel": f"{ACTIVITY} --reason x", "plan start": f"{DEAL} --plan pose --on 2026-12-15",
    "plan move": f"{DEAL} --on 2026-12-15", "merge": f"{DEAL} sdsw7zdf", "contact merge": f"{CONTACT} f8dz9xw4", "questionnaire answer": f"{DEAL} surface=30",
    "reward grant": f"{DEAL} --to {CONTACT} --kind x --force", "contact import": "rows.csv", "contact export": f"{CONTACT} out", "email preview": f"{DEAL} -t relance",
    "email queue": f"{DEAL} -t relance", "email write": f"{DEAL} --subject x -m x", "sql": "SELECT", "attach": f"{DEAL} rows.csv",
    "inbox link": f"INBOX --to {DEAL}", "inbox show": "INBOX", "inbox accept": "INBOX", "inbox drop": "INBOX", "outbox show": "WAITING",
    "outbox drop": "WAITING", "outbox hold": "WAITING", "rules release": "forgotten", "reply": f"{MAIL} -m x", "ingest": "mail.eml", "check": "", "reward pay": DEAL,
    "questionnaire switch": f"{DEAL} pab", "stage rename": "contacted called", "field rename": "brand make", "type rename": "call phone", "help": "query", "qualify": LEAD,
    "create": "x", "contact create": "x", "contact new-opportunity": f"{CONTACT} x", "init": "new", "completion": "bash", "merge-driver": "a b c d",
    "import csv": "deals.csv", "import json": "deals.json", "import vcf": "rows.csv", "export csv": f"opportunities id:{DEAL}",
    "export json": f"opportunities id:{DEAL}", "export jsonl": f"opportunities id:{DEAL}", "calendar sync": "agenda", "contact sync": "carnet",
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """A workspace in which every text steers terminals: deals with all fields, a contact, mails, and the labels."""
    crm = copy_workspace(sample, tmp_path_factory.mktemp("hostile") / "stoves")
    crm.environment["EDITOR"] = "true"
    whole: Opportunity = fill(Opportunity, STEERS)
    [first, *_] = whole.activities
    usable = replace(
        whole, id=DEAL, kind=Kind.OPPORTUNITY, contact=CONTACT, stage="contacted", lost=None, owner="marie", closed=None,
        activities=(replace(first, id=ACTIVITY, type="call", assignee="marie", state="planned"),),
        messages=tuple(replace(each, id=MAIL, file=f"mail/2026/11/{MAIL}.eml") for each in whole.messages),
        project=replace(whole.project, questionnaire="pag") if whole.project else None,
    )  # fmt: skip
    lead = replace(usable, id=LEAD, kind=Kind.LEAD, activities=(), messages=(), rewards=())
    person: Contact = replace(fill(Contact, STEERS), id=CONTACT, emails=("anne@example.org",), owner="marie")
    for record, name in (
        (whole, "opportunities/2026/whole--vvvvvvvv"),
        (usable, f"opportunities/2026/deal--{DEAL}"),
        (lead, f"opportunities/2026/lead--{LEAD}"),
        (person, f"contacts/anne--{CONTACT}"),
    ):
        path = crm.data / f"{name}.yaml"
        path.write_bytes(records.write_canonical(record, path))
    config = crm.data / "crm.yaml"
    label = r'(?m)^([^#\n]*\blabel: )([^\[\],}"\n#{]+)'
    text = re.sub(label, lambda found: f'{found[1]}"{found[2].strip()}{IN_YAML}"', config.read_text("utf-8"))
    config.write_text(text, "utf-8")
    mail = f"From: {STEERS} <a@example.org>\nTo: b@example.org\nSubject: {STEERS}\nMessage-ID: <{STEERS}@x>\n\n{STEERS}\n"
    for folder in ("outbox", "sent", "failed", "quarantine", "mail/2026/11"):
        (crm.data / folder).mkdir(exist_ok=True)
        (crm.data / folder / f"{MAIL}.eml").write_bytes(mail.encode())
    (crm.root / "templates/email" / f"x{STEERS}.j2".replace("/", "")).write_text(
        f"Subject: {STEERS}\n\n{STEERS}\n", "utf-8"
    )
    (crm.data / "opportunities" / f"{STEERS}--uuuuuuuu.yaml").write_text(
        f'title: "{IN_YAML}"\nstage: "{IN_YAML}"\n', "utf-8"
    )
    (crm.root / "mail.eml").write_text(f"List-Id: x\n{mail}", "utf-8")
    crm("ingest", stdin=f"List-Id: x\n{mail}".encode())
    (crm.root / "deals.csv").write_text(f'title,"{STEERS}"\nInsert,x\n', "utf-8")
    (crm.root / "deals.json").write_text(json.dumps([{"title": "Insert", STEERS: "x"}]), "utf-8")
    for folder in ("agenda", "carnet"):
        (crm.root / folder).mkdir()
    (crm.root / "rows.csv").write_text(f"name,email\n{STEERS},x@example.org\n", "utf-8")
    return crm


def arguments_of(crm: Crm, command: str) -> list[str]:
    """Arguments with which a command shows the hostile records, and leaves them as they are."""
    parameters = parameters_of(command)
    offers = [each.offer.name if each.offer else "" for each in parameters if not each.names]
    words = WORDS[command] if command in WORDS else " ".join(OFFERED.get(offer, "") for offer in offers)
    dry = [each.names[0] for each in parameters if each.names[:1] == ("--dry-run",)]
    [inbox, *_] = crm("inbox", "list", "-o", "ids").ids
    named = {"INBOX": inbox, "WAITING": "e3aew9rq", "SELECT": "select * from opportunities"}
    return [named.get(word, word) for word in words.split()] + dry


def show(crm: Crm, words: list[str], answers: str = "") -> tuple[int, str]:
    """How a command ends at a terminal, and all that it shows there; what it asks is answered."""
    with crm_at_terminal(crm, *words) as command:
        command.send(answers)
        return command.wait(), str(command.before)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in FOREVER])
def test_a_command_shows_every_field_escaped(hostile: Crm, command: str) -> None:
    words = command.split() + arguments_of(hostile, command)
    for way in ([], ["-o", "json"], ["--errors", "json"]):
        code, shown = show(hostile, [*words, *way], ANSWERS if command in ASKING else "")
        assert "Traceback" not in shown, shown
        assert not CONTROLS.search(shown), (words, code, shown)
        assert code == 0 or way or command in REFUSED, (words, shown)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "words", ["list is:any", "contact list", "activity list", f"show {DEAL}", f"log {DEAL}", "due", "check"]
)
def test_a_format_shows_every_field_escaped(hostile: Crm, words: str, format: str) -> None:
    _, shown = show(hostile, [*words.split(), "-o", format])
    assert "Traceback" not in shown
    assert not CONTROLS.search(shown), shown
    assert "x1b" in shown.lower() or "u001b" in shown or format == "ids" or words == "check", (
        "the fields are shown"
    )
