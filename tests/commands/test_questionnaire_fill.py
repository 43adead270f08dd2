"""`crm questionnaire fill` at a real pseudo-terminal: asked, answered, left and taken up again."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.harness.crm import Crm
from tests.harness.terminal import INTERRUPT, Command, crm_at_terminal

DEAL = "xgcej9p8"


@contextmanager
def filling(crm: Crm, *options: str) -> Iterator[Command]:
    """The questions to a record, at a terminal."""
    with crm_at_terminal(crm, "questionnaire", "fill", DEAL, *options) as terminal:
        yield terminal


def answers(terminal: Command, *typed: tuple[str, str]) -> None:
    """Wait for each question and type what answers it."""
    for question, text in typed:
        terminal.expect_exact(question)
        terminal.expect_exact("> ")
        terminal.sendline(text)


def test_each_answer_is_saved_as_it_is_given_and_it_goes_on_where_it_was_left(crm: Crm) -> None:
    with filling(crm) as terminal:
        answers(
            terminal,
            ("Nature du projet *", "3"),
            ("Appareil à remplacer", ""),
            ("évacuer", ""),
            ("Usage prévu *", "chauffage PRINCIPAL"),
        )
        terminal.expect_exact("Chauffage actuel")
        text = crm.file(DEAL).read_text("utf-8")
        assert "motif: remplacement_granules" in text
        assert "depose: true" in text
        assert "usage: principal" in text
        terminal.expect_exact("> ")
        terminal.send(INTERRUPT)
        terminal.expect_exact("crm: stopped, 3 answers saved")
        assert terminal.wait() == 130
    with filling(crm) as terminal:
        answers(
            terminal,
            ("Appareil à remplacer", "Une vieille Godin"),
            ("Chauffage actuel", "1, 5"),
            ("Pilotage", "q"),
        )
        terminal.expect_exact("2 answers saved")
        terminal.expect_exact("still required: type_logement")
        assert terminal.wait() == 0
    text = crm.file(DEAL).read_text("utf-8")
    assert "ancien_appareil: Une vieille Godin" in text
    assert "chauffage_actuel:\n      - electrique\n      - bois\n" in text


def test_a_wrong_answer_is_told_at_once_and_back_help_and_nothing_work(crm: Crm) -> None:
    crm(
        "questionnaire",
        "answer",
        DEAL,
        "motif=construction",
        "usage=appoint",
        "chauffage_actuel=pac",
        "programmation=horaire",
    )
    crm("questionnaire", "answer", DEAL, "marque=rika", "modele=Domo", "date_souhaitee=2027-01-11")
    with filling(crm) as terminal:
        answers(terminal, ("Budget envisagé", "8.000"))
        answers(terminal, ("can be read in two ways (write 8000)", "?"), ("an amount", "8 000 €"))
        answers(terminal, ("Type de logement", "<"), ("Date de pose souhaitée", "<"), ("[8000.00]", "7500"))
        answers(
            terminal,
            ("Type de logement", ""),
            ("Situation du client", "-"),
            ("résidence principale", "peut-être"),
        )
        terminal.expect_exact("residence_principale is yes or no, not 'peut-être'")
        terminal.kill()
    text = crm.file(DEAL).read_text("utf-8")
    assert "    budget: 7500.00\n" in text
    assert "type_logement: maison" in text
    assert "statut" not in text


def test_a_rehearsal_asks_and_saves_nothing(crm: Crm) -> None:
    before = crm.file(DEAL).read_bytes()
    with filling(crm, "--dry-run", "--questionnaire", "pab") as terminal:
        answers(terminal, ("Nature du projet", "5"), ("Usage prévu", "q"))
        terminal.expect_exact("1 answer would be saved")
    assert crm.file(DEAL).read_bytes() == before


def test_a_number_that_is_a_choice_is_that_choice(crm: Crm) -> None:
    path = crm.root / "questionnaires" / "pag.yaml"
    path.write_text(
        "id: pag\nversion: 1\nlabel: Granulés\nsections:\n  - id: a\n    label: A\n    questions:\n"
        "      - {id: kw, label: Puissance, type: choice, choices: [{id: six, label: '6'},"
        " {id: neuf, label: '9'}, {id: trois, label: '3'}]}\n"
        "      - {id: nombre, label: Nombre, type: choice, choices: [{id: un, label: Un}, {id: deux, label: Deux}]}\n",
        encoding="utf-8",
    )
    with filling(crm, "--questionnaire", "pag") as terminal:
        terminal.expect_exact("a  6")
        terminal.expect_exact("c  3")
        terminal.expect_exact("> ")
        terminal.sendline("3")
        terminal.expect_exact("1  Un")
        terminal.expect_exact("> ")
        terminal.sendline("2")
        assert terminal.wait() == 0
    text = crm.file(DEAL).read_text("utf-8")
    assert "kw: trois" in text
    assert "nombre: deux" in text
    crm("questionnaire", "answer", DEAL, "kw=")
    with filling(crm, "--questionnaire", "pag") as terminal:
        answers(terminal, ("Puissance", "B"))
        assert terminal.wait() == 0
    assert "kw: neuf" in crm.file(DEAL).read_text("utf-8")


def test_the_only_questionnaire_is_taken_and_several_are_offered(crm: Crm) -> None:
    crm("create", "Sans questionnaire")
    id = crm("list", "title:Sans questionnaire", "-o", "ids").out.strip()
    with crm_at_terminal(crm, "questionnaire", "fill", id) as terminal:
        terminal.expect_exact("Which questionnaire? ")
        assert "pag  " in str(terminal.before)
        terminal.sendline("zzz")
        terminal.expect_exact("There is no questionnaire zzz.")
        terminal.sendline("pag")
        terminal.expect_exact("Nature du projet")
    crm("create", "Encore sans")
    other = crm("list", "title:Encore sans", "-o", "ids").out.strip()
    assert "no questionnaire is chosen" in crm.refused("questionnaire", "answer", other, "surface=95", code=5)
    for each in (crm.root / "questionnaires").glob("*.yaml"):
        if each.stem != "pag":
            each.unlink()
    crm("questionnaire", "answer", other, "surface=95")
    assert "questionnaire: pag" in crm.file(other).read_text("utf-8")
    crm("create", "Un troisième")
    third = crm("list", "title:Un troisième", "-o", "ids").out.strip()
    with crm_at_terminal(crm, "questionnaire", "fill", third) as terminal:
        terminal.expect_exact("Nature du projet")
