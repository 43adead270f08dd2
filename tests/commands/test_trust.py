"""Programs of a workspace: none runs unless exactly it is trusted, and none can hold up the store."""

import json
import time
from pathlib import Path

import pytest

from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.places import MAILS

DEAL = "xgcej9p8"
RULE = "rules:\n  - {id: tell, on: won, run: {program: sh tell.sh won, timeout: 2}}\n"


@pytest.fixture(scope="module")
def original(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a rule that runs a script of its own, which has been read."""
    crm = copy_workspace(sample, tmp_path_factory.mktemp("telling") / "stoves")
    config = crm.data / "crm.yaml"
    config.write_text(config.read_text().replace("rules:\n", RULE, 1))
    (crm.root / "tell.sh").write_text("cat > told.json\n")
    crm("list")
    return crm.root


@pytest.fixture
def telling(original: Path, tmp_path: Path) -> Crm:
    """A workspace with a rule that runs a script of its own."""
    return copy_workspace(original, tmp_path / "stoves")


def said(crm: Crm) -> str:
    [line] = [line for line in crm("why", DEAL).out.splitlines() if "rule tell" in line]
    return line


def recorded(crm: Crm) -> list[dict[str, object]]:
    """What the history says of the rule's last firing in JSON."""
    history = json.loads(crm("show", DEAL, "-o", "json").out)["history"]
    *_, did = [entry["did"] for entry in history if entry.get("rule") == "tell"]
    assert isinstance(did, list)
    return did


def test_what_is_not_trusted_does_not_run_and_the_change_stands(telling: Crm) -> None:
    done = telling("win", DEAL, code=7)
    assert "sh tell.sh won: not trusted, not run (crm trust)" in done.err
    assert not (telling.root / "told.json").exists()
    assert "not trusted, not run" in said(telling)
    assert recorded(telling) == [{"run": {"outcome": "not-trusted"}}]
    assert json.loads(telling("show", DEAL, "-o", "json").out)["outcome"] == "won"


def test_what_is_trusted_gets_one_document(telling: Crm) -> None:
    telling("trust", "--yes")
    telling("win", DEAL)
    document = json.loads((telling.root / "told.json").read_text())
    assert (document["schema"], document["rule"]) == ("crm.run/1", "tell")
    assert (document["opportunity"]["id"], document["opportunity"]["outcome"]) == (DEAL, "won")
    assert document["contact"]["name"] == "Pierre RICHARD"
    assert "ended 0" in said(telling)
    assert recorded(telling) == [{"run": {"outcome": "ended", "code": 0}}]


@pytest.mark.parametrize("what", ["the script", "the line", "another program", "a hook"])
def test_any_change_has_to_be_trusted_again(telling: Crm, what: str) -> None:
    telling("trust", "--yes")
    config = telling.data / "crm.yaml"
    if what == "the script":
        (telling.root / "tell.sh").write_text("touch stolen\n")
    elif what == "the line":
        config.write_text(config.read_text().replace("tell.sh won", "tell.sh lost"))
    elif what == "another program":
        config.write_text(
            config.read_text().replace("rules:\n", "rules:\n  - {id: x, on: lost, run: reboot}\n", 1)
        )
    else:
        hook(telling, "post-change", "touch stolen")
    assert "not trusted" in telling("win", DEAL, code=7).err
    assert not (telling.root / "stolen").exists()


def test_trust_is_for_this_place_and_can_be_taken_back(telling: Crm) -> None:
    telling("trust", "--yes")
    assert "yes" in telling("trust", "--list").out
    telling("trust", "--revoke")
    assert "not trusted" in telling("win", DEAL, code=7).err
    assert "--yes trusts them" in telling.refused("trust", code=2)


@pytest.mark.parametrize("script", ["sleep 60", "sleep 60 & wait", "while :; do :; done"])
def test_a_program_that_does_not_end_is_ended(telling: Crm, script: str) -> None:
    (telling.root / "tell.sh").write_text(script)
    telling("trust", "--yes")
    began = time.monotonic()
    assert "stopped after 2 s" in telling("win", DEAL, code=7).err
    assert time.monotonic() - began < 20
    assert "stopped after 2 s" in said(telling)
    assert recorded(telling) == [{"run": {"outcome": "stopped", "seconds": 2}}]


def test_a_program_that_fails_is_told_and_is_run_no_second_time(telling: Crm) -> None:
    (telling.root / "tell.sh").write_text("echo x >> count; echo 'no network' >&2; exit 3\n")
    telling("trust", "--yes")
    assert "sh tell.sh won: ended 3: no network" in telling("win", DEAL, code=7).err
    telling("tick")
    assert (telling.root / "count").read_text() == "x\n"
    assert recorded(telling) == [{"run": {"outcome": "ended", "code": 3}}]


def test_a_program_that_is_killed_or_missing_is_told(telling: Crm) -> None:
    (telling.root / "tell.sh").write_text("kill -s KILL $$\n")
    telling("trust", "--yes")
    assert "sh tell.sh won: ended -9" in telling("win", DEAL, code=7).err
    assert recorded(telling) == [{"run": {"outcome": "ended", "signal": 9}}]
    telling("undo")
    config = telling.data / "crm.yaml"
    config.write_text(config.read_text().replace("sh tell.sh won", "no-such-program"))
    telling("trust", "--yes")
    assert "could not be started: No such file" in telling("win", DEAL, code=7).err
    assert recorded(telling) == [{"run": {"outcome": "not-started", "reason": "No such file or directory"}}]


def test_a_program_may_call_crm_for_the_store_is_free(telling: Crm) -> None:
    (telling.root / "tell.sh").write_text(
        f"crm_note() {{ {python()} -m crmcli note {DEAL} -m 'Du programme'; }}\ncrm_note\n"
    )
    telling("trust", "--yes")
    telling("win", DEAL)
    assert "Du programme" in telling("show", DEAL).out


def test_a_dry_run_runs_nothing(telling: Crm) -> None:
    telling("trust", "--yes")
    assert "runs after the change is stored" in telling("win", DEAL, "--dry-run").out
    assert not (telling.root / "told.json").exists()


def python() -> str:
    import sys

    return sys.executable


def hook(crm: Crm, name: str, lines: str) -> None:
    place = crm.data / "hooks" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{lines}\n")
    place.chmod(0o755)
    crm.environment["XDG_STATE_HOME"] = str(crm.root.parent / "state")


def test_a_hook_may_say_no_and_nothing_is_changed(crm: Crm) -> None:
    hook(crm, "pre-change", "grep -q gratuit && { echo 'jamais gratuit' >&2; exit 1; }; exit 0")
    crm("trust", "--yes")
    before = crm.records()
    assert "pre-change refused the change: jamais gratuit" in crm.refused(
        "note", DEAL, "-m", "gratuit", code=5
    )
    assert crm.records() == before
    crm("note", DEAL, "-m", "payant")


def test_a_hook_hears_what_was_done(crm: Crm) -> None:
    hook(crm, "post-change", f"cat > {crm.root}/heard.json")
    crm("trust", "--yes")
    crm("tag", DEAL, "--add", "x")
    heard = json.loads((crm.root / "heard.json").read_text())
    [change] = heard["changes"]
    assert (heard["hook"], heard["by"], change["did"]) == ("post-change", "marie", "changed")
    assert "x" in change["record"]["tags"]


def test_a_hook_before_the_change_cannot_wait_for_itself(crm: Crm) -> None:
    hook(crm, "pre-change", f"{python()} -m crmcli note {DEAL} -m x 2> {crm.root}/inner; exit 0")
    crm("trust", "--yes")
    began = time.monotonic()
    crm("tag", DEAL, "--add", "x")
    assert time.monotonic() - began < 8
    assert "another crm is writing" in (crm.root / "inner").read_text()


def test_a_mail_that_comes_in_is_filed_whatever_its_programs_do(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(
        config.read_text().replace("rules:\n", "rules:\n  - {id: t, on: ingested, run: 'false'}\n", 1)
    )
    mail = (MAILS / "demande-poele.eml").read_bytes()
    assert "not trusted" in crm("ingest", "--verbose", stdin=mail).err


def test_what_a_link_leads_to_is_part_of_what_is_trusted(telling: Crm) -> None:
    good, bad = telling.root.parent / "good.sh", telling.root.parent / "bad.sh"
    good.write_text("exit 0\n")
    bad.write_text("touch stolen\n")
    (telling.root / "tell.sh").unlink()
    (telling.root / "tell.sh").symlink_to(good)
    telling("trust", "--yes")
    (telling.root / "tell.sh").unlink()
    (telling.root / "tell.sh").symlink_to(bad)
    assert "not trusted" in telling("win", DEAL, code=7).err
    assert not (telling.root / "stolen").exists()


def test_a_program_that_calls_crm_starts_no_programs_again(telling: Crm) -> None:
    config = telling.data / "crm.yaml"
    config.write_text(
        config.read_text().replace("rules:\n", "rules:\n  - {id: c, on: created, run: sh tell.sh}\n", 1)
    )
    (telling.root / "tell.sh").write_text(f"{python()} -m crmcli create 'Enfant'\n")
    telling("trust", "--yes")
    telling("create", "Parent")
    assert len(telling("list", "title:Enfant", "-o", "ids").out.split()) == 1


def test_a_hook_that_cannot_be_run_is_told(crm: Crm) -> None:
    hook(crm, "pre-change", "exit 1")
    (crm.data / "hooks" / "pre-change").chmod(0o644)
    assert "not run, it is not an executable file" in crm("note", DEAL, "-m", "x", code=7).err


def test_what_was_made_with_a_program_can_be_undone(telling: Crm) -> None:
    config = telling.data / "crm.yaml"
    config.write_text(
        config.read_text().replace("rules:\n", "rules:\n  - {id: c, on: created, run: 'true'}\n", 1)
    )
    telling("trust", "--yes")
    telling("create", "Pour rien")
    assert "removed" in telling("undo").out


def test_a_veto_keeps_no_mail_from_being_kept(crm: Crm) -> None:
    hook(crm, "pre-change", "exit 1")
    crm("trust", "--yes")
    mail = (MAILS / "demande-poele.eml").read_bytes()
    assert "pre-change refused the change" in crm("ingest", "--verbose", stdin=mail).err
    assert list((crm.data / "quarantine").glob("*.eml"))
