"""`crm report html`: a site that is written once, and then only where something changed."""

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.harness.crm import Crm

RICHARD = "xgcej9p8"
SPONSOR = "Jeanne MARTIN"


@pytest.fixture
def site(crm: Crm, tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    crm("report", "html", str(folder))
    return folder


def pages_of(site: Path) -> dict[str, str]:
    return {str(path.relative_to(site)): path.read_text("utf-8") for path in sorted(site.rglob("*.html"))}


def write_again(crm: Crm, site: Path, *words: str) -> dict[str, int]:
    told: dict[str, int] = json.loads(crm("report", "html", str(site), *words, "-o", "json").out)[0]
    return told


def test_every_deal_has_a_page_and_every_link_leads_to_one(crm: Crm, site: Path) -> None:
    pages = pages_of(site)
    assert {f"deals/{id}.html" for id in crm("list", "is:any", "-o", "ids").out.split()} <= pages.keys()
    for path, text in pages.items():
        for link in re.findall(r'href="([^#"]+)"', text):
            if not link.startswith("data:"):
                assert (site / path).parent.joinpath(unquote(link)).resolve().is_file(), (path, link)


def test_the_page_of_a_deal_tells_all_that_show_tells(crm: Crm, site: Path) -> None:
    page = html.unescape(pages_of(site)[f"deals/{RICHARD}.html"])
    told = json.loads(crm("show", RICHARD, "-o", "json").out)
    assert told["title"] in page
    assert told["contact_name"] in page
    for line in told["description"].splitlines():
        assert line in page
    for message in told["messages"]:
        for line in filter(None, map(str.strip, message["text"].splitlines())):
            assert line in page


def test_it_speaks_the_language_of_the_workspace(site: Path) -> None:
    pages = pages_of(site)
    assert all('<html lang="fr">' in page for page in pages.values())
    assert "Entonnoir" in pages["funnel.html"]


def test_written_again_nothing_changes(crm: Crm, site: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    told = write_again(crm, site)
    assert (told["written"], told["removed"]) == (0, 0)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def test_only_pages_that_changed_are_written(crm: Crm, site: Path) -> None:
    crm("note", RICHARD, "-m", "Rappeler jeudi")
    assert write_again(crm, site)["written"] == 1
    assert "Rappeler jeudi" in pages_of(site)[f"deals/{RICHARD}.html"]


def test_a_deal_that_does_not_match_any_more_has_no_page(crm: Crm, site: Path) -> None:
    own = site / "deals" / "notes.html"
    own.write_text("<p>mine", "utf-8")
    told = write_again(crm, site, "owner:marie")
    kept = {f"{id}.html" for id in crm("list", "is:any", "owner:marie", "-o", "ids").out.split()}
    assert {path.name for path in (site / "deals").iterdir()} == {*kept, own.name}
    assert told["removed"] > 0


@pytest.mark.parametrize("name", ["index.html", "deals/xgcej9p8.html"])
def test_a_page_that_is_not_of_crm_is_never_replaced(crm: Crm, tmp_path: Path, name: str) -> None:
    place = tmp_path / "site" / name
    place.parent.mkdir(parents=True)
    place.write_text("<p>mine", "utf-8")
    assert "was not written by crm" in crm.refused("report", "html", str(tmp_path / "site"), code=5)
    assert place.read_text("utf-8") == "<p>mine"


def test_a_style_sheet_of_somebody_is_not_replaced_and_nothing_is_put_beside_it(
    crm: Crm, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "style.css").write_text("body{}", "utf-8")
    assert "was not written by crm" in crm.refused("report", "html", str(tmp_path / "site"), code=5)
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["style.css"]


def test_a_place_that_no_directory_can_have_is_refused_by_its_name(crm: Crm, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for place in ("file", "link"):
        for below in ("", "/site"):
            told = crm.refused("report", "html", f"{tmp_path}/{place}{below}", code=2)
            assert told.startswith(f"crm: '{tmp_path}/{place}' is not a directory")
    (tmp_path / "site" / "index.html").mkdir(parents=True)
    told = crm.refused("report", "html", str(tmp_path / "site"), code=1)
    assert told == f"crm: {tmp_path}/site/index.html: Is a directory\n"


def test_a_link_in_the_site_is_not_followed(crm: Crm, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "deals").symlink_to(elsewhere)
    crm.refused("report", "html", str(tmp_path / "site"), code=5)
    assert not any(elsewhere.iterdir())


def test_a_file_that_cannot_be_read_is_named_and_the_others_have_pages(crm: Crm, tmp_path: Path) -> None:
    crm("list")
    crm.file(RICHARD).write_text("title: [", "utf-8")
    ended = crm("report", "html", str(tmp_path / "site"))
    assert RICHARD in ended.err
    pages = pages_of(tmp_path / "site")
    assert f"deals/{RICHARD}.html" not in pages
    assert {f"deals/{id}.html" for id in crm("list", "is:any", "-o", "ids").out.split()} <= pages.keys()


def test_an_anonymous_site_names_nobody_and_quotes_nobody(crm: Crm, tmp_path: Path) -> None:
    crm("report", "html", str(tmp_path / "site"), "--anonymise")
    pages = pages_of(tmp_path / "site")
    people = [json.loads(line) for line in crm("contact", "list", "-o", "jsonl").out.splitlines()]
    deals = [json.loads(line) for line in crm("list", "is:any", "-o", "jsonl").out.splitlines()]
    typed = {SPONSOR, "marie", "Marie"}
    for person in people:
        typed |= {person["name"], *person.get("emails", ()), *person.get("phones", ())}
        typed |= {place["city"] for place in person.get("addresses", ()) if place.get("city")}
    for deal in deals:
        typed |= {deal["title"], *deal.get("description", "").splitlines()}
        typed |= {each["summary"] for each in deal["activities"] if each["summary"]}
        typed |= {each["note"] for each in deal["activities"] if each.get("note")}
        typed |= {
            line for each in deal.get("messages", ()) for line in each["text"].splitlines() if len(line) > 12
        }
        typed |= {each["text"] for each in deal["history"] if each.get("text")}
    typed = {text for text in typed if len(text) > 3}
    for path, page in pages.items():
        assert [text for text in typed if text in page] == [], path


def test_a_workspace_without_deals_has_a_site(crm: Crm, tmp_path: Path) -> None:
    for path in (crm.data / "opportunities").rglob("*.yaml"):
        path.unlink()
    crm("report", "html", str(tmp_path / "site"))
    assert "board.html" in pages_of(tmp_path / "site")


@pytest.mark.parametrize(
    "place", ["", "crm.yaml", "pipeline_data/site", "pipeline_data", "questionnaires", "templates/x", "."]
)
def test_a_place_for_a_site_is_a_directory_outside_the_data(crm: Crm, place: str) -> None:
    before = crm.records()
    crm.refused("report", "html", place if place != "crm.yaml" else str(crm.data / place), code=2)
    assert crm.records() == before


def test_a_deal_whose_file_has_no_id_is_found_on_the_board(crm: Crm, tmp_path: Path) -> None:
    (crm.data / "opportunities" / "a b#c?.yaml").write_text("title: Poêle <b>\nstage: new\n", "utf-8")
    crm("report", "html", str(tmp_path / "site"))
    [link] = re.findall(r'href="(deals/a[^"]*)"', pages_of(tmp_path / "site")["board.html"])
    assert "Poêle &lt;b&gt;" in (tmp_path / "site" / unquote(link)).read_text("utf-8")


def test_every_file_has_a_page_of_its_own_whatever_its_name(crm: Crm, tmp_path: Path) -> None:
    for year, name in (("2025", "Poêle"), ("2026", "Poêle"), ("2026", "poêle"), ("2026", "a b#%?&'\"<c>")):
        path = crm.data / "opportunities" / year / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"title: {year} {name!r:.6}\n", "utf-8")
    doubled = crm.data / "opportunities" / "2025" / f"other--{RICHARD}.yaml"
    doubled.write_bytes(crm.file(RICHARD).read_bytes())
    count = len(crm("list", "is:any", "-o", "jsonl").out.splitlines())
    crm("report", "html", str(tmp_path / "site"))
    assert len(list((tmp_path / "site" / "deals").iterdir())) == count
    again = write_again(crm, tmp_path / "site")
    assert (again["written"], again["removed"]) == (0, 0)


def test_the_overview_has_the_figures_of_the_report_on_the_pipeline(crm: Crm, site: Path) -> None:
    *_, total = crm("report", "pipeline").out.splitlines()
    page = pages_of(site)["index.html"]
    assert all(part.strip() in page for part in total.split("  ") if part.strip())
    assert page.count(total.split("  ")[-1]) == 2  # the weighted revenue: in the figures, and as the total
