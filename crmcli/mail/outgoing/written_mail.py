"""E-mails that a person writes: their draft as a text with headers, and the answer to a message.

The text around the person's own words (a greeting, the line above a quote) comes from templates of the
workspace, `templates/mail/new.j2` and `templates/mail/reply.j2`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from email.parser import BytesParser
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.localization.locale import day_text
from crmcli.domain.localization.zones import find_zone, local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Direction, Message
from crmcli.domain.templates.template_variables import build_variables, view_part
from crmcli.domain.values.errors import RefusedError, shorten_text
from crmcli.mail import headers
from crmcli.mail.addresses import split_mailboxes
from crmcli.mail.header_names import RECORD
from crmcli.mail.headers import MESSAGE_ID, replace_line_breaks
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.compose import (
    EARLIER,
    Composed,
    add_token,
    choose_recipients,
    domain_of,
    message_entry,
    sender_of,
)
from crmcli.mail.outgoing.enclosures import refuse_too_large
from crmcli.mail.outgoing.message_writer import Draft, Enclosure, is_message_id, write_message
from crmcli.store.reader import Reading

NEW, REPLY = "templates/mail/new.j2", "templates/mail/reply.j2"
LINE = re.compile(r"(To|Cc|Bcc|Subject):[ \t]*(.*)", re.IGNORECASE)
ANSWERED = re.compile(r"^(?:re|ré|aw|sv|antw)\s*:", re.IGNORECASE)


class Written(NamedTuple):
    """An e-mail as a person wrote it."""

    to: str
    subject: str
    text: str
    cc: str = ""
    bcc: str = ""


class Original(NamedTuple):
    """The message that is answered: its entry, who gets the answer, and its ids for the thread."""

    message: Message
    answer_to: str
    ids: tuple[str, ...]  # the oldest first, its own last


def show_draft(written: Written) -> str:
    """Return a draft as the text that a person edits: headers, a blank line, the body."""
    fields = (("To", written.to), ("Cc", written.cc), ("Subject", written.subject))
    return "".join(f"{name}: {value}\n" for name, value in fields) + f"\n{written.text}"


def read_draft(text: str) -> Written:
    """Return the e-mail in an edited text.

    Raises RefusedError for a line above the body that is not a header, and for an empty subject or body.
    """
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    found: dict[str, str] = {}
    for line in head.split("\n"):
        header = LINE.fullmatch(line.rstrip())
        if header is None or header[1].lower() in found:
            what = f"{shorten_text(line.strip(), 80)!r} is not a header"
            raise RefusedError(what, hint="To, Cc, Bcc, Subject, then a blank line")
        found[header[1].lower()] = header[2].strip()
    return check_written(
        Written(
            found.get("to", ""), found.get("subject", ""), body, found.get("cc", ""), found.get("bcc", "")
        )
    )


def check_written(written: Written) -> Written:
    """Return an e-mail that has a subject and a text.

    Raises RefusedError for any other.
    """
    if not written.text.strip():
        raise RefusedError("the mail is empty, nothing was queued")
    if not written.subject.strip():
        raise RefusedError("the mail has no subject", hint="--subject, or the line Subject:")
    return written._replace(text=written.text.strip("\n") + "\n")


def compose_written(
    facts: Facts,
    written: Written,
    id: str,
    moment: Moment,
    enclosures: Sequence[Enclosure] = (),
    original: Original | None = None,
) -> Composed:
    """Compose an e-mail that a person wrote about a record, in the thread of the message that it answers.

    Raises RefusedError where a recipient or the sender is missing.
    """
    sender = sender_of(facts.config)
    deal = facts.opportunity
    copies = {"Cc": written.cc, "Bcc": written.bcc}
    ids = {"Message-ID": [f"<{id}.{deal.id}@{domain_of(sender)}>"]}
    draft = Draft(
        mailboxes={
            "From": [sender],
            "To": choose_recipients(facts, facts.contact, written.to or None),
            **{name: split_mailboxes(value) for name, value in copies.items() if value},
        },
        texts={
            "Subject": replace_line_breaks(written.subject),
            "Date": format_datetime(moment.at),
            RECORD: deal.id or "",
        },
        ids={**ids, **thread_headers(original)},
        text=written.text,
        enclosures=enclosures,
    )
    draft = add_token(draft, facts.config, deal.id or "")
    refuse_too_large(enclosures)
    return Composed(message_entry(draft, id, moment), write_message(draft), draft.text)


def thread_headers(original: Original | None) -> Mapping[str, Sequence[str]]:
    """Return the headers that put an answer into the thread of the original (RFC 5322, section 3.6.4)."""
    if original is None or not original.ids:
        return {}
    usable = [id for id in original.ids if is_message_id(id)]
    kept = usable if len(usable) <= EARLIER else [usable[0], *usable[1 - EARLIER :]]
    own = [id for id in original.ids[-1:] if is_message_id(id)]
    return {"In-Reply-To": own, "References": kept}


def find_original(session: Reading, message: Message) -> Original:
    """Return what an answer needs of a message; from its file, where it is still there.

    An answer to our own message goes to its recipients again.
    """
    head = read_head(session, message.file)
    known = [message.message_id] if message.message_id else []
    answer_to = (message.to if message.direction is Direction.OUT else message.from_) or ""
    if head is None:
        return Original(message, answer_to, tuple(known))
    boxes = headers.read_mailboxes(head, "Reply-To") if message.direction is Direction.IN else []
    ids = [*headers.message_ids(head, "References"), *headers.message_ids(head, "Message-ID"), *known]
    earlier = [id for id in dict.fromkeys(ids) if MESSAGE_ID.fullmatch(id) and id not in known]
    return Original(message, ", ".join(map(str, boxes)) or answer_to, (*earlier, *known))


def read_head(session: Reading, file: str | None) -> Any:
    """Return the parsed headers of a message's file; None where it is gone."""
    if not file or ".." in file.split("/"):
        return None
    folder = session.mail_folder(file)
    content = session.content(f"pipeline_data/{folder}/{file}" if folder else f"pipeline_data/{file}")
    return BytesParser(policy=headers.POLICY).parsebytes(content, headersonly=True) if content else None


def answer_subject(subject: str) -> str:
    """Return the subject of an answer.

    >>> answer_subject("Devis"), answer_subject("RE : Devis")
    ('Re: Devis', 'RE : Devis')
    """
    return subject if ANSWERED.match(subject) else f"Re: {subject}".strip()


def begin_mail(facts: Facts, root: Path, moment: Moment, signer: str) -> str:
    """Return the text that a new mail begins with, from the template of the workspace; empty without one."""
    return render_frame(facts, root, NEW, moment, signer, {})


def begin_answer(facts: Facts, root: Path, moment: Moment, signer: str, message: Message) -> str:
    """Return the text that an answer begins with: the message quoted, below a line that says whose it is.

    Without a template, it is the quote alone.
    """
    at = message.at.astimezone(find_zone(facts.config.timezone)) if message.at else None
    said = {
        "from": message.from_ or "",
        "subject": message.subject or "",
        "day": day_text(at.date(), facts.config) if at else "",
        "time": f"{at:%H:%M}" if at else "",
        "text": message.text or "",
    }
    quote = quote_text(message.text or "")
    framed = render_frame(facts, root, REPLY, moment, signer, {"message": said, "quote": quote})
    return f"{framed.rstrip()}\n" if framed else f"\n{quote}"


def render_frame(
    facts: Facts, root: Path, path: str, moment: Moment, signer: str, more: Mapping[str, Any]
) -> str:
    """Return a template of the workspace rendered for a record; empty where the file does not exist.

    Raises RefusedError naming template and line where a value is missing.
    """
    if not (root / path).is_file():
        return ""
    values = build_variables(facts, local_day(moment.at, facts.config))
    user = facts.config.user(signer)
    values |= {"user": view_part(user, "user") if user else values["owner"], **more}
    return template.render_page(path, template.read_source(root, path), values, facts.config)


def quote_text(text: str) -> str:
    """Return a text with each line marked as quoted.

    >>> quote_text("Oui\\n\\n> et vous ?")
    '> Oui\\n>\\n>> et vous ?\\n'
    """
    return "".join(f"{mark_quoted(line)}\n" for line in text.rstrip().split("\n"))


def mark_quoted(line: str) -> str:
    """Return a line marked as quoted; one that is quoted already gets one more mark."""
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()


def join_addresses(words: Iterable[str]) -> str:
    """Return several recipients, as given by repeated options, in one text."""
    return ", ".join(word for word in words if word)
