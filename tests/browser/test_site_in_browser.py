"""The site of `crm report html`, opened from the disk in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.test_html_outputs_in_browser import CONTACT, DEAL, LABELS, MARKUP, add_markup
from tests.harness.browser import ENTER, TAB, Browser, missing_programs, start_browser
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.places import ROOT

pytestmark = pytest.mark.skipif(
    bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())} (make browser)"
)
SCREENSHOTS = ROOT / "scratch" / "screenshots"
RUNS = "script, iframe, object, embed, img, [onload], [onerror], a[href^=javascript]"
NARROW = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def site(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "site"
    copy_workspace(sample, folder.parent / "stoves")("report", "html", str(folder))
    return folder


@pytest.fixture
def hostile_site(crm: Crm, tmp_path: Path) -> Path:
    """A site of a workspace with markup in every text."""
    for path in (crm.data / "crm.yaml", crm.root / "questionnaires" / "pag.yaml"):
        path.write_text(LABELS.sub(add_markup, path.read_text("utf-8")), "utf-8")
    crm("set", DEAL, f"title={MARKUP}", f"description={MARKUP}")
    crm("contact", "set", CONTACT, f"name={MARKUP}", f"job={MARKUP}")
    crm("activity", "add", DEAL, "--type", "call", "--summary", MARKUP, "--due", "2026-11-23")
    crm("note", DEAL, "-m", MARKUP)
    crm("report", "html", str(tmp_path / "site"))
    return tmp_path / "site"


def list_pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_no_page_asks_for_anything_else_and_none_complains(browser: Browser, site: Path) -> None:
    browser.console  # noqa: B018 - what was written before
    for page in list_pages(site):
        browser.open(page.as_uri())
        loaded = browser.run("performance.getEntriesByType('resource').map(each => each.name)")
        assert all(each.startswith((site.as_uri(), "data:")) for each in loaded), loaded
        assert browser.console == []


def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, site: Path) -> None:
    browser.resize(320, 640)
    for page in list_pages(site):
        browser.open(page.as_uri())
        assert browser.run(NARROW), page.name
    browser.resize(1000, 800)


def test_what_is_due_is_read_on_a_phone_without_scrolling_sideways(browser: Browser, site: Path) -> None:
    browser.resize(320, 640)
    for name in ("due", "deals"):
        browser.open((site / f"{name}.html").as_uri())
        assert browser.run("(each => each.scrollWidth <= each.clientWidth)(document.querySelector('.table'))")
        assert (
            browser.run(
                "Math.max(...[...document.querySelectorAll('tbody tr')].map(each => each.clientHeight))"
            )
            < 160
        )
    browser.resize(1000, 800)


def test_markup_in_a_text_stays_text(browser: Browser, hostile_site: Path) -> None:
    seen = 0
    for page in list_pages(hostile_site):
        browser.open(page.as_uri())
        assert browser.run("document.ran") is None
        assert browser.run(f"document.querySelectorAll({json.dumps(RUNS)}).length") == 0, page.name
        seen += "<script>document.ran=1" in browser.run("document.body.textContent")
    assert seen > len(list_pages(hostile_site)) / 2  # labels are on nearly all pages


def test_the_keyboard_reaches_the_content(browser: Browser, site: Path) -> None:
    browser.open((site / "index.html").as_uri())
    browser.press(TAB + ENTER)
    assert browser.focus == "content"


def test_a_deal_is_one_click_from_the_board(browser: Browser, site: Path) -> None:
    browser.open((site / "board.html").as_uri())
    browser.click(f"a[href='deals/{DEAL}.html']")
    assert browser.text("h1") == "PAG Rika - Raccordement sur conduit existant"


def test_charts_are_named_and_stand_beside_their_figures(browser: Browser, site: Path) -> None:
    for name in ("index", "funnel", "forecast", "sources", "lost", "velocity"):
        browser.open((site / f"{name}.html").as_uri())
        assert browser.run("document.querySelector('svg[role=img] > title + desc').textContent.length") > 0
        bars = browser.run("document.querySelectorAll('svg .bar').length")
        rows = browser.run("document.querySelectorAll('tbody tr').length")
        assert 0 < bars <= rows


def test_dark_and_light_are_both_readable(browser: Browser, site: Path) -> None:
    browser.open((site / "index.html").as_uri())
    paper = "getComputedStyle(document.body).backgroundColor"
    browser.emulate(scheme="light")
    light = browser.run(paper)
    browser.emulate(scheme="dark")
    assert browser.run(paper) != light
    browser.emulate()


def test_a_deal_prints_on_paper_without_the_navigation(browser: Browser, site: Path) -> None:
    browser.open((site / "deals" / f"{DEAL}.html").as_uri())
    browser.emulate("print")
    assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.emulate()
    printed = browser.print_pages()
    assert printed.startswith(b"%PDF")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / "deal.pdf").write_bytes(printed)
