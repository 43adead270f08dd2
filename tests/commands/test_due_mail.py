"""The due report by mail: one complete message to each of us, each thing told once."""

import email
import json
import stat
import subprocess
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.harness.crm import Crm


def reports(crm: Crm) -> list[EmailMessage]:
    found = [path.read_bytes() for path in sorted((crm.data / "outbox").glob("*.eml"))]
    parsed = [email.message_from_bytes(each, policy=policy.default) for each in found]
    return [mail for mail in parsed if mail["X-Crm-Report"]]  # type: ignore[misc]


def to_marie(crm: Crm) -> EmailMessage:
    return next(mail for mail in reports(crm) if "marie@" in mail["To"])


def text_of(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_each_of_us_gets_one_complete_message_with_what_they_have_to_do(crm: Crm) -> None:
    crm("due", "--mail")
    assert sorted(mail["To"] for mail in reports(crm)) == [
        "Marie Le Goff <marie@atre-granules.example>",
        "Paul Guillou <paul@atre-granules.example>",
        "Sophie Tanguy <sophie@atre-granules.example>",
    ]
    mail = to_marie(crm)
    for header in ("From", "Date", "Message-ID", "Subject", "MIME-Version"):
        assert mail[header], header
    assert (mail["List-Id"], mail["Auto-Submitted"]) == ("<due.atre-granules.example>", "auto-generated")
    assert mail["Subject"] == "5 en retard, 7 activités à traiter (24 nov. 2026)"
    mine = json.loads(crm("due", "assignee:marie", "-o", "json").out)
    for kind in ("plain", "html"):
        for each in mine:
            for told in (each["id"], each["contact_phone"], each["contact_city"]):
                assert not told or told in text_of(mail, kind)
    assert '<a href="tel:0612345678">06 12 34 56 78</a>' in text_of(mail, "html")
    assert not any(defect for part in mail.walk() for defect in part.defects)


def test_a_hostile_title_stays_text(crm: Crm) -> None:
    crm("set", "xgcej9p8", "title=<script>alert(1)</script> & Cie")
    crm("due", "--mail")
    assert "<script>" not in text_of(to_marie(crm), "html")
    assert "&lt;script&gt;" in text_of(to_marie(crm), "html")
    assert "<script>alert(1)</script> & Cie" in text_of(to_marie(crm), "plain")


def test_nobody_gets_an_empty_report(bare: Crm) -> None:
    done = bare("due", "--mail", CRM_USER="root")
    assert (done.out, reports(bare)) == ("", [])


def test_a_dry_run_says_who_would_hear_what_and_queues_nothing(crm: Crm) -> None:
    assert "for marie: 7 activities, 5 overdue" in crm("due", "--mail", "--dry-run").out
    assert reports(crm) == []


def test_each_thing_is_told_once_by_a_report_of_one_name(crm: Crm) -> None:
    crm("due", "--mail", "--since-last", "matin")
    first = len(reports(crm))
    assert crm("due", "--mail", "--since-last", "matin").out == ""
    assert len(reports(crm)) == first
    assert "3 activities" in crm("due", "assignee:sophie", "--mail", "--since-last", "soir").out
    crm("activity", "snooze", "pat31e4a", "--by", "2d")
    assert "for marie: 1 activity" in crm("due", "--mail", "--since-last", "matin").out
    assert "not a valid name" in crm.refused("due", "--mail", "--since-last", "../x", code=2)


def test_what_is_late_for_long_is_told_the_manager_once(crm: Crm) -> None:
    out = crm("due", "--mail", "--escalate", "3d", "--since-last", "matin").out
    assert "for marie: 7 activities, 5 overdue, 2 escalated" in out
    assert "En retard chez d’autres (2)" in text_of(to_marie(crm), "plain")
    assert crm("due", "--mail", "--escalate", "3d", "--since-last", "matin").out == ""


def program(place: Path, lines: str) -> str:
    place.write_text(f"#!/bin/sh\n{lines}\n")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    return str(place)


def test_each_message_is_handed_to_a_command_once(crm: Crm, tmp_path: Path) -> None:
    sendmail = program(tmp_path / "sendmail", f"cat > {tmp_path}/sent.$$.eml")
    crm("due", "--mail", "--send", f"{sendmail} -t")
    sent = [email.message_from_bytes(path.read_bytes()) for path in tmp_path.glob("sent.*.eml")]
    assert len(sent) == 3
    assert reports(crm) == []


def test_what_a_command_did_not_take_is_told_again(crm: Crm, tmp_path: Path) -> None:
    sendmail = program(tmp_path / "sendmail", f"cat > {tmp_path}/last; ! grep -q '^To: Paul' {tmp_path}/last")
    done = crm("due", "--mail", "--send", sendmail, "--since-last", "matin", code=7)
    assert "the report for paul did not leave" in done.err
    again = crm("due", "--mail", "--since-last", "matin", "--dry-run").out
    assert [line.split()[3] for line in again.splitlines() if " for " in line] == ["paul:"]


def test_who_has_no_address_is_named(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(config.read_text().replace("    email: paul@atre-granules.example\n", ""))
    done = crm("due", "--mail", code=7)
    assert "paul has no e-mail address in crm.yaml" in done.err
    assert len(reports(crm)) == 2


def test_a_report_that_comes_back_makes_no_lead(crm: Crm) -> None:
    crm("due", "--mail")
    assert "we sent it ourselves" in crm("ingest", stdin=to_marie(crm).as_bytes()).out


@pytest.mark.parametrize("option", [["--send", "cat"], ["--since-last", "x"], ["--escalate", "3d"]])
def test_options_of_mail_need_mail(crm: Crm, option: list[str]) -> None:
    assert "add --mail" in crm.refused("due", *option, code=2)


def test_what_is_handed_on_is_told_to_whom_it_was_handed(crm: Crm) -> None:
    crm("due", "--mail", "--since-last", "matin")
    crm("activity", "reassign", "vqyvfp3f", "--to", "sophie")
    assert "for sophie: 1 activity" in crm("due", "--mail", "--since-last", "matin").out


def test_reports_of_one_name_at_the_same_time_tell_each_thing_once(crm: Crm) -> None:
    running = [
        crm.start("due", "--mail", "--since-last", "k", "-q", stderr=subprocess.PIPE) for _ in range(4)
    ]
    for each in running:
        each.communicate()
    assert {each.returncode for each in running} <= {0, 75}
    assert len(reports(crm)) == 3
