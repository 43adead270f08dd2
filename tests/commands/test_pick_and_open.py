"""Choosing rows at a terminal, and opening files: `crm pick`, `--pick`, `crm open`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import Command, crm_at_terminal

DEAL, PERSON = "xgcej9p8", "f8dz9xw4"
PROMPT = "(empty: none): "
needs_fzf = pytest.mark.skipif(not shutil.which("fzf"), reason="no fzf here")


@contextmanager
def without_fzf(crm: Crm, *words: str) -> Iterator[Command]:
    crm.environment["PATH"] = "/nowhere"
    with crm_at_terminal(crm, *words, width=100) as command:
        yield command


def test_a_row_is_chosen_by_its_number_after_words_that_narrow_the_list(crm: Crm) -> None:
    with without_fzf(crm, "pick") as command:
        command.expect_exact(PROMPT)
        assert "PAG MCZ" in str(command.before)
        command.sendline("99")
        command.expect_exact("There is no row 99.")
        command.expect_exact(PROMPT)
        command.sendline("zorglub")
        command.expect_exact("No row has zorglub.")
        command.expect_exact(PROMPT)
        assert "PAG MCZ" not in str(command.before)
        command.sendline("richard rika")
        command.expect_exact(PROMPT)
        [row] = [line for line in str(command.before).splitlines() if DEAL in line]
        assert "PAG MCZ" not in str(command.before)
        command.sendline(row.split()[0])
        assert command.wait() == 0
        assert str(command.before).split() == [DEAL]


def test_several_are_chosen_and_nothing_is_exit_1(crm: Crm) -> None:
    with without_fzf(crm, "due", "--pick") as command:
        command.expect_exact(PROMPT)
        command.sendline("1-2, 4")
        assert command.wait() == 0
        chosen = str(command.before).split()
    rows = crm("due", "-o", "ids").out.split()
    assert chosen == [rows[0], rows[1], rows[3]]
    with without_fzf(crm, "contact", "list", "--pick") as command:
        command.expect_exact(PROMPT)
        command.sendline("")
        assert (command.wait(), str(command.before).strip()) == (1, "")


def test_an_only_row_is_chosen_at_once_and_without_a_terminal_nobody_is_asked(crm: Crm) -> None:
    assert crm("pick", f"id:{DEAL}").out == f"{DEAL}\n"
    assert crm("contact", "list", "richard", "--pick", "-o", "csv").out.splitlines()[1].startswith(PERSON)
    assert crm("pick", "+nope", code=1).out == ""


@needs_fzf
def test_fzf_searches_in_whole_titles_and_chooses(crm: Crm) -> None:
    crm.environment["FZF_DEFAULT_OPTS"] = "--query='conduit existant richard' --exact --select-1"
    with crm_at_terminal(crm, "pick", width=100) as command:
        assert command.wait() == 0
        assert str(command.before).rstrip().endswith(DEAL)


def test_the_file_of_a_record_or_a_contact_is_found_and_opened(crm: Crm) -> None:
    assert crm("open", DEAL, "--print").out == f"{crm.file(DEAL)}\n"
    assert crm("open", PERSON, "--print").out.endswith(f"--{PERSON}.yaml\n")
    assert crm("open", DEAL, "--dir", "--print").out == f"{crm.file(DEAL).parent}\n"
    crm("open", DEAL, EDITOR="sed -i s/Rika/Contura/")
    assert "title: PAG Contura" in crm.file(DEAL).read_text("utf-8")
    before = crm.file(DEAL).read_text("utf-8")
    told = crm("open", DEAL, EDITOR="sed -i s/^stage:.*/stage:/", code=0)
    assert told.err == ""
    told = crm("open", DEAL, EDITOR="sed -i s/^owner:.*/owner:[/", code=5)
    assert os.path.basename(crm.file(DEAL)) in told.err
    crm.file(DEAL).write_text(before, "utf-8")
    crm("open", DEAL, EDITOR="false", code=5)
    crm("open", "zzzzzzzz", "--print", code=3)
