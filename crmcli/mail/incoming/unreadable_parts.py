"""Parts of a mail that are not text for readers: each is named on one line of the text."""

from email.message import Message

from crmcli.domain.values.decoding import decode_text
from crmcli.mail.headers import one_line

LONGEST_SUMMARY = 100
NAMED = {
    "application/ms-tnef": "winmail.dat: Outlook's own format; ask the sender for plain text or HTML",
    "application/vnd.ms-tnef": "winmail.dat: Outlook's own format; ask the sender for plain text or HTML",
    "application/pgp-encrypted": "encrypted message (OpenPGP): open it in a mail program",
}
SIGNED = ("application/pkcs7-mime", "application/x-pkcs7-mime")


def describe_part(part: Message) -> str:
    """Return a line that names a part which cannot be read as text; empty for other parts."""
    kind = part.get_content_type()
    if kind in NAMED:
        return f"[{NAMED[kind]}]"
    if kind in SIGNED:
        is_signed = str(part.get_param("smime-type") or "").startswith("signed")
        what = "signed" if is_signed else "encrypted"
        return f"[{what} message (S/MIME, smime.p7m): open it in a mail program]"
    if kind == "application/octet-stream" and (part.get_filename() or "").lower() == "winmail.dat":
        return f"[{NAMED['application/ms-tnef']}]"
    return describe_calendar(part) if kind == "text/calendar" else ""


def describe_calendar(part: Message) -> str:
    """Return a line about an invitation: what it does, its summary and its start."""
    payload = part.get_payload(decode=True)
    source = decode_text(payload[:65536]) if isinstance(payload, bytes) else ""
    events = source.partition("BEGIN:VEVENT")[2] or source
    found: dict[str, str] = {}
    for line in events.replace("\r\n ", "").replace("\n ", "").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(
                name.partition(";")[0].upper(), one_line(value.replace("\\,", ","))[:LONGEST_SUMMARY]
            )
    method = str(part.get_param("method") or "").lower()
    said = [found.get("SUMMARY", ""), found.get("DTSTART", "")]
    return f"[calendar {method or 'entry'}: {', '.join(filter(None, said)) or 'without a title'}]"
