"""One run of `outbox send` ends: after so many mails, after so long, or when the provider takes no more."""

import json
from collections.abc import Iterator
from itertools import count

import pytest

from crmcli.operations.messages.send_outbox import send_outbox
from crmcli.operations.request import Request
from tests.harness.crm import NOW, Crm
from tests.harness.mail_server import MailServer, a_mail_server
from tests.harness.sending import configure, listed


@pytest.fixture
def server() -> Iterator[MailServer]:
    with a_mail_server() as running:
        yield running


def test_a_run_sends_no_more_mails_than_configured_and_the_next_goes_on(crm: Crm, server: MailServer) -> None:
    configure(crm, server.port, "security: none", "most_per_run: 2")
    crm("due", "--mail")
    many = len(crm("outbox", "list", "-o", "ids").ids)
    assert many > 2
    assert len(crm("outbox", "send", "--dry-run").out.splitlines()) == 3
    crm("outbox", "send")
    assert len(server.behaviour.taken) == 2
    crm("outbox", "send")
    assert len(server.behaviour.taken) == min(4, many)


def test_a_mail_that_is_named_is_sent_whatever_a_run_may_send(crm: Crm, server: MailServer) -> None:
    configure(crm, server.port, "security: none", "most_per_run: 1")
    crm("due", "--mail")
    ids = crm("outbox", "list", "-o", "ids").ids
    crm("outbox", "send", *ids)
    assert len(server.behaviour.taken) == len(ids)


def test_check_names_a_limit_that_is_none(crm: Crm, server: MailServer) -> None:
    configure(crm, server.port, "most_per_run: 0")
    assert "0 is not a number of mails" in crm("config", "check", code=5).out


def test_a_provider_that_takes_no_more_today_marks_no_mail(crm: Crm, server: MailServer) -> None:
    configure(crm, server.port, "security: none")
    crm("due", "--mail")
    ids = crm("outbox", "list", "-o", "ids").ids
    server.behaviour.answers = {"DATA": "550 5.4.5 Daily user sending limit exceeded"}
    ended = crm("outbox", "send", code=75)
    assert "takes no more mails now: 550 5.4.5 Daily user sending limit exceeded" in ended.err
    assert sorted(crm("outbox", "list", "-o", "ids").ids) == sorted(ids)
    assert {listed(crm, id)["state"] for id in ids} == {"queued"}


def test_a_run_that_takes_an_hour_leaves_the_rest_to_the_next(
    crm: Crm, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(crm, server.port, "security: none")
    crm("due", "--mail")
    monkeypatch.setenv("CRM_STATE_DIR", crm.environment["CRM_STATE_DIR"])
    request = Request(str(crm.root), user="marie", now=NOW)
    said: list[str] = []
    request.advise = said.append
    half_hours = count(0, 1800)
    done = send_outbox(request, clock=lambda: float(next(half_hours)))
    assert len(server.behaviour.taken) == len(done) == 2
    assert request.is_partly_done
    assert any("wait for the next run" in line for line in said)
    rest = json.loads(crm("outbox", "list", "-o", "json").out)
    assert rest
    assert {each["attempts"] for each in rest} == {0}
