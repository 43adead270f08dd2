"""Mail leaves once: two senders share the work, and a sender killed anywhere is never repeated unasked."""

import itertools
import json
import os
import signal
from collections.abc import Iterator

import pytest

from tests.harness.incidents import Hear, killed_before
from tests.harness.mail_server import MailServer, a_mail_server
from tests.harness.processes import become_crm, fork_process
from tests.harness.workspaces import Workspace

SETTINGS = "  transport: smtp\n  host: 127.0.0.1\n  port: {port}\n  security: none\n  timeout: 20\n"
MAILS = 6


@pytest.fixture
def server() -> Iterator[MailServer]:
    with a_mail_server() as running:
        yield running


@pytest.fixture
def office(workspace: Workspace, server: MailServer) -> Workspace:
    """A workspace that sends through the server."""
    path = workspace.data / "crm.yaml"
    path.write_text(path.read_text("utf-8") + SETTINGS.format(port=server.port), "utf-8")
    workspace("trust", "--yes")
    return workspace


def queue_mails(workspace: Workspace, count: int) -> list[str]:
    """The records of mails that wait, each to a recipient of its own."""
    deals = [workspace.create(f"Deal {n}", "--contact", f"C {n} <c{n}@example.org>") for n in range(count)]
    workspace("move", *deals, "--to", "contacted")
    return deals


def recipients(server: MailServer) -> list[str]:
    return sorted(each.recipients[0] for each in server.behaviour.taken)


def states(workspace: Workspace, deals: list[str]) -> list[str]:
    """How far the mail of each record is, by its record."""
    shown = (json.loads(workspace("show", id, "-o", "json").out)["messages"] for id in deals)
    return [message["state"] for [message] in shown]


def test_two_senders_at_once_send_each_mail_once(office: Workspace, server: MailServer) -> None:
    deals = queue_mails(office, MAILS)
    words = ["crm", "outbox", "send"]
    running = [fork_process(lambda: become_crm(words, office.environment, office.root)) for _ in range(3)]
    ended = [each.wait() for each in running]
    assert [each.code for each in ended] == [0, 0, 0], ended
    assert recipients(server) == [f"c{n}@example.org" for n in range(MAILS)]
    assert sum(each.out.count(" sent: ") for each in ended) == MAILS
    assert states(office, deals) == ["sent"] * MAILS
    assert office.is_clean()


def deaths(office: Workspace) -> Iterator[bool]:
    """The workspace after a sender died, for each change that it makes; at last whether one lived."""
    memory = office.remember()
    for number in itertools.count(1):
        memory.restore()
        hear: Hear = killed_before(number)
        ended = office.run("outbox", "send", hear=hear)
        yield ended.was_killed
        if not ended.was_killed:
            assert ended.code == 0, ended
            return


def test_a_sender_killed_anywhere_leaves_the_mail_queued_uncertain_or_sent_and_sends_none_twice(
    office: Workspace, server: MailServer
) -> None:
    [deal] = queue_mails(office, 1)
    seen = set()
    for was_killed in deaths(office):
        taken = len(server.behaviour.taken)
        office("list")  # whoever comes by finishes what the sender had begun to write
        [state] = states(office, [deal])
        seen.add((state, taken))
        office("outbox", "send")
        again = len(server.behaviour.taken) - taken
        if state == "queued":
            assert (taken, again) == (0, 1), "it had not left, and leaves now"
        else:
            assert again == 0, f"{state}: not repeated unasked"
        if state == "sent":
            assert taken == 1
        assert was_killed or state == "sent"
        server.behaviour.taken.clear()
    assert seen == {("queued", 0), ("uncertain", 0), ("uncertain", 1), ("sent", 1)}


def test_an_interrupted_sender_puts_back_what_it_had_not_handed_over(
    office: Workspace, server: MailServer
) -> None:
    deals = queue_mails(office, 2)
    server.behaviour.stalls_at = "RCPT"
    words = ["crm", "outbox", "send"]
    running = fork_process(lambda: become_crm(words, office.environment, office.root))
    server.behaviour.reached.wait(20)
    assert "being sent now" in office.refused("outbox", "drop", mail_of(office, "sending"), code=5)
    os.kill(running.pid, signal.SIGINT)
    assert running.wait().code == 130
    assert states(office, deals) == ["queued", "queued"]


def mail_of(office: Workspace, state: str) -> str:
    """The id of the mail in this state."""
    rows = json.loads(office("outbox", "list", "-o", "json").out)
    return next(row["id"] for row in rows if row["state"] == state)
