"""Every field of every record, in files: erased from all of them; and a new field takes one line."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from crmcli.domain.model.fields import fields_of
from crmcli.domain.model.record_types import Opportunity
from crmcli.store import records
from tests.domain.model.test_fields import fill
from tests.harness.crm import NOW, Crm
from tests.harness.places import ROOT

WHO, DEAL = "f8dz9xw4", "sdsw7zdf"
NAME = "équipe de Pierre RICHARD"


def test_what_people_wrote_about_somebody_is_erased_from_every_field_of_a_deal(crm: Crm) -> None:
    path = crm.file(DEAL)
    text = path.read_text("utf-8")
    text = text.replace("\nmarketing:\n", f"\nmarketing:\n  apporteur: {NAME}\n", 1)
    path.write_text(f"{text}team: {NAME}\nreferral:\n  memo: {NAME}\nown: {{deep: [{NAME}]}}\n", "utf-8")
    crm("set", "z5966pa8", "team=Pierre RICHARD")
    said = crm("contact", "erase", WHO, "--yes").out
    assert "still named" not in said
    assert not [name for name, content in crm.records().items() if b"RICHARD" in content]
    assert json.loads(crm("show", DEAL, "-o", "json").out)["team"] == "équipe de [effacé]"
    assert crm("check").out == ""


def test_what_only_people_can_change_is_told_with_the_field(crm: Crm) -> None:
    path = crm.file(DEAL)
    path.write_text(path.read_text("utf-8").replace("owner: marie", "owner: Pierre RICHARD"), "utf-8")
    said = crm("contact", "erase", WHO, "--yes").out
    assert f"still named in {path.relative_to(crm.root)} (owner): change this yourself" in said


def test_a_page_shows_unknown_keys_of_every_part(crm: Crm) -> None:
    whole = fill(Opportunity, "Zébulon")
    path = crm.file(DEAL).with_name("zebulon--zzzzzzzz.yaml")
    path.write_bytes(
        records.write_canonical(whole, path).replace(b"id: Z\xc3\xa9bulon\n", b"id: zzzzzzzz\n", 1)
    )
    page = crm("show", "zzzzzzzz").out
    lines = [
        spec for spec in fields_of(Opportunity) if spec.declared.line and spec.is_plain and spec.type is str
    ]
    assert all(re.search(rf"^{spec.label} +.*Zébulon", page, re.M) for spec in lines)
    parts = sum(spec.is_part for spec in fields_of(Opportunity)) + 1
    assert len(re.findall("unknown:? +Zébulon", page)) >= parts


def test_a_new_field_takes_one_line(crm: Crm, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "crmcli", tmp_path / "crmcli", ignore=shutil.ignore_patterns("__pycache__"))
    model = tmp_path / "crmcli" / "domain" / "model" / "record_types.py"
    [line] = re.findall(r"```python\n( +site_access: .*\n)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    before, marker, after = model.read_text("utf-8").partition("    fields: Annotated[Open")
    model.write_text(before + line + marker + after, "utf-8")
    environment = {**crm.environment, "PYTHONPATH": str(tmp_path), "CRM_NOW": NOW, "PATH": os.environ["PATH"]}

    def run(*args: str) -> str:
        command = [sys.executable, "-m", "crmcli", *args]
        done = subprocess.run(
            command, env=environment, cwd=crm.root, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), (args, done.stderr)
        return done.stdout

    said = run("set", DEAL, "site_access=Pont à 3,5 t, chez Pierre RICHARD")
    assert "site_access none → Pont à 3,5 t" in said
    assert re.search(r"^Site access +Pont à 3,5 t", run("show", DEAL), re.M)
    made = run("create", "Insert", "--field", "site_access=Étroit", "-o", "ids").strip()
    for query in ("site_access:~3,5", "text:3,5", "site_access:any"):
        assert DEAL in run("list", query, "-o", "ids").split()
    assert "site_access" in run("list", "site_access:Étroit", "-o", "json")
    assert run("list", "--fields", "site_access", f"id:{made}", "-o", "csv").split() == [
        "site_access",
        "Étroit",
    ]
    assert "the site access" in run("help", "query")
    assert "site_access" in json.loads(run("schema", "opportunity"))["properties"]
    assert "Étroit" in run("sql", "select site_access from opportunities where site_access = 'Étroit'")
    assert "site_access=" in run("__complete", "fish", "crm", "set", DEAL, "site")
    other = run("create", "Poêle", "-o", "ids").strip()
    assert "Étroit" in run("merge", other, made, "--yes")
    assert "Étroit" in run("show", other)
    run("contact", "erase", WHO, "--yes")
    assert "chez [effacé]" in run("show", DEAL)
