"""What commits say: business events in the workspace's language, and nothing that a person may want erased."""

from pathlib import Path

import pytest

from tests.harness.git_workspace import GitWorkspace, a_person

SECRET = "Digicode-1234"


@pytest.fixture
def firm(tmp_path: Path) -> GitWorkspace:
    """A workspace in French that commits."""
    firm = GitWorkspace(tmp_path / "new", a_person(tmp_path / "home"))
    firm.root.mkdir()
    firm("init", "--template", "stoves", "--git", str(firm.root))
    return firm


def test_the_subject_is_what_happened_and_the_body_what_followed(firm: GitWorkspace) -> None:
    id = firm.create("Poêle Rika", "--contact", "Anne DUPONT", "--revenue", "8000")
    subject, *rest = firm.message().splitlines()
    assert subject == f"Poêle Rika ({id}): opportunité créée dans Nouveau"
    assert any(line.startswith("Anne DUPONT (") for line in rest)
    firm("move", id, "--to", "contacted")
    assert firm.message().splitlines() == [
        f"Poêle Rika ({id}): Nouveau → Contact établi",
        "",
        "Appel : prévue (2026-11-26)",
        "règle contacted.first-call",
        "",
        "Crm-User: marie",
        f"Crm-Command: crm move {id} --to contacted",
        "",
    ]
    firm("lose", id, "--reason", "price")
    assert firm.message().splitlines()[0].startswith(f"Poêle Rika ({id}): perdue (")
    firm("reopen", id)
    assert firm.message().splitlines()[0].startswith(f"Poêle Rika ({id}): ")


def test_many_records_are_counted_with_what_they_have_in_common(firm: GitWorkspace) -> None:
    ids = [firm.create(f"Poêle {number}") for number in range(3)]
    firm("tag", *ids, "--add", "salon")
    subject, _, *body = firm.message().splitlines()
    assert subject == "3 opportunités: étiquettes +salon"
    assert len([line for line in body if line.startswith("Poêle ")]) == 3


def test_a_long_title_gives_way_and_the_id_stays(firm: GitWorkspace) -> None:
    id = firm.create("Remplacement du poêle à bois ancien par un poêle à granulés étanche Rika Domo")
    firm("move", id, "--to", "contacted")
    subject = firm.message().splitlines()[0]
    assert len(subject) <= 72
    assert subject.endswith(f"… ({id}): Nouveau → Contact établi")


@pytest.mark.parametrize(
    "words",
    [
        ["note", "{id}", "-m", SECRET],
        ["set", "{id}", f"description={SECRET}"],
        ["set", "{id}", f"model={SECRET}"],
        ["activity", "add", "{id}", "--type", "call", "--summary", SECRET],
        ["contact", "set", "{contact}", f"description={SECRET}"],
        ["contact", "set", "{contact}", "phones+=0612345678"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_no_text_of_a_person_is_in_a_message(firm: GitWorkspace, words: list[str]) -> None:
    id = firm.create("Poêle", "--contact", "Anne DUPONT")
    contact = firm("contact", "list", "-o", "ids").ids[0]
    before = firm.number_of_commits
    firm.run(*[word.format(id=id, contact=contact) for word in words])
    assert firm.number_of_commits == before + 1
    assert SECRET not in firm.message()
    assert "612345678" not in firm.message()


def test_a_mail_is_told_without_its_text(firm: GitWorkspace) -> None:
    mail = f"From: Anne <a@example.org>\nTo: x@y.fr\nSubject: Devis\nMessage-ID: <a@b>\n\n{SECRET}\n"
    firm("ingest", stdin=mail.encode())
    assert "e-mail reçu" in firm.message()
    assert SECRET not in firm.message()


def test_an_erasure_names_nobody(firm: GitWorkspace) -> None:
    firm.create("Poêle", "--contact", "Anne DUPONT")
    contact = firm("contact", "list", "-o", "ids").ids[0]
    firm("contact", "erase", contact, "--yes")
    assert firm.message().startswith("données personnelles effacées\n")
    assert "DUPONT" not in firm.message().upper()
    assert firm.status == ""


def test_a_title_with_terminal_codes_is_escaped(firm: GitWorkspace) -> None:
    id = firm.create("Poêle")
    firm.edit(id, "title: Poêle", 'title: "Po\\e[31mêle\\nCrm-User: paul"')
    firm("tag", id, "--add", "salon")
    assert "\x1b" not in firm.message()
    assert firm.git("log", "-1", "--format=%(trailers:key=Crm-User,valueonly)").split() == ["marie"]
