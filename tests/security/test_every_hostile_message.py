"""Every hostile message is taken within its bounds and kept, and a second copy of it changes nothing."""

import resource
from pathlib import Path

import pytest

from crmcli.mail.incoming.message_identity import compute_identity
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.hostile_messages import list_messages

MESSAGES = dict(list_messages())
SECONDS = 10  # of processor time; docs/security.md has what each takes


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.fixture(scope="module")
def arrivals(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """A workspace that all messages arrive in."""
    return copy_workspace(empty, tmp_path_factory.mktemp("arrivals") / "new")


def kept(crm: Crm) -> set[Path]:
    return {path for folder in ("mail", "quarantine") for path in (crm.data / folder).rglob("*.eml")}


@pytest.mark.parametrize("name", MESSAGES)
def test_it_is_kept_in_time(arrivals: Crm, name: str) -> None:
    content = MESSAGES[name]()
    before = kept(arrivals)
    ended = arrivals("ingest", stdin=content, first=limit)
    assert ended.err == ""
    new = kept(arrivals) - before
    identity = compute_identity(content)
    assert any(compute_identity(path.read_bytes()) == identity for path in (new or kept(arrivals)))
    after = kept(arrivals)
    arrivals("ingest", stdin=content, first=limit)
    assert kept(arrivals) == after
