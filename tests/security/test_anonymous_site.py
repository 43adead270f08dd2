"""A site with --anonymise shows no text that somebody typed, whatever field it stands in."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from crmcli.domain.model.record_types import Contact, Kind, Opportunity
from crmcli.store import records
from tests.domain.model.test_fields import fill
from tests.harness.crm import Crm

TYPED = "Zyxwvutsrq"
DEAL, LOST, LEAD, FREE, CONTACT = "zzzzzzz1", "zzzzzzz2", "tttttttt", "vvvvvvvv", "yyyyyyyy"


@pytest.fixture
def filled(crm: Crm) -> Crm:
    """A workspace with a typed text in every field: as it stands, and in deals that are used otherwise."""
    whole: Opportunity = fill(Opportunity, TYPED)
    [first, *_] = whole.activities
    usable = replace(
        whole, id=DEAL, kind=Kind.OPPORTUNITY, contact=CONTACT, stage="contacted", lost=None, closed=None,
        activities=(replace(first, id="xxxxxxxx", assignee=TYPED, state="planned"),),
        project=replace(whole.project, questionnaire="pag", answers={"surface": TYPED, "logement": TYPED, TYPED: TYPED}) if whole.project else None,
        referral=replace(whole.referral, by=CONTACT) if whole.referral else None,
    )  # fmt: skip
    written: tuple[tuple[Opportunity | Contact, str], ...] = (
        (whole, f"opportunities/2026/{TYPED}--{FREE}"),
        (replace(whole, id=None), f"opportunities/2026/{TYPED}"),
        (usable, f"opportunities/2026/{TYPED}--{DEAL}"),
        (replace(usable, id=LOST, lost=TYPED, activities=()), f"opportunities/2026/{TYPED}--{LOST}"),
        (replace(usable, id=LEAD, kind=Kind.LEAD, activities=()), f"opportunities/2026/{TYPED}--{LEAD}"),
        (replace(fill(Contact, TYPED), id=CONTACT), f"contacts/{TYPED}--{CONTACT}"),
    )
    for record, name in written:
        path = crm.data / f"{name}.yaml"
        path.write_bytes(records.write_canonical(record, path))
    return crm


def test_no_typed_text_is_in_a_page_nor_in_its_name(filled: Crm, tmp_path: Path) -> None:
    plain, anonymous = tmp_path / "plain", tmp_path / "anonymous"
    filled("report", "html", str(plain))
    filled("report", "html", str(anonymous), "--anonymise")
    names = {path.relative_to(anonymous).as_posix() for path in anonymous.rglob("*.html")}
    assert f"deals/{DEAL}.html" in names
    assert len(names) == len(list(plain.rglob("*.html")))
    assert TYPED in (plain / "deals" / f"{DEAL}.html").read_text("utf-8")
    shown = {name: (anonymous / name).read_text("utf-8").casefold() for name in names}
    for name, page in shown.items():
        place = page.find(TYPED.casefold())
        assert place < 0, f"{name}: {page[max(0, place - 200) : place + 60]}"
    assert not [name for name in names if TYPED.casefold() in name.casefold()]


def test_names_do_not_take_the_place_of_an_anonymised_site(crm: Crm, tmp_path: Path) -> None:
    site = tmp_path / "site"
    crm("report", "html", str(site), "--anonymise")
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    refused = crm.refused("report", "html", str(site), code=5)
    assert refused == f"crm: {site}: is an anonymised site (--anonymise, or a new directory)\n"
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before
    crm("report", "html", str(site), "owner:marie", "--anonymise")
