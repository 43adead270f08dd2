"""Whatever lies in the outbox, what reaches the mail server is one mail to the addresses shown, or nothing."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.errors import RefusedError
from crmcli.mail.outgoing.attempts import add_attempt, parse_note, write_note
from crmcli.mail.outgoing.envelope import address_mail, stamp_mail
from crmcli.mail.outgoing.smtp_transport import quote_dots

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
PIECES = st.sampled_from(
    [b"To: a@b.fr", b"To:", b"Bcc: x@y.fr, z@y.fr", b"Date: x", b"Message-ID: <i@d>", b" folded", b".", b"..", b"x" * 50,
     b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\n\n", b"RCPT TO:<e@evil.example>", b'"a\\"', b"<", b">", b"\x00", b"\xe9", b"=?utf-8?q?=0A?="]
)  # fmt: skip
FILES = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=20).map(b"".join))
MAILS = st.builds(lambda head, body: b"To: a@b.fr\r\n" + head + b"\r\n\r\n" + body, FILES, FILES)


@given(st.one_of(FILES, MAILS))
def test_any_file_is_refused_or_is_one_mail_to_valid_addresses(content: bytes) -> None:
    try:
        stamped = stamp_mail(content, AT, "<id@x>")
        envelope = address_mail(stamped, "contact@atre.example")
    except RefusedError:
        return
    assert all(re.fullmatch(r"[!-~]+@[A-Za-z0-9.-]+", each) for each in envelope.recipients)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", envelope.content)
    mail = message_from_bytes(envelope.content, policy=policy.compat32)
    assert mail["Bcc"] is None
    assert mail["Date"] == "Tue, 24 Nov 2026 08:00:00 +0000"
    assert len(mail.get_all("Message-ID", [])) >= 1
    assert stamp_mail(stamped, AT, "<other@x>") == stamped


@given(st.one_of(FILES, MAILS).map(lambda each: re.sub(rb"\r\n|\r|\n", b"\r\n", each)))
def test_the_data_of_a_mail_never_ends_early(content: bytes) -> None:
    data = quote_dots(content)
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")[:-1]
    assert b"." not in lines
    plain = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines) + b"\r\n"
    assert plain in (content, content + b"\r\n")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_note_of_attempts_that_somebody_wrote_is_read_or_ignored(text: str) -> None:
    note = parse_note(text)
    assert note is None or note.tries is not None
    known = add_attempt(None, AT, text)
    assert parse_note(write_note(known).decode("utf-8")) == known
