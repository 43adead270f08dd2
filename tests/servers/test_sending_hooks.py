"""The hooks of a workspace and the sending of mail: one may keep a mail back, none can undo what has happened."""

import json
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.mail_server import MailServer
from tests.harness.sending import DEAL, WAITING, folder, state


def install_hook(crm: Crm, name: str, *lines: str) -> Path:
    """Install a trusted hook; return the file that it may write to."""
    hook = crm.data / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    told = crm.root.parent / f"{name}.told"
    hook.write_text("#!/bin/sh\n" + "".join(f"{line}\n" for line in lines).replace("TOLD", str(told)))
    hook.chmod(0o755)
    crm("trust", "--yes")
    return told


def test_a_hook_that_refuses_keeps_the_mail_in_the_outbox(office: Crm, server: MailServer) -> None:
    install_hook(office, "pre-change", "grep -q sending && { echo not today >&2; exit 1; }", "exit 0")
    before = office.records()
    ended = office("outbox", "send", code=7)
    assert f"mail {WAITING} stays" in ended.err
    assert "not today" in ended.err
    assert server.behaviour.taken == []
    assert (folder(office), state(office)["state"]) == (["outbox"], "queued")
    assert office.records() == before
    install_hook(office, "pre-change", "exit 0")
    assert f"mail {WAITING} sent" in office("outbox", "send").out


def test_a_hook_that_begins_to_refuse_cannot_undo_that_a_mail_was_sent(
    office: Crm, server: MailServer
) -> None:
    install_hook(office, "pre-change", "cat >> TOLD; echo >> TOLD", 'test "$(wc -l < TOLD)" -lt 2')
    office("outbox", "send")
    assert len(server.behaviour.taken) == 1
    assert (folder(office), state(office)["state"]) == (["sent"], "sent")
    assert office("outbox", "send").out == ""
    assert len(server.behaviour.taken) == 1


def test_a_refusal_of_one_mail_does_not_keep_the_others(office: Crm, server: MailServer) -> None:
    office("due", "--mail")
    many = len(office("outbox", "list", "-o", "ids").ids)
    install_hook(office, "pre-change", f"! grep -q {WAITING}")
    office("outbox", "send", code=7)
    assert len(server.behaviour.taken) == many - 1
    assert folder(office) == ["outbox"]


def test_what_became_of_a_mail_is_told_to_the_hook_after_it(office: Crm) -> None:
    told = install_hook(office, "post-change", "cat >> TOLD; echo >> TOLD")
    office("outbox", "send")
    [document] = map(json.loads, told.read_text("utf-8").splitlines())
    assert (document["hook"], document["by"]) == ("post-change", "send")
    paths = {each["path"]: each["did"] for each in document["changes"]}
    assert paths[f"pipeline_data/sent/{WAITING}.eml"] == "created"
    [record] = [each["record"] for each in document["changes"] if each["record"]]
    assert (record["id"], next(each for each in record["messages"] if each["id"] == WAITING)["state"]) == (
        DEAL,
        "sent",
    )


def test_a_hook_that_fails_afterwards_is_told_and_the_mail_is_sent(office: Crm, server: MailServer) -> None:
    install_hook(office, "post-change", "echo broken >&2; exit 3")
    ended = office("outbox", "send", code=7)
    assert "broken" in ended.err
    assert (folder(office), state(office)["state"], len(server.behaviour.taken)) == (["sent"], "sent", 1)


@pytest.mark.parametrize(("answer", "where"), [("451 later", "outbox"), ("550 nobody", "failed")])
def test_no_hook_refuses_what_the_server_said(
    office: Crm, server: MailServer, answer: str, where: str
) -> None:
    install_hook(office, "pre-change", "cat >> TOLD; echo >> TOLD", 'test "$(wc -l < TOLD)" -lt 2')
    server.behaviour.answers = {"pierre.richard@example.org": answer}
    assert answer in office("outbox", "send", code=7).err
    assert folder(office) == [where]


def test_a_change_of_a_hook_stops_the_sending_until_it_is_trusted(office: Crm, server: MailServer) -> None:
    install_hook(office, "pre-change", "exit 0")
    (office.data / "hooks" / "pre-change").write_text("#!/bin/sh\nexit 1\n")
    assert "not trusted" in office.refused("outbox", "send", code=5)
    assert (server.behaviour.taken, folder(office)) == ([], ["outbox"])
