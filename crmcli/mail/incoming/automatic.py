"""Mail that nobody wrote: receipts, calendar answers, absences, lists, and what programs send.

RFC 3834 (automatic responses), RFC 8098 (receipts), RFC 5546 (calendar answers), RFC 2919 (lists), and the
headers and subjects of programs that follow none of them.
"""

from email.message import Message
from enum import StrEnum
from typing import NamedTuple

from crmcli.domain.incoming.senders import is_nobody
from crmcli.domain.localization.translations import sentence
from crmcli.domain.values.folding import fold_text
from crmcli.mail import headers
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming.message_body import all_parts

LIST_HEADERS = ("List-Id", "List-Unsubscribe", "List-Post", "List-Help", "List-Subscribe", "List-Owner")
REPLIED_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Auto-Reply",
    "X-Autoreply-From",
    "X-Mail-Autoreply",
    "Autoreply",
)
SUPPRESSED = ("all", "oof", "autoreply")
CALENDAR_ANSWERS = ("reply", "counter", "declinecounter", "refresh")
SUBJECTS = (  # as folded subjects begin
    "reponse automatique",
    "reponse d'absence",
    "message d'absence",
    "notification d'absence",
    "message automatique",
    "automatic reply",
    "automatic response",
    "automatische antwort",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "autoresponse",
    "auto :",
    "auto:",
    "out of office",
    "out of the office",
    "out-of-office",
    "ooo:",
    "absence :",
    "absence:",
    "absence -",
    "absence du bureau",
    "absence jusqu",
    "absence re",
    "absence pour conges",
    "absence (",
    "absent du bureau",
    "absent jusqu",
    "absente jusqu",
    "je suis absent",
    "je suis actuellement absent",
    "je suis en conge",
    "en conges jusqu",
    "abwesenheit",
    "risposta automatica",
    "respuesta automatica",
)
READ = (
    "lu :",
    "lu:",
    "read:",
    "non lu :",
    "non lu:",
    "accuse de lecture",
    "read receipt",
    "disposition notification",
)


class AutomaticKind(StrEnum):
    """The kind of an automatic mail."""

    RECEIPT = "receipt"
    CALENDAR = "calendar"
    ABSENCE = "absence"
    LIST = "list"
    NULL_PATH = "null path"
    GENERATED = "generated"
    NO_REPLY = "no-reply"


class Automatic(NamedTuple):
    """Why a mail is automatic: its kind, and the reason for people."""

    kind: AutomaticKind
    reason: str

    @property
    def is_answer(self) -> bool:
        """Tell whether it answers a mail, so that it can never be a form."""
        return self.kind in (AutomaticKind.RECEIPT, AutomaticKind.CALENDAR, AutomaticKind.ABSENCE)


def find_automatic(message: Message, sender: Mailbox | None, subject: str) -> Automatic | None:
    """Return why a mail is automatic; None for one that a person wrote."""
    for kind, why in (
        (AutomaticKind.RECEIPT, find_receipt(message, subject)),
        (AutomaticKind.CALENDAR, find_calendar_answer(message)),
        (AutomaticKind.ABSENCE, find_absence(message, subject)),
        (AutomaticKind.LIST, find_list(message)),
        (AutomaticKind.GENERATED, find_generated(message)),
        (AutomaticKind.NULL_PATH, "Return-Path: <>" if has_null_path(message) else ""),
        (
            AutomaticKind.NO_REPLY,
            sentence("from {address}", address=sender.email) if sender and is_nobody(sender.email) else "",
        ),
    ):
        if why:
            return Automatic(kind, sentence("automatic: {why}", why=why))
    return None


def find_receipt(message: Message, subject: str) -> str:
    """Return why a mail is a receipt: for the reading of a mail (RFC 8098)."""
    reported = str(message.get_param("report-type") or "").lower()
    is_receipt = message.get_content_type() == "multipart/report" and reported == "disposition-notification"
    is_alone = message.get_content_type() == "message/disposition-notification"
    has_part = any(
        part.get_content_type() == "message/disposition-notification" for part in first_parts(message)
    )
    is_named = has_null_path(message) and fold_text(subject[:100]).startswith(READ)
    return sentence("a read receipt") if is_receipt or is_alone or has_part or is_named else ""


def find_calendar_answer(message: Message) -> str:
    """Return why a mail is an answer to an invitation (RFC 5546); invitations are no answers."""
    for part in first_parts(message):
        if part.get_content_type() == "text/calendar":
            method = str(part.get_param("method") or "").lower()
            if method in CALENDAR_ANSWERS or (not method and b"METHOD:REPLY" in calendar_source(part)):
                return sentence("an answer to an invitation")
    return ""


def calendar_source(part: Message) -> bytes:
    """Return the beginning of a calendar part."""
    payload = part.get_payload(decode=True)
    return payload[:4096].upper() if isinstance(payload, bytes) else b""


def find_absence(message: Message, subject: str) -> str:
    """Return why a mail is an automatic answer, such as one about an absence (RFC 3834)."""
    submitted = headers.first_value(message, "Auto-Submitted").lower()
    if submitted.startswith("auto-replied"):
        return f"Auto-Submitted: {submitted}"
    for name in REPLIED_HEADERS:
        if headers.raw_values(message, name) and headers.first_value(message, name).lower() not in (
            "no",
            "false",
        ):
            return sentence("it has {header}", header=name)
    precedence = headers.first_value(message, "Precedence").lower()
    if precedence == "auto_reply":
        return f"Precedence: {precedence}"
    folded = fold_text(subject[:200]).strip()
    if folded.startswith(SUBJECTS) or folded in ("absence", "absent", "absente", "conges"):
        return sentence("its subject is {subject!r}", subject=subject[:60])
    return ""


def find_list(message: Message) -> str:
    """Return why a mail went to a list (RFC 2369, RFC 2919)."""
    named = next((name for name in LIST_HEADERS if headers.raw_values(message, name)), "")
    precedence = headers.first_value(message, "Precedence").lower()
    if named:
        return sentence("it has {header}", header=named)
    return f"Precedence: {precedence}" if precedence in ("bulk", "junk", "list") else ""


def find_generated(message: Message) -> str:
    """Return why a mail was written by a program that answers nothing."""
    submitted = headers.first_value(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return f"Auto-Submitted: {submitted}"
    suppressed = headers.first_value(message, "X-Auto-Response-Suppress")
    words = [word.strip() for word in suppressed.lower().split(",")]
    return f"X-Auto-Response-Suppress: {suppressed}" if any(word in SUPPRESSED for word in words) else ""


def has_null_path(message: Message) -> bool:
    """Tell whether a mail must not be answered: its Return-Path is empty (RFC 5321, section 6.1)."""
    paths = headers.raw_values(message, "Return-Path")
    return bool(paths) and paths[0].strip().replace(" ", "") == "<>"


def first_parts(message: Message) -> list[Message]:
    """Return the first parts of a message, as many as tell what it is."""
    parts = all_parts(message)
    return [part for _, part in zip(range(20), parts, strict=False)]
