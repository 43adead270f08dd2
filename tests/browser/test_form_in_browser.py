"""The web form in a real browser: filled in, corrected, by keyboard alone, on a narrow screen, without scripts.

`make browser` installs Chromium where it may; elsewhere these tests are skipped, and say so. Screenshots lie in
`scratch/screenshots`.
"""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.browser import END, ENTER, SPACE, TAB, Browser, missing_programs, start_browser
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.places import ROOT

pytestmark = pytest.mark.skipif(
    bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())} (make browser)"
)
SCREENSHOTS = ROOT / "scratch" / "screenshots"
LINK = "contact?utm_source=google&utm_medium=cpc&utm_campaign=salon"


class Site:
    """A workspace with a server of its form."""

    def __init__(self, crm: Crm, address: str) -> None:
        self.crm = crm
        self.address = address

    def leads(self) -> list[dict[str, Any]]:
        lines = self.crm("list", "is:lead", "created:today", "-o", "jsonl").out.splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def site(sample: Path, tmp_path: Path) -> Iterator[Site]:
    crm = copy_workspace(sample, tmp_path / "stoves")
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace("    honeypot: website", "    min_seconds: 0\n    honeypot: website"), "utf-8"
    )
    server = crm.start("serve", "--form", "contact", "--port", "0", stderr=subprocess.PIPE)
    assert server.stderr is not None
    line = server.stderr.readline()
    assert line.startswith("serving http://127.0.0.1:"), line
    yield Site(crm, line.split()[1].rpartition("/")[0] + "/")
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=30)


def shoot(browser: Browser, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(SCREENSHOTS / f"{name}.png")


def fill(browser: Browser, **texts: str) -> None:
    for name, text in texts.items():
        browser.type(f"#{name}", text)


def is_thanked(browser: Browser) -> bool:
    """Is this the page that the browser was sent to, after the form?"""
    said = browser.text("[role=status]")
    return said == "Merci ! Nous vous rappelons sous deux jours ouvrés." and browser.link.endswith(
        "/contact/thanks"
    )


def sent_and_filed(site: Site, server_says: int) -> list[dict[str, Any]]:
    """The leads, once the server has filed what it had stored when it answered."""
    site.crm("tick")
    found = site.leads()
    assert len(found) == server_says
    return found


def test_a_visitor_fills_in_the_form_and_sees_thanks(browser: Browser, site: Site) -> None:
    browser.resize(1000, 1400)
    browser.open(site.address + LINK)
    assert browser.run("document.documentElement.lang") == "fr"
    shoot(browser, "1-page")
    fill(browser, name="Gaëlle Quéré", email="gaelle@example.fr", phone="06 12 34 56 78", city="Pontivy")
    browser.type("#appliance", "PAG")
    fill(browser, message="Bonjour,\nun poêle & un <b>devis</b>.")
    browser.click("#consent")
    shoot(browser, "2-filled")
    browser.click("button")
    assert is_thanked(browser)
    shoot(browser, "3-thanks")
    [lead] = sent_and_filed(site, 1)
    origin = {key: lead["marketing"][key] for key in ("campaign", "medium", "source")}
    assert origin == {"campaign": "salon-habitat-2026", "medium": "ads", "source": "google"}
    assert (lead["contact_name"], lead["fields"]["appliance"]) == ("Gaëlle Quéré", "PAG")
    assert lead["description"].startswith("Bonjour,\nun poêle & un <b>devis</b>.")


def test_wrong_input_is_told_at_the_field_which_has_the_focus(browser: Browser, site: Site) -> None:
    browser.resize(1000, 1400)
    browser.open(site.address + LINK)
    fill(browser, name="Anne", email="anne@example", message="Un insert")
    browser.click("button")
    assert browser.text("[role=alert]").startswith("Merci de corriger")
    assert browser.focus == "email"
    assert browser.title.startswith("Non envoyé")
    told = browser.run("document.activeElement.getAttribute('aria-describedby')")
    assert browser.text(f"#{told}") == "Merci de vérifier cette adresse, de la forme nom@exemple.fr."
    assert browser.run("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert browser.text("#consent-fault") == "Merci de cocher cette case."
    assert browser.run("document.querySelector('#message').value") == "Un insert"
    shoot(browser, "4-wrong")
    browser.press(f"{END}.org")
    browser.click("#consent")
    browser.click("button")
    assert is_thanked(browser)
    [lead] = sent_and_filed(site, 1)
    assert lead["marketing"]["source"] == "google"


def test_the_keyboard_suffices(browser: Browser, site: Site) -> None:
    browser.resize(1000, 1400)
    browser.open(site.address + "contact")
    texts = {"name": "Anne", "email": "anne@example.org", "phone": "", "postcode": "56300", "city": "Vannes"}
    for name, text in texts.items():
        browser.press(TAB)
        assert browser.focus == name
        browser.press(text)
    browser.press(TAB)
    assert browser.focus == "appliance"
    browser.press("P")
    browser.press(f"{TAB}Un insert")
    assert browser.focus == "message"
    browser.press(TAB)
    assert browser.focus == "consent"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press(SPACE)
    browser.press(TAB)
    assert browser.focus == "button", "the hidden field is passed over"
    shoot(browser, "5-keyboard")
    browser.press(ENTER)
    assert is_thanked(browser)
    [lead] = sent_and_filed(site, 1)
    assert lead["fields"]["appliance"] == "PAG"


@pytest.mark.parametrize("name", ["page", "wrong"])
def test_a_narrow_screen_needs_no_scrolling_sideways(browser: Browser, site: Site, name: str) -> None:
    browser.resize(320, 800)
    browser.open(site.address + "contact")
    if name == "wrong":
        fill(browser, name="A" * 90)
        browser.click("button")
        browser.find("[role=alert]")
    assert browser.run("innerWidth") == 320
    assert browser.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    beyond = browser.run(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.apart')"
        " && e.getBoundingClientRect().right > 320).map(e => e.tagName)"
    )
    assert beyond == []
    heights = browser.run(
        "[...document.querySelectorAll('button, input:not([type=hidden])')].filter(e => !e.closest('.apart')).map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24
    shoot(browser, f"6-narrow-{name}")


def test_every_field_has_a_label(browser: Browser, site: Site) -> None:
    browser.open(site.address + "contact")
    unlabelled = "[...document.querySelectorAll('input:not([type=hidden]), textarea, select')].filter(e => !e.labels.length).length"
    assert browser.run(unlabelled) == 0
    assert browser.run("document.querySelectorAll('h1').length") == 1
    assert browser.run("document.querySelectorAll('main').length") == 1


def test_a_page_of_another_site_cannot_send_or_frame_it(browser: Browser, site: Site) -> None:
    attack = (
        f"data:text/html,<form id=f method=post action={site.address}contact><input name=name value=A>"
        "<input name=email value=a@b.fr><button>x</button></form>"
    )
    browser.open(attack)
    browser.click("button")
    assert "Ce formulaire ne peut pas être envoyé depuis ce site." in browser.text("main")
    assert sent_and_filed(site, 0) == []


def test_it_works_without_scripts(site: Site, tmp_path: Path) -> None:
    with start_browser(tmp_path, has_scripts=False) as browser:
        browser.open(site.address + "contact")
        fill(browser, name="Anne", email="anne@example.org", message="Un insert")
        browser.click("#consent")
        browser.click("button")
        assert is_thanked(browser)
    sent_and_filed(site, 1)
