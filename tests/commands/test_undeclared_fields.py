"""Fields that nobody declared are text: what a person typed is what scripts and templates get."""

import json
import re

import pytest

from tests.harness.crm import Crm

DEAL = "sdsw7zdf"
TYPED = {
    "tel": "+33612345678", "code": "NO", "version": "1.10", "zip": "01200", "exp": "1e5", "day": "2026-01-01", "time": "12:30",
    "word": "yes", "hex": "0x1F", "big": "12345678901234567890",
}  # fmt: skip
NUMBERS = {"count": ("7", 7), "part": ("2.5", 2.5), "sure": ("true", True), "minus": ("-3", -3)}


@pytest.fixture
def typed(crm: Crm) -> Crm:
    """A deal into which a person wrote fields of their own, without a quote."""
    place = crm.file(DEAL)
    lines = "".join(f"  {key}: {text}\n" for key, text in TYPED.items())
    lines += "".join(f"  {key}: {text}\n" for key, (text, _) in NUMBERS.items())
    place.write_text(place.read_text("utf-8").replace("  power: 12\n", f"  power: 12\n{lines}"), "utf-8")
    return crm


def test_scripts_get_the_characters(typed: Crm) -> None:
    for command in (["show", DEAL, "-o", "json"], ["list", f"id:{DEAL}", "-o", "jsonl"]):
        fields = json.loads(typed(*command).out)["fields"]
        assert {key: fields[key] for key in TYPED} == TYPED
        assert {key: fields[key] for key in NUMBERS} == {key: value for key, (_, value) in NUMBERS.items()}
        assert fields["power"] == 12, "a declared one is what it is declared to be"


def test_people_and_templates_get_the_characters(typed: Crm) -> None:
    page = typed("show", DEAL).out
    for key in ("tel", "code", "version", "zip"):
        assert re.search(rf"^{key} +{re.escape(TYPED[key])}$", page, re.MULTILINE)
    (typed.root / "templates/email/essai.j2").write_text(
        "Subject: {{ fields.tel }}\n\n{{ fields.zip }} {{ fields.code }}\n"
    )
    assert "01200 NO" in typed("email", "preview", DEAL, "-t", "essai").out


def test_they_are_found_by_their_characters(typed: Crm) -> None:
    for word in ("+33612345678", "01200", "1.10"):
        assert typed("list", f"text:{word}", "-o", "ids").out.split() == [DEAL]


def test_an_edit_leaves_them_alone(typed: Crm) -> None:
    before = typed.file(DEAL).read_text("utf-8")
    typed("tag", DEAL, "--add", "urgent")
    after = typed.file(DEAL).read_text("utf-8")
    assert [line for line in after.splitlines() if line not in before.splitlines()] == ["  - urgent"]
