"""`crm doctor`: what is set up, what is missing, and what to do; it changes nothing."""

import json
from pathlib import Path

import pytest

from tests.harness.crm import Crm

STATES = {"ok", "warn", "fail"}


def examined(crm: Crm, *words: str, code: int = 0, **environment: str) -> dict[str, dict[str, str]]:
    rows = json.loads(crm("doctor", *words, "-o", "json", code=code, **environment).out)
    assert {row["state"] for row in rows} <= STATES
    assert all(row["hint"] for row in rows if row["state"] != "ok")
    return {row["what"]: row for row in rows}


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    found = {}
    for path in root.rglob("*"):
        stat = path.lstat()
        found[str(path)] = (path.read_bytes() if path.is_file() else b"", stat.st_mtime_ns)
    return found


@pytest.fixture
def nowhere(tmp_path: Path) -> Crm:
    crm = Crm(tmp_path / "nowhere")
    crm.root.mkdir()
    del crm.environment["CRM_WORKSPACE"]
    return crm


def test_outside_of_a_workspace_it_is_about_the_machine(nowhere: Crm) -> None:
    found = examined(nowhere)
    assert list(found)[:6] == ["python", "locale", "terminal", "git", "state", "cron"]
    assert "crm init" in found["workspace"]["hint"]
    assert everything(nowhere.root.parent).keys() == {str(nowhere.root)}


def test_each_thing_is_one_line(crm: Crm) -> None:
    lines = crm("doctor").out.splitlines()
    assert {line.split()[0] for line in lines} <= STATES
    assert len(lines) == len(examined(crm))


def test_it_changes_nothing(crm: Crm) -> None:
    (crm.data / "crm.yaml").write_text((crm.data / "crm.yaml").read_text("utf-8") + "# edited\n", "utf-8")
    before = everything(crm.root)
    crm("doctor")
    crm("doctor", "-o", "json")
    assert everything(crm.root) == before


def test_what_is_stale_or_waits_is_named_with_a_command(crm: Crm) -> None:
    (crm.data / "schema/config.json").unlink()
    (crm.data / "quarantine").mkdir(exist_ok=True)
    (crm.data / "quarantine/x.eml").write_bytes(b"From: x\n\n")
    (crm.data / ".crm/journal").mkdir(exist_ok=True)
    (crm.data / ".crm/journal/pending").write_bytes(b"")
    found = examined(crm)
    assert found["schemas"]["hint"] == "crm schema --write"
    assert found["incoming"]["hint"] == "crm inbox list"
    assert found["changes"]["state"] == "warn"
    assert found["outbox"]["hint"] == "crm outbox send"
    assert (crm.data / ".crm/journal/pending").exists()
    (crm.data / ".crm/journal/pending").unlink()
    crm("schema", "--write")
    assert examined(crm)["schemas"]["state"] == "ok"


def test_a_record_that_cannot_be_read_fails(crm: Crm) -> None:
    crm.file("xgcej9p8").write_text("title: [", "utf-8")
    assert crm.file("xgcej9p8").name in examined(crm, code=1)["records"]["found"]


def test_a_configuration_with_a_mistake_fails_with_the_line(crm: Crm) -> None:
    (crm.data / "crm.yaml").write_text("schema: 1\nstagez: []\n", "utf-8")
    found = examined(crm, code=1)
    assert "crm.yaml:2" in found["workspace"]["found"]
    assert found["workspace"]["hint"] == "crm config check"


def test_somebody_whom_the_workspace_does_not_know_is_told_so(crm: Crm) -> None:
    del crm.environment["CRM_USER"]
    config = crm.data / "crm.yaml"
    config.write_text(
        config.read_text("utf-8").replace("logins: [marie, mlegoff, root]", "logins: [marie]"), "utf-8"
    )
    found = examined(crm, code=1, USER="nobody", LOGNAME="nobody", GIT_CONFIG_GLOBAL="/dev/null")
    assert "--as" in found["user"]["hint"]


def test_cron_is_seen(crm: Crm, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    crontab = programs / "crontab"
    crontab.write_text(
        "#!/bin/sh\necho '*/5 * * * * crm -C /x tick --quiet'\necho '0 7 * * * crm due --mail'\n"
    )
    crontab.chmod(0o755)
    path = f"{programs}:{crm.environment['PATH']}"
    assert examined(crm, PATH=path)["cron"]["found"] == "runs tick and the due report"
    crontab.write_text("#!/bin/sh\necho '# crm tick'\n")
    assert examined(crm, PATH=path)["cron"]["state"] == "warn"


def test_the_mail_server_is_asked_only_with_connect(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    server = (
        "  transport: smtp\n  host: 127.0.0.1\n  port: 9\n  security: none\n  timeout: 2\n  in_git: false"
    )
    config.write_text(text.replace("  in_git: false", server, 1), "utf-8")
    assert examined(crm)["mail"]["state"] == "ok"
    crm("trust", "--yes")
    assert examined(crm, "--connect", code=1)["mail"]["state"] == "fail"


def test_programs_that_are_not_trusted_are_named(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace("rules:\n", "rules:\n  - {id: tell, on: won, run: ./notify.sh}\n", 1), "utf-8"
    )
    assert examined(crm)["programs"]["hint"] == "crm trust --list"
    crm("trust", "--yes")
    assert examined(crm)["programs"]["state"] == "ok"


def test_a_wrong_directory_is_refused(nowhere: Crm) -> None:
    assert "no workspace" in nowhere.refused("doctor", "-C", ".", code=2)
