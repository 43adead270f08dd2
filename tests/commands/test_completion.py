"""Completion: what a line can go on with, and real shells that put it in."""

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from tests.conftest import Crm

RICHARD = "xgcej9p8"


def words(crm: Crm, *line: str) -> list[str]:
    """The words that a line can go on with."""
    return [each.partition("\t")[0] for each in crm("__complete", "fish", *line).out.splitlines()]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("crm mo", ["move"]),
        ("crm contact ", ["create", "list", "show", "set", "opportunities"]),
        ("crm list stag", ["stage:", "stage-since:"]),
        ("crm list stage:q", ["stage:quoted"]),
        ("crm list not:stage:new,q", ["not:stage:new,quoted"]),
        ("crm list owner:m", ["owner:marie", "owner:me"]),
        ("crm list is:ov", ["is:overdue"]),
        ("crm list sort:-rev", []),
        ("crm list sort:-expected_r", ["sort:-expected_revenue"]),
        ("crm list @m", ["@mine"]),
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
        ("crm due --da", ["--days"]),
        ("crm help exit", ["exit-codes"]),
        ("crm contact show f8", ["f8dz9xw4"]),
        ("crm create x --contact pierre.r", ["pierre.richard@example.org"]),
        ("crm done pat3", ["pat31e4a"]),
        ("crm frobnicate ", []),
        ("crm show ../", []),
    ],
)
def test_a_line_goes_on_with_these(crm: Crm, line: str, wanted: list[str]) -> None:
    assert words(crm, *line.split(" ")) == wanted


def test_only_the_stages_that_a_record_may_enter_are_offered(crm: Crm) -> None:
    assert words(crm, "crm", "move", RICHARD, "--to", "") == [
        "new",
        "contacted",
        "visit",
        "negotiation",
        "won",
    ]
    assert "quoted" not in words(crm, "crm", "move", "kkvsm4kq", "--to", "")  # it lacks what quoted requires


def test_tags_come_by_how_often_they_are_used(crm: Crm) -> None:
    counts = crm(
        "sql", "select value, count(*) from tag group by 1", "-o", "tsv", "--no-headers"
    ).out.splitlines()
    used = {line.split("\t")[0]: int(line.split("\t")[1]) for line in counts}
    offered = [used[tag] for tag in words(crm, "crm", "tag", RICHARD, "--add", "") if tag in used]
    assert offered == sorted(offered, reverse=True)
    assert len(offered) == len(used)


def test_bash_is_given_no_word_that_it_would_run(crm: Crm) -> None:
    path = crm.file("f8dz9xw4")
    path.write_text(path.read_text().replace("pierre.richard@", "pierre$(reboot)@"))
    assert words(crm, "crm", "create", "x", "--contact", "pierre") == [
        "pierre$(reboot)@example.org"
    ]  # it quotes
    assert crm("__complete", "bash", "crm create x --contact pierre").out == ""


def test_nothing_is_said_outside_a_workspace(crm: Crm) -> None:
    crm.environment["CRM_WORKSPACE"] = "/nowhere"
    assert crm("__complete", "bash", "crm show x").err == ""


@contextmanager
def shell(crm: Crm, name: str, *options: str) -> Iterator[pexpect.spawn]:
    """A real shell at a terminal, with completion on, in the workspace."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed and could not be")
    folder = crm.root.parent / "bin"
    folder.mkdir()
    (folder / "crm").write_text(f'#!/bin/sh\nexec {sys.executable} -m crmcli "$@"\n')
    (folder / "crm").chmod(0o755)
    environment = {
        **crm.environment,
        "PATH": f"{folder}:/usr/bin:/bin",
        "TERM": "dumb",
        "PS1": "% ",
        "INPUTRC": "/dev/null",
    }
    child = pexpect.spawn(
        name, list(options), env=environment, cwd=str(crm.root), encoding="utf-8", timeout=20
    )
    child.setwinsize(40, 140)
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


@pytest.mark.parametrize(("typed", "printed"), LINES)
def test_bash_completes(crm: Crm, tmp_path: Path, typed: str, printed: str) -> None:
    with shell(crm, "bash", "--norc", "--noprofile", "-i") as child:
        child.sendline('eval "$(crm completion bash)"; bind "set enable-bracketed-paste off"; echo rea""dy')
        child.expect("ready")
        assert printed in run(child, typed, tmp_path / "out")


@pytest.mark.parametrize(("typed", "printed"), LINES)
def test_zsh_completes(crm: Crm, tmp_path: Path, typed: str, printed: str) -> None:
    with shell(crm, "zsh", "-f", "-i") as child:
        child.sendline(
            'autoload -Uz compinit && compinit -D -u; unsetopt zle_bracketed_paste; eval "$(crm completion zsh)"; echo rea""dy'
        )
        child.expect("ready")
        assert printed in run(child, typed, tmp_path / "out")


@pytest.mark.parametrize(("typed", "printed"), LINES)
def test_fish_completes(crm: Crm, tmp_path: Path, typed: str, printed: str) -> None:
    with shell(crm, "fish", "--no-config", "-i") as child:
        child.sendline('crm completion fish | source; echo rea""dy')
        child.expect("ready")
        assert printed in run(child, typed, tmp_path / "out")


def test_bash_lists_records_with_their_titles(crm: Crm) -> None:
    with shell(crm, "bash", "--norc", "--noprofile", "-i") as child:
        child.sendline('eval "$(crm completion bash)"; echo rea""dy')
        child.expect("ready")
        child.send("crm show x\t\t")
        child.expect(re.escape("(PAG Rika - Raccordement sur conduit existant)"))
