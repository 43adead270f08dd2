"""Completion: what a line can go on with, and real shells that put it in."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from tests.harness.crm import Crm
from tests.harness.standby import start_standby

RICHARD = "xgcej9p8"


def words(crm: Crm, *line: str) -> list[str]:
    """The words that a line can go on with."""
    return [each.partition("\t")[0] for each in crm("__complete", "fish", *line).out.splitlines()]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("crm mo", ["move"]),
        (
            "crm contact ",
            [
                "create",
                "list",
                "show",
                "set",
                "delete",
                "edit",
                "new-opportunity",
                "duplicates",
                "import",
                "sync",
                "export",
                "erase",
                "merge",
                "note",
                "opportunities",
            ],
        ),
        ("crm list stag", ["stage:", "stage-since:"]),
        ("crm list stage:q", ["stage:quoted"]),
        ("crm list not:stage:new,q", ["not:stage:new,quoted"]),
        ("crm list owner:m", ["owner:marie", "owner:me"]),
        ("crm list is:ov", ["is:overdue"]),
        ("crm list sort:-rev", ["sort:-revenue"]),
        ("crm list assignee:m", ["assignee:marie", "assignee:me"]),
        ("crm list campaign:no", ["campaign:none"]),
        ("crm list city:Po", ["city:Pontivy"]),
        ("crm list company:Const", ["company:Constructions Carré"]),
        ("crm list questionnaire:p", ["questionnaire:pab", "questionnaire:pag"]),
        ("crm list answer.surf", ["answer.surface:"]),
        (f"crm questionnaire answer {RICHARD} surf", ["surface="]),
        (f"crm questionnaire answer {RICHARD} isolation=m", ["isolation=moyenne"]),
        (
            f"crm questionnaire answer {RICHARD} conduit_existant=",
            ["conduit_existant=yes", "conduit_existant=no"],
        ),
        (
            "crm report sources --by ",
            ["stage", "owner", "team", "source", "medium", "campaign", "tag", "month", "week"],
        ),
        ("crm reward list --state ", ["due", "paid", "void"]),
        ("crm questionnaire render pa", ["pab", "pag"]),
        ("crm questionnaire render pag -o ", ["text", "md", "html"]),
        ("crm questionnaire answer xgcej9p8 --questionnaire fo", ["foyer"]),
        ("crm list due:..eo", ["due:..eom", "due:..eoy"]),
        ("crm list due:today..to", ["due:today..today", "due:today..tomorrow"]),
        ("crm list revenue.g", ["revenue.gt:", "revenue.ge:"]),
        ("crm list not:stage-since.be", ["not:stage-since.before:"]),
        ("crm list --output=j", ["--output=json", "--output=jsonl"]),
        (f"crm move {RICHARD} --to=nego", ["--to=negotiation"]),
        ("crm create x --field brand=Rik", ["brand=Rika"]),
        (f"crm set {RICHARD} fields.brand=Rik", ["fields.brand=Rika"]),
        (f"crm win {RICHARD} --to ", []),
        ("crm activity reassign b88tfths --to ", ["marie", "paul", "sophie", "owner"]),
        ("crm activity snooze b88", ["b88tfths"]),
        ("crm activity cancel b88", ["b88tfths"]),
        ("crm activity edit b88", ["b88tfths"]),
        ("crm show @gr", ["@gros"]),
        ("crm list sort:-expected_r", ["sort:-expected_revenue"]),
        ("crm list @mi", ["@mine"]),
        ("crm list +ch", ["+chaud"]),
        ("crm list field.br", ["field.brand:"]),
        ("crm list field.brand:Ri", ["field.brand:Rika"]),
        (f"crm tag {RICHARD} --remove ", ["pag", "rika"]),
        ("crm show xgce", [RICHARD]),
        (f"crm set {RICHARD} own", ["owner=", "owner:"]),
        (f"crm set {RICHARD} owner=pa", ["owner=paul"]),
        ("crm lose xgcej9p8 --reason pri", ["price"]),
        (f"crm email queue {RICHARD} -t rel", ["relance-devis", "relance"]),
        ("crm list -o j", ["json", "jsonl"]),
        ("crm ingest --format ", ["mail", "form"]),
        ("crm ingest --format form --form ", ["contact"]),
        ("crm ingest --form=c", ["--form=contact"]),
        ("crm serve --form ", ["contact"]),
        ("crm form html c", ["contact"]),
        ("crm form html contact ", []),
        ("crm due --da", ["--days"]),
        ("crm help exit", ["exit-codes"]),
        ("crm contact show f8", ["f8dz9xw4"]),
        ("crm create x --contact pierre.r", ["pierre.richard@example.org"]),
        ("crm done pat3", ["pat31e4a"]),
        ("crm frobnicate ", []),
        ("crm show ../", []),
    ],
)
def test_a_line_goes_on_with_these(shared: Crm, line: str, wanted: list[str]) -> None:
    assert words(shared, *line.split(" ")) == wanted


def test_only_the_stages_that_a_record_may_enter_are_offered(shared: Crm) -> None:
    assert words(shared, "crm", "move", RICHARD, "--to", "") == [
        "new",
        "contacted",
        "visit",
        "negotiation",
        "won",
    ]
    assert "quoted" not in words(
        shared, "crm", "move", "kkvsm4kq", "--to", ""
    )  # it lacks what quoted requires


def test_tags_come_by_how_often_they_are_used(shared: Crm) -> None:
    counts = shared(
        "sql", "select tags from opportunities where tags is not null", "-o", "tsv", "--no-headers"
    ).out.split()
    used = {tag: counts.count(tag) for tag in counts}
    offered = [used[tag] for tag in words(shared, "crm", "tag", RICHARD, "--add", "") if tag in used]
    assert offered == sorted(offered, reverse=True)
    assert len(offered) == len(used)


def test_bash_is_given_no_word_that_it_would_run(crm: Crm) -> None:
    path = crm.file("f8dz9xw4")
    path.write_text(path.read_text().replace("pierre.richard@", "pierre$(reboot)@"))
    crm("contact", "list")  # which reads the file that was edited where it stands
    assert words(crm, "crm", "create", "x", "--contact", "pierre") == [
        "pierre$(reboot)@example.org"
    ]  # it quotes
    assert crm("__complete", "bash", "crm create x --contact pierre").out == ""


def test_a_lost_record_may_enter_no_stage(crm: Crm) -> None:
    crm("lose", RICHARD)
    assert words(crm, "crm", "move", RICHARD, "--to", "") == []
    assert "contacted" in words(crm, "crm", "reopen", RICHARD, "--to", "")


def test_the_parameters_that_completion_reads_are_those_of_the_parser() -> None:
    from typer import Context

    from crmcli.cli import app
    from crmcli.cli.command_table import COMMANDS
    from crmcli.cli.completion.parameters import parameters_of

    for name in COMMANDS:
        command = app.build_program()
        for word in name.split():
            command = command.get_command(Context(command), word)  # type: ignore[attr-defined]
        built = {
            each: not getattr(param, "is_flag", True)
            for param in command.params
            for each in (*param.opts, *param.secondary_opts)
            if each.startswith("-")
        }
        read = {each: one.takes_value for one in reversed(parameters_of(name)) for each in one.names}
        assert read == built, name


def test_the_table_that_completion_reads_is_up_to_date() -> None:
    from crmcli.cli.completion import parameter_table, parameters

    written = Path(parameter_table.__file__).read_text("utf-8")
    assert written == parameters.write_table(), "make docs writes it anew"


def test_every_offer_of_a_parameter_can_be_found_out() -> None:
    from crmcli.cli.command_table import COMMANDS
    from crmcli.cli.completion.finders import FINDERS
    from crmcli.cli.completion.parameters import parameters_of

    offered = {each.offer for name in COMMANDS for each in parameters_of(name) if each.offer}
    assert {offer.name for offer in offered if not offer.words} == FINDERS.keys()


def test_nothing_is_said_outside_a_workspace(crm: Crm) -> None:
    crm.environment["CRM_WORKSPACE"] = "/nowhere"
    assert crm("__complete", "bash", "crm show x").err == ""


@contextmanager
def shell(crm: Crm, name: str) -> Iterator[pexpect.spawn]:
    """A real shell at a terminal, with completion on, in the workspace."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed and could not be")
    environment = {
        **crm.environment,
        "PATH": f"{start_standby()}:/usr/bin:/bin",
        "TERM": "dumb",
        "PS1": "% ",
        "INPUTRC": "/dev/null",
    }
    child = pexpect.spawn(
        name, OPTIONS[name], env=environment, cwd=str(crm.root), encoding="utf-8", timeout=20
    )
    child.setwinsize(40, 140)
    child.sendline(f'{START[name]}; echo rea""dy')
    child.expect("ready")
    yield child
    child.close(force=True)


def run(child: pexpect.spawn, typed: str, marker: Path) -> str:
    """What a line becomes: it is completed, then its words are written down instead of run."""
    child.send(typed + "\t")
    child.expect(r".+", timeout=20)
    child.send(f" > {marker}\r")
    for _ in range(200):
        if marker.exists() and marker.read_text():
            return marker.read_text()
        child.expect([r".+", pexpect.TIMEOUT], timeout=0.05)
    raise AssertionError(child.before)


LINES = [
    ("crm list stage:nego", "Négociation"),
    ("crm show xgce", "PAG Rika"),
    ("crm help exit-c", "75  try again"),
]


BEHIND_EQUALS = [
    ("crm list --output=csv stage:nego", "Négociation"),
    (f"crm next {RICHARD} --output=cs", "Négociation"),
]
OPTIONS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
START = {
    "bash": 'eval "$(crm completion bash)"; bind "set enable-bracketed-paste off"',
    "zsh": 'autoload -Uz compinit && compinit -D -u; unsetopt zle_bracketed_paste; eval "$(crm completion zsh)"',
    "fish": "crm completion fish | source",
}


@pytest.mark.parametrize(
    ("name", "lines"),
    [("bash", LINES), ("zsh", LINES + BEHIND_EQUALS), ("fish", LINES + BEHIND_EQUALS)],
    ids=["bash", "zsh", "fish"],
)
def test_a_shell_completes(crm: Crm, tmp_path: Path, name: str, lines: list[tuple[str, str]]) -> None:
    with shell(crm, name) as child:
        for number, (typed, printed) in enumerate(lines):
            assert printed in run(child, typed, tmp_path / str(number)), typed


PUT_IN = [
    ("crm list @gro", "crm list @gros "),
    ("crm create x --contact pierre.richard@exa", "crm create x --contact pierre.richard@example.org "),
    ("crm list stage:nego", "crm list stage:negotiation "),
    ('crm list "stage:nego', 'crm list "stage:negotiation" '),
    ("crm list 'stage:nego", "crm list 'stage:negotiation' "),
    ("crm list stage\\:nego", "crm list stage:negotiation "),
    ("crm list not:stage:new,nego", "crm list not:stage:new,negotiation "),
    ("crm list contact:Pierre", "crm list contact:Pierre\\ RICHARD "),
    ('crm list "contact:Pierre R', 'crm list "contact:Pierre RICHARD" '),
    ("crm list field.installation:Rempl", "crm list field.installation:Remplacement\\ d\\'appareil "),
    (f"crm move {RICHARD} --to=nego", f"crm move {RICHARD} --to=negotiation "),
    ("crm list due:..eoy", "crm list due:..eoy "),
]


@pytest.mark.parametrize(
    "breaks", ["${COMP_WORDBREAKS}", "${COMP_WORDBREAKS//:}", "${COMP_WORDBREAKS//[:=@]}"]
)
def test_bash_puts_in_what_belongs_there(crm: Crm, breaks: str) -> None:
    with shell(crm, "bash") as child:
        child.sendline(f'COMP_WORDBREAKS="{breaks}"')
        child.sendline('bind -x \'"\\C-g": "echo; echo LINE[$READLINE_LINE]"\'; echo rea""dy')
        child.expect("\nready")
        for typed, wanted in PUT_IN:
            child.send(f"\x15{typed}\t\x07")
            child.expect(r"LINE\[([^\r\n]*)\]")
            assert child.match[1] == wanted


def test_bash_lists_records_with_their_titles(crm: Crm) -> None:
    with shell(crm, "bash") as child:
        child.send("crm show x\t\t")
        child.expect(re.escape("(PAG Rika - Raccordement sur conduit existant)"))
