"""Whatever bytes arrive: they are kept, a second copy changes nothing, and the workspace stays sound."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmcli.domain.values.errors import TryAgainError
from crmcli.mail.incoming.message_identity import compute_identity
from crmcli.operations.messages.ingest import ingest
from crmcli.operations.request import Request
from crmcli.operations.steps.filed import Outcome
from tests.harness.crm import NOW, Crm
from tests.harness.places import MAILS

REAL = [path.read_bytes() for path in sorted(MAILS.glob("*.eml"))]
NAMES = (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"Reply-To", b"Content-Type")
VALUES = (
    b"Anne <anne@example.org>",
    b"devis@atre-granules.example",
    b"<1@example.org>",
    b"<2@example.org>",
    b"Mon, 23 Nov 2026 10:00:00 +0100",
    b"text/html; charset=utf-8",
    b'multipart/mixed; boundary="b"',
    b"message/rfc822",
    b"MAILER-DAEMON",
    b"=?utf-8?q?Po=C3=AAle?=",
)
BODIES = (
    b"Bonjour",
    b"--b\n\nx\n--b--",
    b"Nom : Durand\nE-mail : d@example.org\nTel : 06 12 34 56 78",
    b"> a",
)
fields = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.binary(max_size=40)).map(
    lambda pair: pair[0] + b": " + pair[1]
)
letters = st.builds(
    lambda head, end, body: end.join(head) + end + end + body,
    st.lists(fields, max_size=8),
    st.sampled_from((b"\n", b"\r\n")),
    st.sampled_from(BODIES) | st.binary(max_size=200),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real mail with a piece cut out, doubled, or replaced."""
    content = draw(st.sampled_from(REAL))
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 400)))
    piece = draw(st.sampled_from((b"", content[start:end] * 2)) | st.binary(max_size=30))
    return content[:start] + piece + content[end:]


def kept_files(data: Path) -> dict[str, bytes]:
    """The bytes of all messages that are kept, by path."""
    found = (path for folder in ("mail", "quarantine") for path in (data / folder).rglob("*.eml"))
    return {str(path.relative_to(data)): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def arrivals(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """A workspace that all examples arrive in."""
    from tests.harness.copies import copy_workspace

    return copy_workspace(empty, tmp_path_factory.mktemp("arrivals") / "new")


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=300) | letters | damaged())
def test_any_bytes_are_kept_once(arrivals: Crm, content: bytes) -> None:
    request = Request(str(arrivals.root), now=NOW)
    try:
        filed = ingest(request, content)
    except TryAgainError:
        pytest.fail("a sound workspace takes every message")
    kept = kept_files(arrivals.data)
    assert content in kept.values() or compute_identity(content) in map(compute_identity, kept.values())
    records = arrivals.records()
    again = ingest(Request(str(arrivals.root), now=NOW), content)
    assert again.outcome is Outcome.KNOWN, filed
    assert kept_files(arrivals.data) == kept
    assert arrivals.records() == records


def test_the_workspace_is_sound_after_all_of_them(arrivals: Crm) -> None:
    assert arrivals("check").out == ""
