"""Any command line ends with a documented code and a short message, and leaves a workspace that passes `check`."""

import re
import shutil
from pathlib import Path
from random import Random

from crmcli.cli.command_table import COMMANDS
from crmcli.cli.completion.parameter_lookup import Parameter
from crmcli.cli.completion.parameters import parameters_of
from crmcli.domain.values.errors import Exit
from tests.fuzz.fuzzing import try_inputs
from tests.fuzz.mutations import choose_word
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm

FOREVER = {"serve"}  # a command that ends when it is told to
OFFERED = {
    "record": ("sdsw7zdf", "xgcej9p8", "enk3gr0s"),
    "contact": ("f8dz9xw4", "fzpagc8n", "Pierre RICHARD"),
    "stage": ("new", "contacted", "quoted", "won"),
    "user": ("marie", "paul", "me"),
    "format": ("table", "json", "jsonl", "csv", "tsv", "yaml", "md", "ids"),
    "questionnaire": ("pag", "pab"),
    "template": ("relance", "accuse-reception"),
    "file": ("rows.csv", "mail.eml", "questionnaires/pag.yaml", "."),
}
USUAL = (
    "sdsw7zdf", "xgcej9p8", "f8dz9xw4", "e3aew9rq", "stage:contacted", "is:any", "owner:me", "title=x", "revenue=1", "fields.brand=Rika", "2026-12-31", "7d", "1",
    "100", "call", "rows.csv", "mail.eml", "pag", "pose", "relance", "contact", "x", "title", "HEAD", "-",
)  # fmt: skip
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")
KEPT = (
    ["create", "x", "--close", "foo", "--errors", "json"],
    ["questionnaire", "answer", "xgcej9p8", "surface=3", "--errors", "json"],
    ["win", "xgcej9p8", "-C", "9" * 5000],
)


def a_command_line(draw: Random) -> list[str]:
    """A command of the table with some of its parameters."""
    name = draw.choice([each for each in COMMANDS if each not in FOREVER])
    parameters = parameters_of(name)
    words = name.split()
    for parameter in parameters:
        if not parameter.names:
            words += [a_value(draw, parameter) for _ in range(draw.choice((0, 1, 1, 1, 2)))]
    options = [each for each in parameters if each.names]
    for parameter in draw.sample(options, min(len(options), draw.choice((0, 1, 1, 2, 4)))):
        words.append(draw.choice(parameter.names))
        words += [a_value(draw, parameter)] if parameter.takes_value else []
    if draw.random() < 0.1:
        words.insert(draw.randint(0, len(words)), choose_word(draw))
    if "--yes" in {each for parameter in parameters for each in parameter.names} and draw.random() < 0.5:
        words.append("--yes")
    return [word.replace("\0", "") for word in words]


def a_value(draw: Random, parameter: Parameter) -> str:
    """A value of a parameter, often one that is offered for it."""
    offer = parameter.offer
    offered = (*offer.words, *OFFERED.get(offer.name.rstrip("s"), ())) if offer else ()
    choices = [offered or USUAL, USUAL]
    return choose_word(draw) if draw.random() < 0.35 else draw.choice(draw.choice(choices))


def prepare(crm: Crm) -> Crm:
    """Give a workspace files to name, and an editor that changes nothing."""
    (crm.root / "rows.csv").write_text("name,email\nAnne,anne@example.org\n", "utf-8")
    (crm.root / "mail.eml").write_bytes(b"From: Anne <anne@example.org>\nSubject: Devis\n\nBonjour\n")
    crm.environment |= {"EDITOR": "true", "VISUAL": "true", "CRM_STATE_DIR": str(crm.root.parent / "state")}
    return crm


def test_any_command_line_ends_well(sample: Path, tmp_path: Path) -> None:
    crm = prepare(copy_workspace(sample, tmp_path / "stoves"))
    before = crm.records()

    def run(words: list[str]) -> None:
        ended = crm.run(*words, stdin=b"sdsw7zdf\n")
        assert ended.code in {*Exit} - {Exit.INTERRUPTED}, ended
        assert "Traceback" not in ended.err, ended.err
        assert not CONTROLS.search(ended.err), ended.err
        assert max(map(len, ended.err.splitlines()), default=0) < 4000, ended.err
        if ended.code in (Exit.USAGE, Exit.NOT_FOUND, Exit.AMBIGUOUS, Exit.TRY_AGAIN):
            assert ended.err, "it is told why"
        if crm.records() != before:
            checked = crm.run("check")
            shutil.rmtree(crm.root)
            prepare(copy_workspace(sample, crm.root))
            assert (checked.code, checked.out) == (0, ""), checked

    try_inputs(a_command_line, run, KEPT)
