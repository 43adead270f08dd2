"""After any sequence of commands git has nothing left to do, and one commit for each command that changed a file."""

import random

import pytest

from tests.harness.git_workspace import GitWorkspace


def choose_command(draw: random.Random, office: GitWorkspace) -> list[str]:
    """A command that may be given now; it may be refused, and it may change nothing."""
    deals = [path.stem.rpartition("--")[2] for path in office.data.glob("opportunities/**/*.yaml")]
    people = [path.stem.rpartition("--")[2] for path in office.data.glob("contacts/*.yaml")]
    deal, person = (draw.choice(each) if each else "a0000000" for each in (deals, people))
    number = str(draw.randrange(1000))
    return draw.choice(
        [
            ["create", f"Poêle {number}", "--contact", f"Anne {number}"],
            ["create", f"Été « {number} »", "--lead"],
            ["contact", "create", f"Jean {number}", "--email", f"j{number}@example.org"],
            ["contact", "set", person, f"job=Maçon {number}"],
            ["contact", "erase", person, "--yes"],
            ["move", deal, "--to", draw.choice(["new", "contacted", "visit", "won"])],
            ["tag", *deals[:2], "--add", draw.choice(["pag", "salon"])],
            ["note", deal, "-m", f"Rappeler {number}"],
            ["lose", deal],
            ["reopen", deal],
            ["delete", deal, "--yes"],
            ["undo"],
            ["tick"],
            ["attach", deal, str(office.data / "crm.yaml")],
            ["stage", "rename", "visit", "visit"],
        ]
    )


@pytest.mark.parametrize("seed", range(4))
def test_each_changing_command_is_one_commit(office: GitWorkspace, seed: int) -> None:
    draw = random.Random(seed)
    office.create("Poêle", "--contact", "Anne DUPONT <anne@example.org>")
    changed = 0
    for _ in range(20):
        words = choose_command(draw, office)
        before, commits = office.tree(), office.number_of_commits
        ended = office.run(*words)
        is_changed = office.tree() != before
        changed += is_changed
        assert "Traceback" not in ended.err
        assert office.number_of_commits - commits == is_changed, (words, ended)
        assert office.status == "", (words, ended)
    assert changed
