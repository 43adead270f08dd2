"""Hostile messages: what is made to be slow, large, misread or lost, each by a name."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage

from tests.commands.test_ingest import HOSTILE
from tests.harness.places import MAILS as REAL
from tests.mail import test_malformed_mail as malformed
from tests.security import test_hostile_mail as slow

Make = Callable[[], bytes]
FIELDS = (
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To", "Sender",
    "Return-Path", "Received", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "List-Id",
    "Auto-Submitted", "X-Crm-Record", "Delivered-To",
)  # fmt: skip
LOADS: dict[str, bytes] = {
    "a megabyte on one line": b"a" * 1_000_000,
    "brackets": b"<" * 200_000,
    "control characters": bytes(range(1, 9)) * 20_000,
    "addresses": b"a@b.fr, " * 60_000,
    "encoded words": b"=?utf-8?b?4oCu?= " * 30_000,
}
PLAIN = {
    "From": b"Eve <eve@example.org>",
    "To": b"devis@atre-granules.example",
    "Subject": b"Devis",
    "Date": b"Tue, 24 Nov 2026 09:00:00 +0100",
}


def with_field(name: str, load: bytes) -> bytes:
    """A plain message with one hostile header."""
    fields = {**PLAIN, name: load}
    head = b"".join(key.encode() + b": " + value + b"\n" for key, value in fields.items())
    return head + b"\nBonjour\n"


def as_page(html: str) -> bytes:
    """A message whose text is an HTML page."""
    head = b"".join(key.encode() + b": " + value + b"\n" for key, value in PLAIN.items())
    return head + b"Content-Type: text/html; charset=utf-8\n\n" + html.encode()


def bomb(levels: int, kind: str) -> bytes:
    """A message in a message, many levels deep."""
    head = b"".join(key.encode() + b": " + value + b"\n" for key, value in PLAIN.items())
    return (head + f"Content-Type: {kind}\n\n".encode()) * levels + head + b"\nBonjour\n"


def hidden_name(name: str) -> bytes:
    """A message with an attachment of this name."""
    message = EmailMessage()
    for key, value in PLAIN.items():
        message[key] = value.decode()
    message.set_content("Bonjour")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


def list_messages() -> Iterator[tuple[str, Make]]:
    """Yield the name of each message, and what makes it; no two are the same, or from the same sender."""
    for number, (name, make) in enumerate(list_similar()):
        address = f"eve{number}@example.org".encode()
        yield name, lambda make=make, address=address: make().replace(b"eve@example.org", address, 3)


def list_similar() -> Iterator[tuple[str, Make]]:
    """Yield the name of each message, and what makes it."""
    yield from ((f"mail: {name}", lambda each=each: each) for name, each in slow.MAILS.items())
    yield from ((f"page: {name}", lambda each=each: as_page(each)) for name, each in slow.PAGES.items())
    yield from ((f"start: {name}", lambda each=each: each) for name, each in HOSTILE.items())
    yield from ((f"real: {path.stem}", path.read_bytes) for path in sorted(REAL.glob("*.eml")))
    for title, held in (("head", malformed.STARTS), ("body", malformed.BODIES)):
        head = b"" if title == "head" else malformed.HEAD
        yield from (
            (f"{title}: {name}", lambda each=each, head=head: head + each) for name, each in held.items()
        )
    for field in FIELDS:
        for load, content in LOADS.items():
            yield f"{field}: {load}", lambda field=field, content=content: with_field(field, content)
    for kind in ("message/rfc822", "multipart/mixed; boundary=x", "text/html"):
        yield f"2,000 heads of {kind}", lambda kind=kind: bomb(2_000, kind)
    for name in (
        "../../etc/passwd",
        "/etc/passwd",
        "con",
        ".bashrc",
        "a" * 300,
        "a\u202egpj.exe",
        "x\0y"[:1],
    ):
        yield f"attachment {name[:20]!r}", lambda name=name: hidden_name(name)
    for size in (26, 48, 64):
        yield f"{size} MB of base64", lambda size=size: with_field("X", b"x") + b"QUJD\n" * (size * 200_000)
        yield (
            f"{size} MB of blank lines",
            lambda size=size: with_field("X", b"x") + b"\n" * (size * 1_000_000),
        )
        yield (
            f"{size} MB without a line end",
            lambda size=size: with_field("X", b"x") + b"x" * (size * 1_000_000),
        )
    yield (
        "a From line and 9 million more",
        lambda: b"From a Mon Nov 23 10:00:00 2026\n" + b"\n\nFrom " * 9_000_000,
    )
    yield "nothing but zeros", lambda: b"\0" * 1_000_000
    yield "all bytes", lambda: bytes(range(256)) * 1_000
