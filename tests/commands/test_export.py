"""`crm export csv`, `json`, `parquet`: the records for other programs, read back by them."""

import csv
import io
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.places import ROOT


def test_all_tables_go_into_a_folder_and_a_second_export_replaces_them(crm: Crm, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    said = crm("export", "csv", "--to", str(folder)).out
    assert said.startswith(f"wrote 9 files into {folder}\n")
    assert (folder.stat().st_mode & 0o777, (folder / "contacts.csv").stat().st_mode & 0o777) == (0o700, 0o600)
    crm("create", "Encore un")
    crm("export", "csv", "--to", str(folder))
    assert "Encore un" in (folder / "opportunities.csv").read_text("utf-8")
    assert "is inside pipeline_data" in crm.refused("export", "csv", "--to", str(crm.data / "x"), code=2)


def test_one_table_is_printed_and_a_query_chooses_its_records(shared: Crm) -> None:
    rows = list(csv.DictReader(io.StringIO(shared("export", "csv", "opportunities", "is:won").out)))
    assert {row["outcome"] for row in rows} == {"won"}
    assert {row["effective_probability"] for row in rows} == {"100"}
    ids = {row["id"] for row in rows}
    history = csv.DictReader(io.StringIO(shared("export", "csv", "history", "is:won").out))
    assert {row["opportunity"] for row in history} == ids


def test_one_table_into_a_folder_leaves_the_others_alone(crm: Crm, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    crm("export", "csv", "--to", str(folder))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    crm("contact", "set", "f8dz9xw4", "job=Gérant")
    crm("export", "csv", "contacts", "--to", str(folder))
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"contacts.csv"}


@pytest.mark.parametrize(
    "option", [["--excel"], ["-o", "json"], ["--columns", "id"], ["--no-headers"], ["--vertical"]]
)
def test_an_export_has_one_form(shared: Crm, option: list[str]) -> None:
    for command in (["export", "csv", "contacts"], ["export", "ics"]):
        assert (
            f"{' '.join(option[:2]) if option[0] == '-o' else option[0]} asks for another"
            in shared.refused(*command, *option, code=2)
        )


def test_without_pyarrow_only_parquet_is_refused(crm: Crm, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    program = "import sys; sys.modules['pyarrow'] = None; from crmcli.__main__ import main; main()"
    words = ["-C", str(crm.root), "export"]
    command = [sys.executable, "-c", program, *words]
    ended = subprocess.run([*command, "parquet", str(lake)], capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr == "crm: Parquet needs pyarrow (pip install 'crm-plain[parquet]')\n"
    assert not lake.exists()
    assert subprocess.run([*command, "csv", "--to", str(lake)], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["csv"], "what to export is missing"),
        (["csv", "deals"], "csv has no table 'deals'"),
        (["csv", "../out put"], "all tables into a folder: crm export csv --to '../out put'"),
        (["json", "activities"], "they have the others in them"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_line(shared: Crm, words: list[str], said: str) -> None:
    error = shared.refused("export", *words, code=2)
    assert said in error
    assert error.count("\n") == 1


def test_an_empty_workspace_has_headers_and_no_rows(bare: Crm, tmp_path: Path) -> None:
    assert bare("export", "csv", "opportunities").out.count("\n") == 1
    assert bare("export", "json", "opportunities").out == "[]\n"
    assert bare("export", "jsonl", "contacts").out == ""
    bare("export", "parquet", str(tmp_path / "lake"))
    [count] = duckdb.sql(f"SELECT COUNT(*) FROM '{tmp_path}/lake/opportunities/*.parquet'").fetchall()
    assert count == (0,)


def test_ten_workspaces_are_analysed_as_one(sample: Path, tmp_path: Path) -> None:
    teams = [copy_workspace(sample, tmp_path / f"team-{number}") for number in range(10)]
    config = teams[3].data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("\nfields:\n", "\nfields:\n  - {name: roof, type: number}\n", 1), "utf-8")
    teams[3]("create", "Toiture", "--revenue", "1234.56", "--field", "roof=2.5")
    lake = tmp_path / "lake"
    words = [word for team in teams for word in ("--workspace", str(team.root))]
    teams[0]("export", "parquet", str(lake), *words)
    database = duckdb.connect()
    database.sql(f"CREATE VIEW deals AS SELECT * FROM '{lake}/opportunities/*.parquet'")
    database.sql(f"CREATE VIEW moves AS SELECT * FROM '{lake}/history/*.parquet'")
    one = json.loads(teams[0]("list", "is:any", "-o", "json").out)
    expected = sum(Decimal(str(each["expected_revenue"] or 0)) for each in one)
    [(total, count)] = database.sql(
        "SELECT SUM(expected_revenue), COUNT(DISTINCT workspace) FROM deals"
    ).fetchall()
    assert (total, count) == (expected * 10 + Decimal("1234.56"), 10)
    assert database.sql("SELECT fields.roof FROM deals WHERE fields.roof IS NOT NULL").fetchall() == [(2.5,)]
    types = dict(database.sql("SELECT column_name, column_type FROM (DESCRIBE deals)").fetchall())
    assert types["expected_revenue"] == "DECIMAL(15,2)"
    assert types["created"] == "TIMESTAMP WITH TIME ZONE"
    assert types["expected_close"] == "DATE"
    assert types["tags"] == "VARCHAR[]"
    [(by_brand,)] = database.sql(
        "SELECT COUNT(DISTINCT fields.brand) FROM deals WHERE 'rika' IN tags"
    ).fetchall()
    assert by_brand >= 1
    for query in re.findall(r"\n((?:SELECT|FROM)[^;`]*);", (ROOT / "docs" / "data.md").read_text("utf-8")):
        rows = database.sql(query.replace("'lake/", f"'{lake}/")).fetchall()
        assert len({row[0] for row in rows}) == 10  # each team has rows of its own
    joined = "SELECT COUNT(*) FROM moves JOIN deals ON deals.id = moves.opportunity AND deals.workspace = moves.workspace"
    [(entries,)] = database.sql(joined).fetchall()
    assert entries == 10 * sum(len(each["history"]) for each in one) + 1


def test_a_query_lets_out_only_the_people_of_its_deals(crm: Crm, tmp_path: Path) -> None:
    [deal] = json.loads(crm("list", "id:xgcej9p8", "is:any", "-o", "json").out)
    crm("contact", "set", deal["contact"], "company=Menuiserie Le Goff")
    crm("set", "xgcej9p8", "referral.by=Jeanne MARTIN")
    folder = tmp_path / "one"
    crm("export", "csv", "id:xgcej9p8", "--to", str(folder))
    people = list(csv.DictReader(io.StringIO((folder / "contacts.csv").read_text("utf-8"))))
    assert {each["name"] for each in people} == {deal["contact_name"], "Menuiserie Le Goff", "Jeanne MARTIN"}
    own = {each["id"] for each in people}
    for table in ("addresses", "contact_history"):
        rows = csv.DictReader(io.StringIO((folder / f"{table}.csv").read_text("utf-8")))
        assert {row["contact"] for row in rows} <= own
    assert {
        each["record"]["id"] for each in json.loads(crm("export", "json", "contacts", "id:xgcej9p8").out)
    } == own
    crm("export", "parquet", str(tmp_path / "lake"), "id:xgcej9p8")
    found = duckdb.sql(f"SELECT id FROM '{tmp_path}/lake/contacts/*.parquet'").fetchall()
    assert {id for (id,) in found} == own
    assert len(list(csv.reader(io.StringIO(crm("export", "csv", "contacts").out)))) > 20


def test_files_of_another_workspace_with_the_same_name_are_not_replaced(sample: Path, tmp_path: Path) -> None:
    teams = [copy_workspace(sample, tmp_path / place / "crm") for place in ("north", "south")]
    lake = tmp_path / "lake"
    teams[0]("export", "parquet", str(lake))
    before = {path: path.read_bytes() for path in lake.rglob("*.parquet")}
    refused = teams[1].refused("export", "parquet", str(lake), code=5)
    assert f"crm.parquet is the export of another workspace, {teams[0].root}" in refused
    assert {path: path.read_bytes() for path in lake.rglob("*.parquet")} == before
    teams[0]("export", "parquet", str(lake))


@pytest.mark.parametrize("format", ["csv", "json", "jsonl"])
def test_an_export_without_rows_is_an_empty_result(shared: Crm, format: str) -> None:
    for table in ("opportunities", "contacts"):
        shared("export", format, table, "-e")
        shared("export", format, table, "title:nothinglikethis", "-e", code=1)
