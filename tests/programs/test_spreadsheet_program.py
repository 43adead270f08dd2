"""`-o csv --excel`, opened by LibreOffice as on a French computer: amounts are numbers, days are days."""

import csv
import io
import json
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element, parse

import pytest

from tests.harness.crm import Crm

needs_office = pytest.mark.skipif(not shutil.which("soffice"), reason="no LibreOffice here")
FRENCH = "CSV:59,34,76,1,,1036,false,true"  # separator ;, quotes, UTF-8, from line 1, French, as typed
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
Cell = tuple[str, str]  # its type, and its value


def open_csv(printed: str, place: Path) -> list[list[Cell]]:
    """The rows of a CSV text as LibreOffice reads them."""
    (place / "list.csv").write_text(printed, "utf-8")
    command = [
        "soffice",
        f"-env:UserInstallation=file://{place}/profile",
        "--headless",
        f"--infilter={FRENCH}",
    ]
    command += ["--convert-to", "fods", "--outdir", str(place), str(place / "list.csv")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    rows = parse(place / "list.fods").getroot().iter(f"{TABLE}table-row")
    return [[cell for each in row.iter(f"{TABLE}table-cell") for cell in cells_of(each)] for row in rows]


def cells_of(element: Element) -> list[Cell]:
    """The equal cells that an element stands for; long runs of empty ones are what follows the table."""
    kind = element.get(f"{OFFICE}value-type", "")
    values = {"float": "value", "date": "date-value"}
    text = "\n".join(each.text or "" for each in element.iter(f"{TEXT}p"))
    value = element.get(f"{OFFICE}{values[kind]}") if kind in values else text
    repeated = int(element.get(f"{TABLE}number-columns-repeated", "1"))
    return [(kind, value)] * (repeated if repeated < 100 else 0)


@needs_office
def test_a_french_spreadsheet_sums_amounts_and_knows_days_and_texts(crm: Crm, tmp_path: Path) -> None:
    crm("set", "xgcej9p8", "revenue=8000.50")
    crm("contact", "set", "f8dz9xw4", "phones=+33612345678", "postcode=01000", "city=1/2")
    asked = ["is:any", "--columns", "id,expected_revenue,created,contact_phone,title"]
    printed = crm("list", *asked, "-o", "csv", "--excel").out
    headings, *rows = open_csv(printed, tmp_path)
    assert [text for _, text in headings][:4] == ["id", "expected", "created", "phone"]
    told = {each["id"]: each for each in json.loads(crm("list", "is:any", "-o", "json").out)}
    read = {row[0][1]: row for row in rows if row}
    assert read.keys() == told.keys()
    amounts = [Decimal(row[1][1]) for row in read.values() if row[1][0] == "float"]
    assert sum(amounts) == sum(Decimal(str(each["expected_revenue"] or 0)) for each in told.values())
    assert read["xgcej9p8"][1] == ("float", "8000.5")
    assert {row[2][0] for row in read.values()} == {"date"}
    assert read["xgcej9p8"][2][1].startswith(told["xgcej9p8"]["created"][:10])
    assert read["xgcej9p8"][3] == ("string", "06 12 34 56 78")
    contacts = crm(
        "contact", "list", "richard", "--columns", "name,postcode,city", "-o", "csv", "--excel"
    ).out
    (tmp_path / "people").mkdir()
    assert open_csv(contacts, tmp_path / "people")[1][1:] == [("string", "01000"), ("string", "1/2")]


def test_csv_for_programs_stays_as_it_is(shared: Crm) -> None:
    plain = shared("list", "id:xgcej9p8", "-o", "csv", "--columns", "id,expected_revenue,created").out
    [row] = csv.DictReader(io.StringIO(plain))
    assert row["expected_revenue"] == "8000"
    assert not plain.startswith("\ufeff")
    assert "is for CSV" in shared.refused("list", "-o", "json", "--excel", code=2)
