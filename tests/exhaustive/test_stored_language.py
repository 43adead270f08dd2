"""What crm stores in records is in the language of the workspace, whatever the screen of its user speaks."""

import re
from typing import Any

import pytest
import yaml

from crmcli.domain.localization.translations import Language
from tests.harness.crm import Crm
from tests.harness.places import MAILS
from tests.languages.catalogues import read_catalogue

DEAL = "xgcej9p8"
ENGLISH = re.compile(
    r"\b(the|is|was|are|not|of|and|from|has|with|its|it|already|still|activity|record|missing)\b"
)
WRITTEN_BY_CRM = ("reason", "nothing", "waits", "forced", "summary", "note")
FORM = "name=Anne+Le+Goff&email=anne.legoff@example.org&message=Un+po%C3%AAle&phone=0297000000&maison=oui&consent=oui"

ANSWERED = "sdsw7zdf"
REPLY = """\
From: Nolwenn KERLOC'H <nolwenn@gites-guerledan.example>
To: contact@atre-granules.example
Subject: Re: Nous avons bien recu votre demande
Message-ID: <form-1@gites-guerledan.example>
In-Reply-To: <b91wy0ga.sdsw7zdf@atre-granules.example>
Date: Mon, 23 Nov 2026 18:00:00 +0100
Content-Type: text/plain; charset=utf-8

surface: grande
isolation: bonne
usage: appoint
"""


@pytest.fixture
def fed(crm: Crm) -> Crm:
    """The demo after all doors were used by somebody whose screen speaks English."""
    assert crm.environment["CRM_LANG"] == "en"
    for path in sorted(MAILS.glob("*.eml")):
        crm.run("ingest", stdin=path.read_bytes())
    crm("ingest", "--format", "form", stdin=FORM.encode())
    stranger = (
        b"From: Eve <eve@elsewhere.example>\nTo: contact@atre-granules.example\nSubject: [%s] Bonjour\n"
        b"Message-ID: <eve@elsewhere.example>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n\nBonjour.\n"
    )
    crm.run("ingest", stdin=stranger % DEAL.encode())
    crm("questionnaire", "answer", ANSWERED, "surface=", "isolation=")
    crm.run("ingest", stdin=REPLY.encode())
    crm("create", "--contact", "Anne DUPONT", "--lead")
    crm("move", DEAL, "--to", "negotiation", "--force")
    crm("move", DEAL, "--to", "quoted", "--force")
    crm("win", DEAL, "--force")
    crm("reopen", DEAL)
    crm("lose", DEAL, "--reason", "price")
    crm.run("tick", CRM_NOW="2027-03-01T09:00")
    crm("contact", "erase", "Thomas FAURE", "--yes")
    crm.run("due", "--mail")
    return crm


def test_no_sentence_in_a_record_is_english(fed: Crm) -> None:
    records = [*fed.data.glob("opportunities/**/*.yaml"), *fed.data.glob("contacts/*.yaml")]
    assert len(records) > 40
    said = [each for path in records for each in list_said(yaml.safe_load(path.read_text("utf-8")))]
    assert len(said) > 40
    assert [each for each in said if ENGLISH.search(each)] == []
    assert any("Non repris de la réponse : surface : 'grande' n’est pas un nombre" in each for each in said)


def test_why_a_message_is_in_quarantine_is_not_told_in_english(fed: Crm) -> None:
    reasons = [path.read_text("utf-8") for path in (fed.data / "quarantine").glob("*.txt")]
    assert len(reasons) > 3
    assert [each for each in reasons if ENGLISH.search(each)] == []


def test_no_text_that_is_stored_stands_in_the_catalogue_in_english(fed: Crm) -> None:
    written = "\n".join(
        path.read_text("utf-8")
        for folder in ("opportunities", "contacts", "outbox", "quarantine")
        for path in (fed.data / folder).rglob("*")
        if path.suffix in (".yaml", ".txt") and path.is_file()
    )
    sentences = [
        each.id for each in read_catalogue("fr") if isinstance(each.id, str) and is_sentence(each.id)
    ]
    assert len(sentences) > 150
    assert [each for each in sentences if re.search(pattern_of(each), written)] == []


def test_what_a_form_says_besides_is_told_under_a_french_heading(crm: Crm) -> None:
    id = crm("ingest", "--format", "form", "-o", "ids", stdin=FORM.encode()).ids[0]
    assert "\n  Renseigné aussi :\n" in crm.file(id).read_text("utf-8")


def list_said(tree: Any) -> list[str]:
    """What crm itself can have written into a record: summaries, notes, reasons."""
    if isinstance(tree, list):
        return [each for item in tree for each in list_said(item)]
    if not isinstance(tree, dict):
        return []
    own = [str(tree[key]) for key in WRITTEN_BY_CRM if isinstance(tree.get(key), str)]
    if tree.get("event") == "note" and tree.get("by") in ("ingest", "tick"):
        own.append(str(tree.get("text")))
    return own + [each for key, item in tree.items() if key != "messages" for each in list_said(item)]


def is_sentence(message: str) -> bool:
    """Tell whether a message is long enough to be told from data, and differs in French."""
    words = re.findall(r"[a-z]{2,}", re.sub(r"\{\w+[^}]*\}", "", message))
    return len(words) >= 3 and Language("fr").translate(message) != message


def pattern_of(message: str) -> str:
    """A pattern of a message with any values."""
    return r"\S.*".join(map(re.escape, re.split(r"\{\w+[^}]*\}", message)))
