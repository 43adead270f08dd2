"""Texts that strangers send or write are compared, read and erased in time that grows with their length."""

import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.importing.import_map import ImportMap
from crmcli.domain.importing.read_contacts import ReadContacts
from crmcli.domain.incoming import web_form
from crmcli.domain.localization import days, postcodes
from crmcli.domain.model import custom_fields
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Contact
from crmcli.domain.privacy import person_patterns
from crmcli.domain.records import contact_fields, contact_matching
from crmcli.domain.values import folding, list_entries, money, person_names
from crmcli.domain.values.errors import CrmError, UsageError, shorten_text
from crmcli.domain.values.list_entries import Named, Origin, fits_wildcards
from crmcli.exchange import vcard
from crmcli.exchange.cell_table import read_csv_table
from crmcli.exchange.spreadsheet import read_contacts
from crmcli.operations.steps.find_or_create_contact import split_address
from tests.harness.crm import Crm

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)

CONFIG = Config(country="FR", stated_locale="fr_FR")


def read_contact_table(content: bytes, given: dict[str, str], config: Config) -> ReadContacts:
    return read_contacts(read_csv_table(content), ImportMap(), given, config, NOW)


PERSON = Contact(
    id="k7m2q9xw", name="Jean Dupont", emails=("jean@example.org",), phones=("+33612345678",), language="fr"
)
TOLD = person_patterns.patterns_for(PERSON, PERSON, "FR", "fr")
TODAY = date(2026, 11, 24)
N = 1_000_000
WORK: dict[str, Callable[[], object]] = {
    "accents": lambda: folding.fold_text("a" + "\u0315\u0300" * N),
    "accents of a letter": lambda: person_patterns.fold_any_length("a" + "\u0315\u0300" * N),
    "sentences in a character": lambda: folding.fold_text("\ufdfa" * N),
    "stars": lambda: list_entries.find_entry("a" * N + "b", [Origin(id="x", also=("*a" * 30 + "*c",))]),
    "stars and an end": lambda: list_entries.find_entry("a" * N, [Origin(id="x", also=("*a*a*ac",))]),
    "commas of choices": lambda: list(
        custom_fields.split_choices("," * N, [Named(id="a, b"), Named(id="c")])
    ),
    "name of words": lambda: person_names.is_same_name("Ann Bob " * N, "Bob Ann " * N),
    "names that fit": lambda: person_names.do_names_fit("Ann Bob " * N, "Bob Cid " * N),
    "particles of a name": lambda: person_names.name_key("de-" * N + "x"),
    "key of a name": lambda: person_names.name_key("Le Bras-d'A " * N),
    "postcode of digits": lambda: postcodes.restore_zero("1" * N, "FR"),
    "amount of digits": lambda: money.parse_amount("1" * N),
    "amount of groups": lambda: money.parse_amount("1 000" * N),
    "day of digits": lambda: days.read_days("1" * N, TODAY, CONFIG),
    "address of blanks": lambda: contact_fields.checked_email("<" + " " * N + "a@b.fr>", CONFIG),
    "address behind blanks": lambda: contact_fields.checked_email("<>" + " " * N + "<a@b.fr>", CONFIG),
    "blanks and no address": lambda: split_address(" " * N + "x"),
    "quotes and no address": lambda: split_address('"' * N + "x"),
    "address of dots": lambda: contact_matching.normal_email("a@" + "b." * N),
    "form of blanks": lambda: web_form.read_form("nom" + " " * N + "x", CONFIG),
    "erased phone of dashes": lambda: TOLD.own.without("33" + "-" * N),
    "erased phone of zeros": lambda: TOLD.own.without("33 0 " * 200_000),
    "erased name of dashes": lambda: TOLD.own.without("jean" + "-" * N),
    "erased title of blanks": lambda: TOLD.others.without("madame" + " " * N),
    "erased name again and again": lambda: TOLD.own.without("jean dupont " * 50_000),
    "cards": lambda: vcard.read_vcards(("BEGIN:VCARD\nFN:x\nEND:VCARD\n" * 50_000).encode(), CONFIG),
    "lines of a card": lambda: vcard.read_vcards(
        ("BEGIN:VCARD\nFN:x\n" + "NOTE:x\n" * 500_000 + "END:VCARD\n").encode(), CONFIG
    ),
    "folded lines of a card": lambda: vcard.read_vcards(
        ("BEGIN:VCARD\nFN:x\nNOTE:" + "\n x" * N + "\nEND:VCARD\n").encode(), CONFIG
    ),
    "rows": lambda: read_contact_table(("nom;email\n" + "a;b@c.fr\n" * 50_000).encode(), {}, CONFIG),
    "cells": lambda: read_contact_table(("nom;email\n" + ";" * 3 * N + "\n").encode(), {}, CONFIG),
    "columns": lambda: read_contact_table(
        ("nom;" + ";".join(f"h{n}" for n in range(200_000)) + "\na\n").encode(), {}, CONFIG
    ),
    "an address of blanks in a cell": lambda: read_contact_table(
        ("nom;email\na;a@b.fr <" + " " * 100_000 + "a@b.fr>\n").encode(), {}, CONFIG
    ),
}


@pytest.mark.parametrize("name", WORK)
def test_it_takes_no_longer_than_its_length_allows(name: str) -> None:
    began = time.process_time()
    assert len(refusal_of(WORK[name])) < 1_500
    assert time.process_time() - began < 8


def refusal_of(action: Callable[[], object]) -> str:
    """Why something is refused; empty where it is not."""
    try:
        action()
    except CrmError as error:
        return str(error)
    return ""


def test_an_amount_with_too_many_digits_is_refused(crm: Crm) -> None:
    with pytest.raises(UsageError, match="too large an amount"):
        money.parse_amount("1" * 40)
    assert "too large an amount" in crm.refused("set", "kkvsm4kq", "budget=" + "1" * 1_000, code=2)


@given(st.text())
def test_accents_go_as_unicode_has_them(text: str) -> None:
    parts = unicodedata.normalize("NFKD", text.replace("\ufdfa", ""))
    plain = "".join(
        char for char in parts if not unicodedata.combining(char) and unicodedata.category(char) != "Cf"
    )
    assert folding.strip_accents(text.replace("\ufdfa", "")) == plain


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("google-ads-fr", "google*", True),
        ("google-ads-fr", "*fr", True),
        ("google-ads-fr", "g*-*-fr", True),
        ("google", "google", True),
        ("google", "*", True),
        ("", "*", True),
        ("aba", "ab*ba", False),
        ("abab", "ab*ab", True),
        ("google", "goo*ogle", False),
        ("a.b", "a?b", False),
        ("abcabc", "*b*b*", True),
        ("abc", "*b*b*", False),
    ],
)
def test_a_star_stands_for_any_characters(name: str, pattern: str, fits: bool) -> None:
    assert fits_wildcards(name, pattern) is fits


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pierre <a@b.fr>", ("Pierre", "a@b.fr")),
        ('"Pierre, Paul"  <a@b.fr> ', ("Pierre, Paul", "a@b.fr")),
        ("<a@b.fr>", ("", "a@b.fr")),
        ("a@b.fr", None),
        ("Pierre <>", None),
        ("a <b> <c>", None),
        ('a "b" c <d>', None),
    ],
)
def test_a_name_with_its_address_is_taken_apart(text: str, found: tuple[str, str] | None) -> None:
    assert split_address(text) == found


def test_phones_are_erased_however_they_are_written() -> None:
    for phone in (
        "+33 6 12 34 56 78",
        "06.12.34.56.78",
        "0033612345678",
        "+33 (0)6 12 34 56 78",
        "33-0-612345678",
    ):
        assert "[effacé]" in TOLD.own.without(f"Appelez {phone} demain")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(" * 490 + "a" + ")" * 490, "is not valid"),
        ("(?a)(?u)", "is not valid"),
        ("[", "is not valid"),
    ],
)
def test_a_hostile_pattern_of_a_question_is_one_line(crm: Crm, pattern: str, reason: str) -> None:
    file = crm.root / "questionnaires" / "pag.yaml"
    file.write_text(
        "schema: 1\nid: pag\nlabel: PAG\nfor: {field: appliance, is: [PAG]}\nsections:\n"
        "  - id: a\n    label: A\n    questions:\n"
        f"      - {{id: code, label: Code, type: text, pattern: '{pattern}'}}\n"
    )
    said = crm.refused("questionnaire", "answer", "xgcej9p8", "code=x", code=2)
    assert reason in said
    assert said.count("\n") == 1
    assert "Traceback" not in crm("questionnaire", "check", "questionnaires/pag.yaml", code=5).err


def test_an_error_quotes_no_megabyte() -> None:
    assert len(str(UsageError("x" * N, where="a", hint="y " * N))) < 1_500
    assert shorten_text("short") == "short"
