"""Parts of a mail that are not text for readers: each is named on one line of the text."""

import re
from email.message import Message

from crmcli.domain.localization.translations import Language, deferred
from crmcli.domain.values.decoding import decode_text
from crmcli.mail.headers import one_line

LONGEST_SUMMARY = 100
PARTIAL = deferred("[only the beginning of this large message was read]")
OUTLOOK = deferred("[winmail.dat: Outlook's own format; ask the sender for plain text or HTML]")
ENCRYPTED = deferred("[encrypted message (OpenPGP): open it in a mail program]")
SMIME_SIGNED = deferred("[signed message (S/MIME, smime.p7m): open it in a mail program]")
SMIME_ENCRYPTED = deferred("[encrypted message (S/MIME, smime.p7m): open it in a mail program]")
MARKERS = (PARTIAL, OUTLOOK, ENCRYPTED, SMIME_SIGNED, SMIME_ENCRYPTED)
CALENDAR = re.compile(r"\[calendar (\w+): (.*)\]")
NAMED = {
    "application/ms-tnef": OUTLOOK,
    "application/vnd.ms-tnef": OUTLOOK,
    "application/pgp-encrypted": ENCRYPTED,
}
SIGNED = ("application/pkcs7-mime", "application/x-pkcs7-mime")


def describe_part(part: Message) -> str:
    """Return a line that names a part which cannot be read as text; empty for other parts."""
    kind = part.get_content_type()
    if kind in NAMED:
        return NAMED[kind]
    if kind in SIGNED:
        is_signed = str(part.get_param("smime-type") or "").startswith("signed")
        return SMIME_SIGNED if is_signed else SMIME_ENCRYPTED
    if kind == "application/octet-stream" and (part.get_filename() or "").lower() == "winmail.dat":
        return OUTLOOK
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


def localize_markers(text: str, language: Language) -> str:
    """Return a text with the lines that name parts which cannot be read in a language.

    They are written while a message is parsed, which knows no workspace.
    """
    return "\n".join(localize_marker(line, language) for line in text.split("\n")) if "[" in text else text


def localize_marker(line: str, language: Language) -> str:
    """Return a line of a message, in a language if it names a part that cannot be read."""
    if line in MARKERS:
        return language.translate(line)
    found = CALENDAR.fullmatch(line)
    if found is None:
        return line
    said = language.translate("without a title") if found[2] == "without a title" else found[2]
    return language.translate("[calendar {method}: {event}]", method=found[1], event=said)
