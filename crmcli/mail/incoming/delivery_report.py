"""Reports of mail servers about messages that were not delivered: RFC 3464 and the dialects before it."""

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from typing import NamedTuple

from crmcli.domain.incoming.senders import DAEMONS
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.values.folding import fold_text
from crmcli.mail import headers
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming.automatic import has_null_path
from crmcli.mail.incoming.message_body import all_parts, enclosed_mail, part_text

MOST = 100  # ids and addresses read of one report
LONGEST_TEXT = 200_000  # characters of its text that are read
SENDERS = (
    "mailer-daemon",
    "mail delivery sub",
    "mail delivery sys",
    "mail delivery serv",
    "systeme de remise",
)
SUBJECTS = (
    "undelivered mail",
    "undeliverable",
    "non remis",
    "non distribuable",
    "delivery status notification",
    "mail delivery failed",
    "mail delivery failure",
    "returned mail",
    "failure notice",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "echec de la remise",
    "echec de remise",
    "echec d'acheminement",
    "echec de l'envoi",
    "echec de la distribution",
    "message non distribue",
    "message non remis",
    "mail non remis",
    "courrier non remis",
    "notification d'etat de remise",
    "notification de non-remise",
    "avis de non-remise",
    "rapport de non-remise",
    "could not be delivered",
    "nondeliverable",
    "message undelivered",
    "mail system error",
    "unzustellbar",
    "delivery delayed",
    "delayed mail",
    "warning: could not send",
    "warning: message",
    "remise retardee",
)
DELAYED = ("delay", "retard", "warning")
FAILED = "failed"
IDS = ("message-id:", "message-id :", "x-original-message-id:")


class DeliveryReport(NamedTuple):
    """A report: the messages it is about, the addresses they did not reach, and why."""

    ids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    is_final: bool = True  # not so for a delay, or a delivery
    reason: str = ""


def read_report(message: Message, sender: Mailbox | None, subject: str) -> DeliveryReport | None:
    """Return what a delivery report says; None for other mail."""
    if not is_report(message, sender, subject):
        return None
    fields = list(status_fields(message))
    actions = [value.strip().lower() for name, value in fields if name == "action"]
    is_delay = any(word in fold_text(subject[:200]) for word in DELAYED)
    reasons = [headers.one_line(value) for name, value in fields if name == "diagnostic-code"]
    return DeliveryReport(
        ids=tuple(dict.fromkeys(reported_ids(message)))[:MOST],
        addresses=tuple(dict.fromkeys(reported_addresses(message, fields)))[:MOST],
        is_final=FAILED in actions if actions else not is_delay,
        reason=next(iter(reasons), "")[:200],
    )


def is_report(message: Message, sender: Mailbox | None, subject: str) -> bool:
    """Tell whether a mail is a delivery report."""
    kind = message.get_content_type()
    reported = str(message.get_param("report-type") or "delivery-status").lower()
    if kind in ("multipart/report", "message/delivery-status"):
        return reported == "delivery-status"
    if headers.raw_values(message, "X-Failed-Recipients"):
        return True
    raw = " ".join(headers.decode_header(value) for value in headers.raw_values(message, "From"))
    folded = fold_text(raw[:300])
    local = (sender.email if sender else "").casefold().partition("@")[0].replace("-", "")
    if "mailer-daemon" in folded or local == "mailerdaemon":
        return True
    is_named = any(each in fold_text(subject[:200]) for each in SUBJECTS)
    is_from_server = local in DAEMONS or folded.strip(' "').startswith(SENDERS) or has_null_path(message)
    return is_named and is_from_server


def status_fields(message: Message) -> Iterator[tuple[str, str]]:
    """Yield the fields of the delivery status, by lower-case name (RFC 3464, section 2)."""
    for part in all_parts(message):
        if part.get_content_type() == "message/delivery-status":
            for block in all_parts(part):
                for name, value in block.raw_items():
                    yield name.lower(), headers.from_bytes(str(value))[:1000]


def reported_ids(message: Message) -> Iterator[str]:
    """Yield the ids of the messages that a report is about, the surest first."""
    for part in all_parts(message):
        for inner in enclosed_mail(part):
            yield from headers.message_ids(inner, "Message-ID")
        if part.get_content_type() == "text/rfc822-headers":
            quoted = BytesParser(policy=headers.POLICY).parsebytes(part_text(part).encode("utf-8"))
            yield from headers.message_ids(quoted, "Message-ID")
    yield from headers.message_ids(message, "In-Reply-To", "References")
    for line in text_lines(message):
        if line.lstrip("> \t").lower().startswith(IDS):
            yield from headers.MESSAGE_ID.findall(line[:1000])


def text_lines(message: Message) -> Iterator[str]:
    """Yield the lines of a report's texts; a folded header as one."""
    for part in all_parts(message):
        if part.get_content_maintype() == "text":
            text = part_text(part)[:LONGEST_TEXT]
            yield from text.replace("\r\n", "\n").replace(":\n ", ": ").replace(":\n\t", ": ").split("\n")


def reported_addresses(message: Message, fields: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the addresses that a message did not reach, in lower case."""
    for name, value in fields:
        if name in ("final-recipient", "original-recipient"):
            yield from filter(None, [normal_email(value.rpartition(";")[2])])
    for value in headers.raw_values(message, "X-Failed-Recipients"):
        yield from filter(None, map(normal_email, value[:2000].split(",")))
    if not fields:
        yield from addresses_in_text(message)


def addresses_in_text(message: Message) -> Iterator[str]:
    """Yield the addresses that stand at the start of lines of a report without a status part."""
    for _, line in zip(range(60), text_lines(message), strict=False):
        first = line.strip()[:200].partition(" ")[0].rstrip(":,")
        bare = first.removeprefix("<").removesuffix(">")
        if "@" in bare and not bare.startswith("@"):
            yield from filter(None, [normal_email(bare)])
