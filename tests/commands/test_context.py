"""`crm context`: the briefing before a call."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crmcli.cli.pages.context_page import escaped
from tests.harness.crm import Crm

RICHARD = "xgcej9p8"


def test_the_phone_comes_first_and_the_last_three_contacts_newest_first(crm: Crm) -> None:
    crm("note", RICHARD, "-m", "Rappeler après 18 h")
    page = crm("context", RICHARD).out
    assert page.splitlines()[0] == "06 12 34 56 78"
    found = json.loads(crm("context", RICHARD, "-o", "json").out)
    assert [each["what"] for each in found["contacts"]] == ["note", "call", "received"]
    assert found["due"][0]["summary"] in page


def test_it_tells_what_a_rule_will_do_and_when_and_changes_nothing(crm: Crm) -> None:
    id = crm("create", "Poêle", "--contact", "Jeanne MARTIN", "--revenue", "5000", "-o", "ids").out.strip()
    crm("move", id, "--to", "quoted", "--now", "2026-11-25T09:00")
    for activity in json.loads(crm("show", id, "-o", "json").out)["activities"]:
        if activity["state"] not in ("done", "cancelled"):
            crm("activity", "cancel", activity["id"], "--reason", "test", "--now", "2026-11-25T10:00")
    before = crm("show", id, "-o", "json").out
    [chase] = [
        each
        for each in json.loads(crm("context", id, "-o", "json", "--now", "2026-11-26").out)["rules"]
        if each["rule"] == "quoted.second-chase"
    ]
    assert chase["at"] == "2026-12-09T08:00:00Z"
    assert "a-relancer" in chase["does"]
    assert crm("show", id, "-o", "json").out == before
    assert not json.loads(crm("context", "phwvchqk", "-o", "json").out)["rules"]  # lost


def test_a_record_without_anything_has_a_short_page(bare: Crm) -> None:
    id = bare("create", "Poêle", "-o", "ids").out.strip()
    page = bare("context", id).out
    assert page.startswith("no contact\n")
    assert len(page.splitlines()) < 14


def test_hostile_text_is_no_markup_in_markdown(crm: Crm) -> None:
    crm("note", RICHARD, "-m", "<script>x</script> [a](javascript:b) # c\x1b[31m")
    page = crm("context", RICHARD, "-o", "md").out
    assert page.startswith("# PAG Rika")
    assert "<script>" not in page
    assert "[a](" not in page
    assert "\x1b" not in page


def test_the_last_contacts_stand_in_columns_and_name_people_without_their_addresses(crm: Crm) -> None:
    page = crm("context", RICHARD, CRM_LANG="fr").out
    lines = page[page.index("Derniers échanges") :].split("\n\n")[0].splitlines()[1:]
    assert len({re.search(r"\S {2,}\S", line).end() for line in lines}) == 1  # type: ignore[union-attr]
    assert "reçu de Pierre RICHARD : Re: Nous avons bien reçu votre demande · Bonjour Marie" in re.sub(
        r"\s", " ", page
    )


@pytest.mark.parametrize("before", ["", "# ", "- ", "x  \n"])
@given(line=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_no_line_of_a_briefing_is_markup(before: str, line: str) -> None:
    page = MarkdownIt("commonmark").render(f"{before}{escaped(line)}\n")
    assert set(re.findall(r"<(\w+)", page)) <= {"p", "h1", "ul", "li", "br"}, page
    text = html.unescape(re.sub(r"<[^>]*>", "", page))
    assert text.split() == [*(["x"] if before.startswith("x") else []), *line.split()]
