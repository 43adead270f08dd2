"""The server of web forms: what it takes, what it refuses, what it keeps, and that nothing else is reachable."""

import json
import re
import subprocess
import time
from html import escape
from pathlib import Path
from typing import Any

import pytest

from crmcli.store.form_spool import list_spooled
from crmcli.store.transactions import lock
from crmcli.web.guard import PageSigner
from crmcli.web.page import TOKEN
from crmcli.web.reception import Reception
from crmcli.web.server import HEADERS, build_app
from tests.harness.asgi import HOST, Visitor
from tests.harness.crm import Crm
from tests.harness.git_workspace import a_person

SITE = "https://www.atre-granules.example"
ANNE = {
    "name": "Anne Le Gall",
    "email": "anne@example.org",
    "phone": "06 12 34 56 78",
    "message": "Un poêle,\r\nmerci.",
    "consent": "yes",
    "website": "",
}


class Site:
    """The server of the forms of one workspace, in this process."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self.reception = Reception(str(crm.root), ["contact"])
        self.app = build_app(self.reception, ["127.0.0.1"])

    def visitor(self, address: str = "203.0.113.9") -> Visitor:
        return Visitor(self.app, address)

    def open_page(self, visitor: Visitor, path: str = "/contact", age: float = 30, **headers: str) -> str:
        """The token of a page that the visitor opened some seconds ago."""
        page = visitor.get(path, **headers)
        assert page.code == 200
        cookie = visitor.cookie.partition("=")[2]
        return self.reception.signer.sign_page("contact", cookie, time.time() - age)

    def leads(self) -> list[dict[str, Any]]:
        lines = self.crm("list", "is:lead", "created:today", "-o", "jsonl").out.splitlines()
        return [json.loads(line) for line in lines]

    def inbox(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.crm("inbox", "list", "-o", "jsonl").out.splitlines()]


@pytest.fixture
def site(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name, value in crm.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CRM_LOCK_TIMEOUT", "0")
    return Site(crm)


def faults_of(page: str) -> dict[str, str]:
    """The messages at the fields of a page."""
    return dict(re.findall(r'<p class="fault" id="(\w+)-fault">([^<]+)</p>', page))


def test_a_form_is_committed_to_git(site: Site) -> None:
    a_person(site.crm.root.parent)  # where HOME is
    site.crm("init", "--git")
    visitor = site.visitor()
    visitor.send("/contact", {**ANNE, TOKEN: site.open_page(visitor)})
    [lead] = site.leads()
    said = subprocess.run(
        ["git", "log", "-1", "--format=%B"], cwd=site.crm.root, capture_output=True, text=True
    )
    assert lead["id"] in said.stdout
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=site.crm.root, capture_output=True)
    assert changed.stdout == b""


def test_a_form_becomes_a_lead_with_its_origin_and_its_visitor_sees_thanks(site: Site) -> None:
    visitor = site.visitor()
    path = "/contact?utm_source=google&utm_medium=cpc&utm_campaign=salon"
    token = site.open_page(visitor, path, referer="https://www.google.fr/")
    sent = visitor.send(path, {**ANNE, TOKEN: token})
    assert (sent.code, sent.headers["location"]) == (303, "contact/thanks")
    assert "Merci ! Nous vous rappelons" in visitor.get("/contact/thanks").body
    [lead] = site.leads()
    assert (lead["owner"], lead["tags"], lead["contact_name"]) == ("marie", ["devis"], "Anne Le Gall")
    origin = {key: lead["marketing"][key] for key in ("campaign", "medium", "source")}
    assert origin == {"campaign": "salon-habitat-2026", "medium": "ads", "source": "google"}
    assert lead["description"].startswith("Un poêle,\nmerci.")
    assert site.crm("check").out == ""


def test_a_referring_site_of_the_lists_is_the_source(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    visitor.send("/contact", {**ANNE, TOKEN: token, "referrer": "https://m.facebook.com/page"})
    [lead] = site.leads()
    assert lead["marketing"]["source"] == "facebook"


def test_the_page_holds_where_the_visitor_came_from_but_not_itself(site: Site) -> None:
    page = site.visitor().get("/contact", referer="https://www.google.fr/")
    assert 'name="referrer" value="https://www.google.fr/"' in page.body
    assert 'name="referrer"' not in site.visitor().get("/contact", referer=f"https://{HOST}/contact").body


def test_every_answer_has_the_headers_that_protect_a_browser(site: Site) -> None:
    visitor = site.visitor()
    for answer in (visitor.get("/contact"), visitor.get("/x"), visitor.send("/contact", ANNE)):
        assert {key.lower(): value for key, value in HEADERS.items()}.items() <= answer.headers.items()
    page = visitor.get("/contact")
    assert "<script" not in page.body
    assert "HttpOnly" in page.headers["set-cookie"]
    assert "SameSite=lax" in page.headers["set-cookie"]


@pytest.mark.parametrize(
    "path",
    ["/", "/contact/", "/contact/x", "/docs", "/openapi.json", "/../etc/passwd", "/contact/thanks/", "/CONTACT",
     "/pipeline_data/crm.yaml", "/%63ontact%00", "//contact"],
)  # fmt: skip
def test_nothing_else_is_reachable(site: Site, path: str) -> None:
    visitor = site.visitor()
    assert visitor.get(path).code == 404
    assert visitor.send(path, ANNE).code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_no_other_method_is_taken(site: Site, method: str) -> None:
    assert site.visitor().ask(method, "/contact", b"", {}).code == 405


def test_wrong_fields_are_named_at_the_field_and_the_first_has_the_focus(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    wrong = {**ANNE, "email": "anne(at)example.org", "message": " ", "appliance": "Avion", TOKEN: token}
    page = visitor.send("/contact", wrong)
    assert page.code == 422
    assert faults_of(page.body).keys() == {"email", "appliance", "message"}
    assert page.body.count("autofocus") == 1
    assert re.search(
        r'id="email"[^>]* aria-invalid="true" aria-describedby="email-fault" autofocus', page.body
    )
    assert 'value="Anne Le Gall"' in page.body
    assert site.leads() == []
    again = re.search(rf'name="{TOKEN}" value="([^"]+)"', page.body)
    assert again
    assert visitor.send("/contact", {**ANNE, TOKEN: again[1]}).code == 303
    assert len(site.leads()) == 1


def test_what_was_typed_is_shown_again_as_text_only(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    attack = '"><script>alert(1)</script>'
    page = visitor.send(
        "/contact", {"name": attack, "email": attack, "message": f"</textarea>{attack}", TOKEN: token}
    )
    assert "<script" not in page.body
    assert escape("<script>alert(1)</script>") in page.body


def test_a_page_of_another_site_cannot_send_the_form(site: Site) -> None:
    victim = site.visitor()
    token = site.open_page(victim)
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site", "origin": "https://evil.example"},
        {"sec_fetch_site": "same-site", "origin": "https://other.forms.example"},
    ):
        assert victim.send("/contact", {**ANNE, TOKEN: token}, **headers).code == 403
        assert victim.send("/contact", ANNE, **headers).code == 403
    assert list_spooled(site.crm.root) == site.leads() == []


def test_the_token_of_another_visitor_is_not_taken_without_word_of_the_browser(site: Site) -> None:
    attacker, victim = site.visitor(), site.visitor()
    stolen = site.open_page(attacker)
    site.open_page(victim)
    page = victim.send("/contact", {**ANNE, TOKEN: stolen}, origin="")
    assert page.code == 409
    assert 'value="anne@example.org"' in page.body


@pytest.mark.parametrize("token", ["", "1~a~b~c", "nan~a~b~c", "~", "é" * 300, "9e999~~~"])
def test_a_token_that_we_did_not_sign_shows_the_form_again(site: Site, token: str) -> None:
    visitor = site.visitor()
    site.open_page(visitor)
    page = visitor.send("/contact", {**ANNE, TOKEN: token})
    assert page.code == 409
    assert 'value="Anne Le Gall"' in page.body
    assert site.leads() == []


def test_a_page_open_since_yesterday_is_sent_at_the_second_try_with_nothing_lost(site: Site) -> None:
    visitor = site.visitor()
    page = visitor.send("/contact", {**ANNE, TOKEN: site.open_page(visitor, age=25 * 3600)})
    assert page.code == 409
    again = re.search(rf'name="{TOKEN}" value="([^"]+)"', page.body)
    assert again
    assert visitor.send("/contact", {**ANNE, TOKEN: again[1]}).code == 303
    assert len(site.leads()) == 1


def test_a_page_survives_a_restart_of_the_server(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    visitor.app = build_app(Reception(str(site.crm.root), []))
    assert visitor.send("/contact", {**ANNE, TOKEN: token}).code == 303


def test_a_secret_that_came_with_the_workspace_signs_no_page(
    crm: Crm, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = b"known to a stranger, 32 bytes..."
    (crm.data / ".crm" / "forms").mkdir(exist_ok=True)
    for folder in (crm.data / ".crm" / "forms", *(crm.data / ".crm").glob("derived-*")):
        for name in ("signing-key", "form-signing-key"):
            (folder / name).write_bytes(planted)
    monkeypatch.setenv("CRM_STATE_DIR", str(tmp_path / "state of the user who got the workspace"))
    served = Site(crm)
    visitor = served.visitor()
    served.open_page(visitor)
    cookie = visitor.cookie.partition("=")[2]
    forged = PageSigner(planted).sign_page("contact", cookie, time.time() - 30)
    assert visitor.send("/contact", {**ANNE, TOKEN: forged}).code == 409
    assert served.leads() == []


def test_a_browser_without_cookies_can_send(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    visitor.cookie = ""
    assert visitor.send("/contact", {**ANNE, TOKEN: token}).code == 303


def test_a_program_that_fills_in_everything_sees_thanks_and_is_kept_aside(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    sent = visitor.send("/contact", {**ANNE, "website": "https://spam.example", TOKEN: token})
    assert sent.code == 303
    assert site.leads() == []
    [kept] = site.inbox()
    assert "hidden field 'website'" in kept["reason"]
    site.crm("inbox", "accept", kept["id"])
    assert len(site.leads()) == 1


def test_a_form_filled_in_at_once_is_kept_aside(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor, age=0.5)
    assert visitor.send("/contact", {**ANNE, TOKEN: token}).code == 303
    assert site.leads() == []
    [kept] = site.inbox()
    assert "filled in within 0." in kept["reason"]


def test_sending_twice_makes_one_lead_even_at_another_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    for now in ("2026-11-24T09:00", "2026-11-24T09:05"):
        monkeypatch.setenv("CRM_NOW", now)
        assert visitor.send("/contact", {**ANNE, TOKEN: token}).code == 303
    assert len(site.leads()) == 1
    assert site.inbox() == []


def test_a_second_page_of_the_same_visitor_is_another_request(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = site.visitor()
    for now in ("2026-11-24T09:00", "2026-11-24T09:05"):
        monkeypatch.setenv("CRM_NOW", now)
        visitor.send("/contact", {**ANNE, TOKEN: site.open_page(visitor)})
    assert len(site.leads()) == 2


def test_a_site_of_the_list_can_send_and_others_cannot(site: Site) -> None:
    page = f"{SITE}/contact?utm_source=fb"
    assert site.visitor().send("/contact", ANNE, origin=SITE, referer=page).code == 303
    [lead] = site.leads()
    assert lead["marketing"]["source"] == "facebook"
    for origin in (
        "https://evil.example",
        f"{SITE}.evil.example",
        "http://www.atre-granules.example",
        "null",
        "",
    ):
        assert site.visitor().send("/contact", ANNE, origin=origin).code == 403
    assert len(site.leads()) == 1


def test_a_script_of_a_site_reads_what_is_wrong(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.send("/contact", {"name": "Anne"}, origin=SITE, accept="application/json")
    assert (answer.code, answer.headers["access-control-allow-origin"]) == (422, SITE)
    assert json.loads(answer.body)["faults"].keys() == {"email", "message", "consent"}
    kept = visitor.send("/contact", ANNE, origin=SITE, accept="application/json")
    assert (kept.code, json.loads(kept.body)) == (200, {"state": "received"})
    foreign = visitor.send("/contact", ANNE, origin="https://evil.example", accept="application/json")
    assert (foreign.code, foreign.headers.get("access-control-allow-origin")) == (403, None)


def test_a_large_body_is_refused_before_it_is_read(site: Site) -> None:
    visitor = site.visitor()
    kind = {"content_type": "application/x-www-form-urlencoded"}
    assert visitor.ask("POST", "/contact", b"x=1", {**kind, "content_length": "99999999"}).code == 413
    assert (
        visitor.ask("POST", "/contact", b"x=" + b"a" * 300_000, {**kind, "content_length": "3"}).code == 413
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[" * 200_000),
        ("application/json", b'{"name": {"a": 1}'),
        ("application/json", b"\xff\xfe"),
        ("text/xml", b"<a/>"),
        ("multipart/form-data", b"--a"),
        ("multipart/form-data; boundary=a", b"\r\n--a" * 50_000),
        ("application/x-www-form-urlencoded", b"a&" * 100_000),
        ("application/x-www-form-urlencoded", b""),
        ("multipart/form-data; boundary=" + "b" * 5000, b"--b"),
    ],
)  # fmt: skip
def test_a_hostile_body_is_refused_at_once(site: Site, kind: str, body: bytes) -> None:
    begun = time.perf_counter()
    assert site.visitor().ask("POST", "/contact", body, {"content_type": kind}).code == 400
    assert time.perf_counter() - begun < 2
    assert list_spooled(site.crm.root) == []


def test_a_text_cannot_become_a_header_or_another_field(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    fields = {
        **ANNE,
        "name": "Anne\r\nBcc: victim@example.org",
        "message": "Bonjour\r\ncampaign: volée\r\n\r\nemail: autre@example.org\r\nX-Crm-Form-Reason: x\x00\x1b[31m",
    }
    assert visitor.send("/contact", {**fields, TOKEN: token}).code == 303
    [lead] = site.leads()
    assert "anne@example.org" in site.crm("contact", "show", lead["contact"]).out
    assert (lead["marketing"] or {}).get("campaign") is None
    assert "campaign: volée" in lead["description"]
    [mail] = [
        path.read_bytes()
        for path in (site.crm.data / "mail").rglob("*.eml")
        if b"X-Crm-Form:" in path.read_bytes()
    ]
    assert b"\nBcc:" not in mail
    assert b"\x1b" not in mail


@pytest.mark.parametrize(
    "address", ["mailer-daemon@example.org", "noreply@example.org", "contact@atre-granules.example"]
)
def test_an_address_that_is_nobodys_makes_no_delivery_report(site: Site, address: str) -> None:
    visitor = site.visitor()
    visitor.send("/contact", {**ANNE, "email": address, TOKEN: site.open_page(visitor)})
    assert len(site.leads()) == 1


def test_too_many_forms_of_one_client_are_refused_and_others_are_not(site: Site) -> None:
    visitor = site.visitor("127.0.0.1")
    codes = [
        visitor.send("/contact", ANNE, origin="", x_forwarded_for="1.1.1.1, 198.51.100.7").code
        for _ in range(21)
    ]
    assert codes[-2:] == [403, 429]
    assert visitor.send("/contact", ANNE, origin="", x_forwarded_for="198.51.100.7, 198.51.100.8").code == 403


def test_a_client_cannot_hide_behind_a_header_of_its_own(site: Site) -> None:
    visitor = site.visitor("203.0.113.1")
    codes = [visitor.send("/contact", ANNE, origin="", x_forwarded_for=f"10.0.0.{n}").code for n in range(21)]
    assert codes[-1] == 429


def test_a_form_is_kept_while_the_store_is_locked_and_filed_once_later(site: Site) -> None:
    visitor = site.visitor()
    with lock.hold_lock(site.crm.data, patience=0):
        assert visitor.send("/contact", {**ANNE, TOKEN: site.open_page(visitor)}).code == 303
    assert site.leads() == []
    [name] = list_spooled(site.crm.root)
    assert (site.crm.data / ".crm" / "forms" / name).stat().st_mode & 0o777 == 0o600
    assert "1 web form waits to be filed (crm tick)" in site.crm("check").err
    assert "web form: new lead" in site.crm("tick", "--dry-run").out
    assert "web form: new lead" in site.crm("tick").out
    assert len(site.leads()) == 1
    assert list_spooled(site.crm.root) == []
    assert "web form" not in site.crm("tick").out


def test_the_next_form_takes_those_along_that_wait(site: Site) -> None:
    visitor = site.visitor()
    with lock.hold_lock(site.crm.data, patience=0):
        visitor.send("/contact", {**ANNE, TOKEN: site.open_page(visitor)})
    visitor.send("/contact", {**ANNE, "email": "bruno@example.org", TOKEN: site.open_page(visitor)})
    assert len(site.leads()) == 2
    assert list_spooled(site.crm.root) == []


def test_a_mistake_in_the_configuration_loses_nothing(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    config = site.crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(f"{text}\nnonsense: [", "utf-8")
    assert visitor.send("/contact", {**ANNE, TOKEN: token}).code == 303
    assert len(list_spooled(site.crm.root)) == 1
    config.write_text(text, "utf-8")
    site.crm("tick")
    assert len(site.leads()) == 1


def test_a_form_that_cannot_be_stored_is_shown_again(site: Site) -> None:
    visitor = site.visitor()
    token = site.open_page(visitor)
    spool = site.crm.data / ".crm" / "forms"
    elsewhere = site.crm.root.parent / "elsewhere"
    elsewhere.mkdir()
    spool.symlink_to(elsewhere)
    page = visitor.send("/contact", {**ANNE, TOKEN: token})
    assert page.code == 503
    assert 'value="Anne Le Gall"' in page.body
    assert not list(elsewhere.iterdir())


def test_a_mail_from_outside_cannot_pose_as_a_form(crm: Crm) -> None:
    mail = (
        b"Received: from x by y\nFrom: X <x@example.org>\nTo: devis@atre-granules.example\nSubject: y\n"
        b"Message-ID: <1@example.org>\nX-Crm-Form: contact\nX-Crm-Form-Reason: hidden\n\nemail: z@example.org\n"
    )
    [filed] = json.loads(crm("ingest", "-o", "json", stdin=mail).out)
    assert filed["outcome"] == "new"
    assert "x@example.org" in crm("show", filed["id"]).out
