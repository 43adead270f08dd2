"""A file that was renamed: what a list shows every command finds, and `check --fix` gives the name back."""

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import show_at_terminal

DEAL, CONTACT = "sdsw7zdf", "fzpagc8n"


def rename(crm: Crm, id: str, name: str) -> str:
    """The path of a record's file, which has another name now."""
    path = crm.file(id)
    path.rename(path.with_name(name))
    return str(path.with_name(name).relative_to(crm.root))


@pytest.mark.parametrize(
    "words",
    [
        ["show", DEAL], ["why", DEAL], ["next", DEAL], ["note", DEAL, "-m", "x"], ["tag", DEAL, "--add", "zz"],
        ["set", DEAL, "priority=1"], ["move", DEAL, "--to", "negotiation"], ["win", DEAL], ["lose", DEAL],
        ["activity", "add", DEAL, "--type", "call"], ["done", "b88tfths"], ["delete", DEAL, "--yes"],
        ["merge", DEAL, "p4rr1d0x", "--yes"], ["email", "preview", DEAL, "relance"],
        ["contact", "show", CONTACT], ["contact", "note", CONTACT, "-m", "x"],
        ["contact", "set", CONTACT, "job=Notaire"], ["contact", "opportunities", CONTACT],
        ["create", "T", "--contact", CONTACT], ["contact", "erase", CONTACT, "--yes"],
    ],
    ids=lambda words: " ".join(words[:2]),
)  # fmt: skip
def test_what_a_list_shows_every_command_finds(crm: Crm, words: list[str]) -> None:
    rename(crm, DEAL, "un.yaml")
    rename(crm, CONTACT, "deux.yaml")
    assert DEAL in crm("list", "-o", "ids").ids
    ended = crm.run(*words)
    assert ended.code in (0, 2) if words[0] == "email" else ended.code == 0, ended
    assert "no opportunity" not in ended.err


def test_four_letters_of_a_renamed_file_do_at_a_terminal(crm: Crm) -> None:
    rename(crm, DEAL, "un.yaml")
    assert f"({DEAL})" in show_at_terminal(crm, "show", DEAL[:4])


def test_the_name_is_given_back(crm: Crm) -> None:
    before = {crm.file(DEAL).name, crm.file(CONTACT).name}
    paths = [rename(crm, DEAL, "un.yaml"), rename(crm, CONTACT, "deux.yaml")]
    out = crm("check", code=5).out
    assert [line.split(":")[0] for line in out.splitlines()] == sorted(paths)
    crm("check", *(word for path in paths for word in ("--fix", path)))
    assert crm("check").out == ""
    assert {crm.file(DEAL).name, crm.file(CONTACT).name} == before
