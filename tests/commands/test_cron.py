"""Running by the clock: the lines are complete, and work where there is next to nothing."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.harness.crm import Crm

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Tante Yvonne\r\nTEL:0699887766\r\nUID:yvonne\r\nEND:VCARD\r\n"
EMPTY = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LC_ALL": "C"}  # as cron has it; no HOME, no terminal


@pytest.fixture(autouse=True)
def own_state(crm: Crm, tmp_path: Path) -> None:
    """Let no test find what an earlier one left in the home directory of whoever runs the tests."""
    crm.environment["CRM_STATE_DIR"] = str(tmp_path / "state")


def by_cron(crm: Crm, lines: str) -> list["subprocess.CompletedProcess[str]"]:
    """Run the lines of a crontab as cron does: its variables, then sh, from nowhere, with nothing."""
    environment = dict(EMPTY)
    done = []
    for line in lines.splitlines():
        if found := re.fullmatch(r'(\w+)="?(.*?)"?', line):
            environment[found[1]] = found[2]
        elif not line.startswith("#"):
            command = line.split(None, 5)[5].replace("\\%", "%")
            environment["PYTHONPATH"] = crm.environment["PYTHONPATH"]
            done.append(
                subprocess.run(
                    ["/bin/sh", "-c", command], env=environment, cwd="/", stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, start_new_session=True,
                )
            )  # fmt: skip
    return done


def test_the_printed_lines_do_their_work_in_an_empty_environment(crm: Crm) -> None:
    before = len(list((crm.data / "outbox").glob("*.eml")))
    for done in by_cron(crm, crm("cron", "print").out):
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(list((crm.data / "outbox").glob("*.eml"))) > before
    assert (crm.derived / "ticked").exists()


def test_a_path_that_cron_and_the_shell_would_read_otherwise_is_spelled_for_both(crm: Crm) -> None:
    strange = crm.root.parent / "100% d'idées $HOME"
    crm.root.rename(strange)
    other = Crm(strange)
    other.environment["CRM_STATE_DIR"] = crm.environment["CRM_STATE_DIR"]
    for done in by_cron(other, other("cron", "print").out):
        assert (done.returncode, done.stderr) == (0, "")
    units = other("cron", "print", "--systemd").out
    assert f'"{str(strange).replace("%", "%%").replace("$", "$$")}"' in units


def test_units_for_systemd_are_complete(crm: Crm) -> None:
    out = crm("cron", "print", "--systemd", "--every", "10", "--at", "06:30").out
    assert "OnCalendar=*:0/10" in out
    assert "OnCalendar=Mon..Fri 06:30" in out
    assert out.count("[Service]") == out.count("[Timer]") == 2
    assert "Environment=LC_ALL=C.UTF-8" in out


def test_check_says_that_all_works(crm: Crm) -> None:
    assert crm("cron", "check").out.count("works: ") == 2


def test_check_says_what_would_break_and_changes_nothing(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    text = config.read_text().replace("    email: paul@atre-granules.example\n", "")
    config.write_text(text.replace("  from: Âtre & Granulés <contact@atre-granules.example>\n", ""))
    before = crm.records()
    out = crm("cron", "check", code=5).out
    assert "paul has no e-mail address" in out
    assert "mail.from is not set" in out
    assert crm.records() == before


def test_times_that_are_none_are_refused(crm: Crm) -> None:
    assert "not a time of day" in crm.refused("cron", "print", "--at", "25:00", code=2)
    assert "must be a divisor of 60" in crm.refused("cron", "print", "--every", "0", code=2)


def test_the_lines_name_this_program_by_its_whole_path(crm: Crm) -> None:
    for line in crm("cron", "print").out.splitlines():
        if line[:1] in "*0123456789":
            assert Path(line.split(None, 5)[5].split()[0]).is_absolute()
            assert os.access(line.split(None, 5)[5].split()[0], os.X_OK)


def test_a_phone_is_kept_in_step_between_two_runs_of_vdirsyncer(crm: Crm, tmp_path: Path) -> None:
    folders = {"--calendar": tmp_path / "l'agenda 100%", "--address-book": tmp_path / "carnet"}
    programs, said = tmp_path / "bin", tmp_path / "said"
    for each in (*folders.values(), programs):
        each.mkdir()
    vdirsyncer = programs / "vdirsyncer"
    vdirsyncer.write_text(f"#!/bin/sh\nls {folders['--address-book']} | wc -l >>{said}\n")
    vdirsyncer.chmod(0o755)
    (folders["--address-book"] / "own.vcf").write_text(CARD)
    words = [str(word) for option in folders.items() for word in option]
    asked = {"PATH": f"{programs}:{crm.environment['PATH']}", "CRM_USER": "paul"}
    printed = crm("cron", "print", *words, **asked).out
    assert printed.count(" --as paul --quiet; ") == 2
    for done in by_cron(crm, printed):
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(list(folders["--address-book"].iterdir())) > 20
    assert len(list(folders["--calendar"].iterdir())) > 0
    assert len(said.read_text().split()) == 4
    assert said.read_text().split()[2:] == ["1", str(len(list(folders["--address-book"].iterdir())))]
    assert crm("cron", "check", *words, **asked).out.count("works: ") == 4
    units = crm("cron", "print", "--systemd", *words, **asked).out
    assert units.count(f"ExecStartPre=-{vdirsyncer} -v ERROR sync") == 2
    assert "100%%" in units


def test_a_folder_that_is_not_there_yet_is_named(crm: Crm, tmp_path: Path) -> None:
    assert "no such folder" in crm.refused("cron", "print", "--calendar", str(tmp_path / "x"), code=3)
