"""Every HTML that crm writes, opened in a real browser with markup in every text: no script runs, nothing is loaded."""

import json
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.harness.browser import Browser, missing_programs, start_browser
from tests.harness.crm import Crm

pytestmark = pytest.mark.skipif(
    bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())} (make browser)"
)
DEAL, CONTACT = "xgcej9p8", "f8dz9xw4"
MARKUP = (
    "\"'><script>document.ran=1</script><img src=x onerror=document.ran=1><svg onload=document.ran=1>"
    "</title></style></textarea><iframe srcdoc='<script>parent.document.ran=1</script>'></iframe>"
    "[x](javascript:document.ran=1) ![x](x) <a href=javascript:document.ran=1>"
)
ACTIVE = (
    "script, iframe, object, embed, img, svg, link[rel=stylesheet], [onload], [onerror], a[href^=javascript]"
)


LABELS = re.compile(
    r"^(?P<key>[^#\n{]*\b(?:label|intro|title|name): )(?P<text>[A-ZÀ-Þ][^\n#{]*)$"
    r"|(?P<flow>\{[^#\n]*\blabel: )(?P<inner>[A-ZÀ-Þ][^\[\],}\"\n#{]*)",
    re.MULTILINE,
)  # of a line, and in a flow mapping


def add_markup(found: re.Match[str]) -> str:
    """A label of a YAML file, with markup after it."""
    key, text = found["key"] or found["flow"], found["text"] or found["inner"]
    return f"{key}{json.dumps(text.strip() + MARKUP)}"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def hostile(crm: Crm) -> Crm:
    """A workspace with markup in the texts of a deal, a contact, the configuration and a questionnaire."""
    for path in (crm.data / "crm.yaml", crm.root / "questionnaires" / "pag.yaml"):
        path.write_text(LABELS.sub(add_markup, path.read_text("utf-8")), "utf-8")
    crm("set", DEAL, f"title={MARKUP}", f"description={MARKUP}")
    crm("contact", "set", CONTACT, f"name={MARKUP}", f"job={MARKUP}")
    crm("activity", "add", DEAL, "--type", "call", "--summary", MARKUP, "--due", "2026-11-23")
    return crm


def assert_is_dead(browser: Browser, page: str, place: Path) -> None:
    """Open a page: its texts are there, and none of them is markup."""
    place.write_text(page, "utf-8")
    browser.open(place.as_uri())
    assert browser.run("document.ran") is None
    assert browser.run(f"document.querySelectorAll({json.dumps(ACTIVE)}).length") == 0
    assert "<script>document.ran=1" in browser.run("document.body.textContent")


def html_parts(crm: Crm) -> list[str]:
    """The HTML of all mails that wait."""
    pages = []
    for path in sorted((crm.data / "outbox").glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        part = mail.get_body(("html",))
        pages += [part.get_content()] if part else []
    return pages


def test_a_questionnaire_as_a_page_runs_nothing(hostile: Crm, browser: Browser, tmp_path: Path) -> None:
    assert_is_dead(
        browser, hostile("questionnaire", "render", "pag", "-o", "html").out, tmp_path / "page.html"
    )


def test_a_form_for_another_site_runs_nothing(hostile: Crm, browser: Browser, tmp_path: Path) -> None:
    page = hostile("form", "html", "contact").out
    assert_is_dead(browser, f"<!DOCTYPE html><meta charset=utf-8>{page}", tmp_path / "page.html")


def test_a_report_by_mail_runs_nothing(hostile: Crm, browser: Browser, tmp_path: Path) -> None:
    hostile("due", "--mail")
    pages = html_parts(hostile)
    assert pages
    with_markup = [page for page in pages if "document.ran" in page]
    assert with_markup
    for page in with_markup:
        assert_is_dead(browser, page, tmp_path / "page.html")


def test_a_mail_in_markdown_runs_nothing(hostile: Crm, browser: Browser, tmp_path: Path) -> None:
    text = "Subject: Bonjour\n\n**Bonjour** {{ contact.name }} : {{ title }}, {{ description }}\n"
    (hostile.root / "templates/email/essai.md.j2").write_text(text, "utf-8")
    hostile("email", "queue", DEAL, "-t", "essai")
    [page] = [page for page in html_parts(hostile) if "document.ran" in page]
    assert_is_dead(browser, page, tmp_path / "page.html")


def test_markup_that_runs_is_noticed(browser: Browser, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        assert_is_dead(browser, f"<!DOCTYPE html><p>{MARKUP}", tmp_path / "page.html")
