"""The attachments of a large mail, of which not all is parsed: all are listed, and saved whole."""

import base64
import json
import quopri
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from tests.harness.crm import Crm


@pytest.mark.parametrize("way", ["base64", "8bit", "quoted-printable"])
@pytest.mark.parametrize("large", [3_000_000, 14_000_000], ids=["of a large mail", "of a very large mail"])
def test_attachments_of_a_large_mail_are_all_listed_and_saved_whole(bare: Crm, way: str, large: int) -> None:
    photos = [(b"%d-\xe9\xff" % number * large)[:large] for number in range(2)]
    photos = [photo.replace(b"\n", b"x") + b"\nend" for photo in photos]
    lines = [b"".join(pieces) for pieces in [encode(photo, way) for photo in photos]]
    head = b"From: Anne <anne@example.org>\nTo: devis@atre-granules.example\nSubject: Photos\n"
    kind = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nVoici les photos.\n"
    parts = b"".join(
        b"--b\nContent-Type: image/jpeg; name=photo%d.jpg\nContent-Transfer-Encoding: %s\n\n%s\n"
        % (number, way.encode(), body)
        for number, body in enumerate(lines)
    )
    bare("ingest", stdin=head + kind + parts + b"--b--\n")
    [id] = bare("list", "-o", "ids").out.split()
    listed = json.loads(bare("attachment", "list", id, "-o", "json").out)
    assert [each["name"] for each in listed] == ["photo0.jpg", "photo1.jpg"]
    if way != "quoted-printable":
        assert [each["size"] for each in listed] == [large + 4] * 2
    bare("attachment", "save", id, "--to", str(bare.root / "photos"))
    assert [(bare.root / "photos" / each["file"]).read_bytes() for each in listed] == photos
    assert bare("message", "show", id).out.endswith("Voici les photos.\n")


def encode(content: bytes, way: str) -> list[bytes]:
    """The content in a transfer encoding, without the last line end."""
    if way == "base64":
        return [base64.encodebytes(content).removesuffix(b"\n")]
    return [quopri.encodestring(content)] if way == "quoted-printable" else [content]


def test_a_mail_attached_to_a_large_one_is_saved_whole(bare: Crm) -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Bruno <bruno@example.org>", "Devis"
    inner.set_content("Bonjour.\n")
    inner.add_attachment(b"1" * 22_000_000, maintype="image", subtype="jpeg", filename="plan.jpg")
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "Anne <anne@example.org>", "Voir ci-joint"
    outer.set_content("Voir ci-joint.\n")
    outer.add_attachment(inner)
    bare("ingest", stdin=outer.as_bytes())
    [id] = bare("list", "-o", "ids").out.split()
    bare("attachment", "save", id, "--to", str(bare.root / "mails"))
    [saved] = (bare.root / "mails").iterdir()
    [plan] = BytesParser(policy=policy.default).parsebytes(saved.read_bytes()).iter_attachments()
    assert plan.get_payload(decode=True) == b"1" * 22_000_000
