"""Nothing that a stranger wrote steers a terminal, whatever format is asked for; names are one line."""

import pytest

from tests.harness.crm import Crm
from tests.harness.terminal import shell_at_terminal

DEAL, CONTACT = "sdsw7zdf", "fzpagc8n"
STEERS = "\x1b]0;pwned\x07\x1b[31m\u202e\x9b31m"
IN_YAML = r"\x1b]0;pwned\x07\x1b[31m\u202e\x9b31m"
FORBIDDEN = ("\x1b]", "\x1b[31", "\x07", "\u202e", "\x9b")
COMMANDS = (
    "crm list -o ids", "crm list -o jsonl", "crm list -o csv", "crm list -o tsv", "crm list -o yaml", "crm list -o md", "crm list",
    "crm list --template '{{ title }}'", f"crm show {DEAL}", f"crm show {DEAL} -o json", "crm contact list -o ids",
    f"crm contact show {CONTACT}", "crm due", "crm board", "crm outbox show planted",
    "crm outbox list", f"crm log {DEAL}", "crm check", "crm sql 'select title from opportunities'", "crm questionnaire render pag",
    f"crm email preview {DEAL} -t essai", "crm undo --list", f"crm why {DEAL}", "crm export vcf",
)  # fmt: skip


@pytest.fixture
def hostile(crm: Crm) -> Crm:
    """A workspace in which everything that a stranger can name steers terminals."""
    place = crm.file(DEAL)
    text = place.read_text("utf-8").replace("title: PAG Rika - Tubage du conduit", f'title: "a{IN_YAML}"')
    place.write_text(text.replace("summary: Relancer", f'summary: "b{IN_YAML}"\n    note: x #'), "utf-8")
    place = crm.file(CONTACT)
    place.write_text(
        place.read_text("utf-8").replace("name: Nolwenn KERLOC’H", f'name: "c{IN_YAML}"'), "utf-8"
    )
    other = crm.data / "opportunities" / "main.yaml"
    other.write_text(f'id: "d{IN_YAML}"\ntitle: "e{IN_YAML}"\n', "utf-8")
    mail = f"From: a@example.org\r\nTo: b@example.org\r\nSubject: {STEERS}\r\n\r\n{STEERS}\r\n"
    (crm.data / "outbox" / "planted.eml").write_bytes(mail.encode())
    (crm.root / "templates/email/essai.j2").write_text(
        "Subject: {{ title }}\n\n{{ contact.name }}\n", "utf-8"
    )
    return crm


def test_no_command_shows_raw_escapes_at_a_terminal(hostile: Crm) -> None:
    with shell_at_terminal(hostile) as shell:
        for command in COMMANDS:
            shown = shell.run(command)
            assert "Traceback" not in shown, command
            assert not [each for each in FORBIDDEN if each in shown], (command, shown)


def test_a_pipe_gets_the_data(hostile: Crm) -> None:
    assert STEERS in hostile("list", "-o", "csv").out


BREAKS = ["\n", "\r\n", "\r", "\u2028", "\u0085"]


@pytest.mark.parametrize("line_break", BREAKS, ids=["LF", "CRLF", "CR", "LS", "NEL"])
def test_a_name_with_a_line_break_is_refused(crm: Crm, line_break: str) -> None:
    before = crm.records()
    name = f"Jean{line_break}Dupont"
    for words in (
        ["contact", "create", name], ["contact", "set", CONTACT, f"name={name}"], ["create", f"Titre{line_break}deux"],
        ["set", DEAL, f"title=Titre{line_break}deux"], ["create", "Titre", "--contact", f"{name} <j@example.org>"],
    ):  # fmt: skip
        ended = crm.refused(*words, code=2 if words[0] != "contact" and "--contact" not in words else 5)
        assert "one line" in ended
    assert crm.records() == before


def test_a_card_with_a_name_of_two_lines_comes_in_on_one(crm: Crm) -> None:
    rows = 'name,email\n"Jean\nDupont",jean@dupont.example\n'
    (crm.root / "rows.csv").write_text(rows, "utf-8")
    crm("contact", "import", "rows.csv")
    assert "name: Jean Dupont" in crm.file(
        crm("contact", "show", "jean@dupont.example", "-o", "ids").out.strip()
    ).read_text("utf-8")
