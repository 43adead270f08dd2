"""A web form whose program is killed anywhere is filed once: none is lost after its answer, none is doubled."""

import itertools
import os
from urllib.parse import urlencode

from crmcli.store.form_spool import SPOOL, list_spooled
from tests.harness.incidents import killed_before
from tests.harness.workspaces import Workspace

FIELDS = {"name": "Anne", "email": "anne@example.org", "message": "Un poêle", "consent": "yes"}
BODY = urlencode(FIELDS).encode()


def forms_filed(workspace: Workspace) -> int:
    """How many messages of forms the workspace holds."""
    mails = (workspace.data / "mail").rglob("*.eml")
    return sum(b"X-Crm-Form: contact" in path.read_bytes() for path in mails)


def test_a_form_is_filed_once_wherever_its_program_dies(sample: Workspace) -> None:
    memory = sample.remember()
    stored = lost = 0
    for number in itertools.count(1):
        memory.restore()
        ended = sample.run("ingest", "--format", "form", stdin=BODY, hear=killed_before(number))
        if not ended.was_killed:
            assert ended.code == 0, ended
            break
        waits = bool(list_spooled(sample.root)) or forms_filed(sample) > 0 or sample.pending.exists()
        sample("tick")
        filed = forms_filed(sample)
        assert filed == waits, f"dead before call {number}"
        stored, lost = stored + filed, lost + (not filed)
        sample("ingest", "--format", "form", stdin=BODY, CRM_NOW="2026-11-24T09:30")  # sent again
        assert forms_filed(sample) == 1, f"dead before call {number}"
        assert list_spooled(sample.root) == []
        assert len(list((sample.data / "opportunities").rglob("*.yaml"))) == 1
    assert stored > lost > 0, "it is stored first, and then filed"


def test_what_was_never_finished_is_swept_and_never_filed(sample: Workspace) -> None:
    sample("ingest", "--format", "form", stdin=BODY)
    half = sample.root / SPOOL / ".00ff.crm-new"
    half.write_bytes(b"From: x")

    os.utime(half, (0, 0))
    other = urlencode({**FIELDS, "email": "bruno@example.org"}).encode()
    sample("ingest", "--format", "form", stdin=other)
    assert not half.exists()
    assert forms_filed(sample) == 2
