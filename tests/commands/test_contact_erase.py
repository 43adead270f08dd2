"""`contact export`, `contact erase`: what is kept about a person, handed over or gone for good."""

import json
import re
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmcli.store.transactions.journal import FileChange, Journal, JournalStore
from tests.harness.crm import Crm

WHO, DEAL = "f8dz9xw4", "xgcej9p8"
TRACES = re.compile(
    r"pierre[\s._-]*richard|richard[\s._-]*pierre|(?:\+33|0033|0)[\s().-]*(?:0[\s().-]*)?6[\s./-]*12[\s./-]*34[\s./-]*56[\s./-]*78|f8dz9xw4|18 rue des moulins|M\. Richard",
    re.IGNORECASE,
)


def told(root: Path) -> list[str]:
    """The files, and file names, in which the person still stands; git's own aside."""
    return [
        str(path.relative_to(root))
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and ".git" not in path.parts
        and (TRACES.search(path.name) or TRACES.search(path.read_bytes().decode("utf-8", "replace")))
    ]


def lived_in(crm: Crm) -> None:
    """Traces of the person all over the workspace."""
    crm("note", DEAL, "-m", "Appelé M. RICHARD au 06.12.34.56.78 ou +33 (0)6 12 34 56 78")
    crm("note", "z5966pa8", "-m", "Voisin de Pierre Richard (18 rue des Moulins), 0033612345678")
    crm("contact", "note", "p80mq5sv", "-m", "Beau-frère de M. Richard")
    crm("contact", "new-opportunity", WHO)
    crm("create", "Recommandé", "--contact", "Anne", "--referred-by", WHO, "--link", "client")
    quoted = b"From: =?utf-8?q?Pierre_RICHARD?= <pierre.richard@example.org>\nTo: devis@atre-granules.example\nSubject: Photos\n"
    quoted += (
        b"Content-Transfer-Encoding: quoted-printable\n\nPierre=20RICHARD, pierre.richard=\n@example.org\n"
    )
    crm("ingest", stdin=quoted)
    crm(
        "ingest",
        stdin=b"From: pierre.richard@example.org\nAuto-Submitted: auto-replied\nSubject: Absent\n\nx\n",
    )
    deal = crm.file("z5966pa8")
    deal.write_text(deal.read_text("utf-8") + "# demander à Pierre RICHARD\n", "utf-8")


def test_everything_about_a_person_is_handed_over(crm: Crm, tmp_path: Path) -> None:
    lived_in(crm)
    target = tmp_path / "dossier"
    shown = crm("contact", "export", WHO, str(target), "--dry-run").out
    assert not target.exists()
    crm("contact", "export", WHO, str(target))
    names = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert {line.strip() for line in shown.splitlines()[1:]} == names
    assert {name.partition("/")[0] for name in names} >= {
        "contacts",
        "opportunities",
        "mail",
        "outbox",
        "sent",
        "summary.md",
    }
    summary = (target / "summary.md").read_text("utf-8")
    assert "PAG Rika - Raccordement sur conduit existant" in summary
    assert "recommandés 1 fois" in summary
    assert "exists already" in crm.refused("contact", "export", WHO, str(target), code=2)
    for path in target.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_after_an_erase_nothing_tells_of_the_person_and_figures_stay(crm: Crm) -> None:
    lived_in(crm)
    before = crm("report", "pipeline", "-o", "csv").out
    assert "for good" in crm.refused("contact", "erase", WHO, code=2)
    shown = crm("contact", "erase", WHO, "--dry-run").out
    assert "deletes  pipeline_data/contacts/pierre-richard--f8dz9xw4.yaml" in shown
    assert told(crm.root)
    said = crm("contact", "erase", WHO, "--yes").out
    assert "git has none of these files" in said
    assert told(crm.root) == []
    assert not list(crm.data.glob("quarantine/*"))
    crm("list")  # builds the index anew
    assert told(crm.root) == []
    assert crm("check").out == ""
    assert crm("report", "pipeline", "-o", "csv").out == before
    assert crm.refused("contact", "show", WHO, code=3)
    deal = json.loads(crm("show", DEAL, "-o", "json").out)
    assert (deal["expected_revenue"], deal["stage"], deal["contact_name"]) == (8000, "quoted", "[effacé]")
    assert {each["id"] for each in deal["messages"]} >= {"gck7aq4m", "rp8gs4ck"}
    assert not any("text" in each or "from" in each for each in deal["messages"])
    referred = json.loads(crm("list", "text:Recommandé", "-o", "json").out)[0]
    assert referred["referral"]["by"] == deal["contact"]
    assert all(WHO not in each["command"] for each in json.loads(crm("undo", "--list", "-o", "json").out))


def test_what_git_still_holds_is_said_with_how_to_purge_it(crm: Crm) -> None:
    git = ["git", "-C", str(crm.root), "-c", "user.name=m", "-c", "user.email=m@x.example"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "tout"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    said = crm("contact", "erase", WHO, "--yes").out
    assert "git history still has these files, in 1 commit" in said
    assert (
        "git filter-repo --force --invert-paths --path pipeline_data/contacts/pierre-richard--f8dz9xw4.yaml"
        in said
    )


def test_one_whom_nothing_names_goes_without_a_placeholder(crm: Crm) -> None:
    id = crm("contact", "create", "Zoé QUÉRÉ", "--email", "zoe@quere.example", "-o", "ids").out.strip()
    crm("contact", "set", id, "phones+=06 99 88 77 66")
    made = json.loads(crm("contact", "erase", id, "--yes", "-o", "json").out)[0]
    assert (made["placeholder"], len(made["removed"]), made["changed"]) == (None, 1, [])
    assert not any(b"zoe@quere" in path.read_bytes() for path in crm.root.rglob("*") if path.is_file())


def test_somebody_else_of_the_same_name_is_left_alone(crm: Crm) -> None:
    twin = crm(
        "contact", "create", "Pierre Richard", "--email", "autre@x.example", "--force", "-o", "ids"
    ).out.strip()
    deal = crm("create", "Poêle de Pierre Richard", "--contact", twin, "-o", "ids").out.strip()
    mail = b"From: Pierre Richard <autre@x.example>\nTo: devis@atre-granules.example\nSubject: Photos\n\nPierre Richard\n"
    letter = json.loads(crm("ingest", "-o", "json", stdin=mail).out)[0]["id"]
    kept = {id: crm.file(id).read_bytes() for id in (twin, deal, letter)}
    assert f"other contacts with this name are kept: {twin}" in crm("contact", "erase", WHO, "--yes").out
    assert {id: crm.file(id).read_bytes() for id in kept} == kept
    assert (crm.data / json.loads(crm("show", letter, "-o", "json").out)["messages"][0]["file"]).exists()


def test_an_erase_that_died_is_finished_by_who_comes_next_and_leaves_only_a_mark(crm: Crm) -> None:
    path = crm.file(WHO)
    change = FileChange(path=str(path.relative_to(crm.root)), before=path.read_bytes(), after=None)
    at = datetime(2026, 11, 24, tzinfo=UTC)
    JournalStore(crm.root).put(
        Journal(command="crm contact erase", user="marie", at=at, changes=(change,), leaves_record=False)
    )
    crm("contact", "list")
    assert not path.exists()
    assert list((crm.data / ".crm" / "journal").iterdir()) == []
    [mark] = (crm.data / ".crm" / "done").iterdir()
    assert b"yaml" not in mark.read_bytes()


@pytest.mark.parametrize("broken", [True, False])
def test_a_file_that_only_people_can_clean_stops_it_or_is_named(crm: Crm, broken: bool) -> None:
    if broken:
        crm.file("z5966pa8").write_text("title: [Pierre RICHARD\n", "utf-8")
        before = crm.records()
        assert "z5966pa8" in crm.refused("contact", "erase", WHO, "--yes", code=5)
        assert crm.records() == before
        return
    (crm.root / "templates" / "email" / "richard.j2").write_text(
        "Subject: x\n\nBonjour Pierre RICHARD\n", "utf-8"
    )
    assert "still named in templates/email/richard.j2" in crm("contact", "erase", WHO, "--yes").out


def test_what_a_household_shares_tells_of_nobody_and_other_peoples_mail_stays(crm: Crm) -> None:
    """Pierre RICHARD lives in a hamlet, and shares a landline with Claire DUBOIS."""
    crm("contact", "set", "f8dz9xw4", "phones+=02 97 25 00 01", "street=Le Bourg")
    crm("contact", "set", "n9gnrr44", "phones+=02 97 25 00 01", "street=Le Bourg")
    crm("note", "teqcvdqh", "-m", "Habite Le Bourg, à rappeler au 02 97 25 00 01")
    mail = (
        b"From: Autre CLIENT <autre@example.net>\nTo: devis@atre-granules.example\nSubject: Le Bourg\n"
        b"Message-ID: <bourg@example.net>\n\nJ'habite Le Bourg, 02 97 25 00 01.\n"
    )
    crm("ingest", stdin=mail)
    kept = [path for path in crm.data.glob("mail/**/*.eml") if path.read_bytes() == mail]
    assert len(kept) == 1
    crm("contact", "erase", "f8dz9xw4", "--yes")
    assert kept[0].read_bytes() == mail
    assert "Habite Le Bourg, à rappeler au 02 97 25 00 01" in crm("show", "teqcvdqh").out
    assert "Le Bourg" in crm("contact", "show", "n9gnrr44").out


def test_the_commands_that_purge_git_can_be_pasted(crm: Crm) -> None:
    environment = {**crm.environment, "GIT_CONFIG_GLOBAL": "/dev/null"}
    for args in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=m", "-c", "user.email=m@x", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *args], cwd=crm.root, env=environment, check=True)
    who = crm("contact", "create", "Nolwenn KERLOC'H; rm -rf x", "-o", "ids").out.strip()
    subprocess.run(["git", "add", "-A"], cwd=crm.root, env=environment, check=True)
    subprocess.run(
        ["git", "-c", "user.name=m", "-c", "user.email=m@x", "commit", "-qm", "y"],
        cwd=crm.root,
        env=environment,
        check=True,
    )
    lines = crm("contact", "erase", who, "--yes").out.splitlines()
    [swap] = [line for line in lines if "--replace-text" in line]
    words = shlex.split(swap.partition("<(")[2].removesuffix(")"))
    assert words == ["echo", "Nolwenn KERLOC'H; rm -rf x==>[effacé]"]
