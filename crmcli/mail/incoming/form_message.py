"""A web form's submission as a message, so that it is filed, kept and looked at as all mail is."""

import hashlib
from datetime import datetime
from email.utils import format_datetime

from crmcli.domain.incoming.form_submission import (
    Submission,
    form_of_entries,
    list_entries,
    read_entries,
    write_entries,
)
from crmcli.domain.incoming.senders import is_site
from crmcli.domain.incoming.web_form import Form
from crmcli.domain.model.config import Config
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.values.errors import RefusedError
from crmcli.mail.header_names import FORM, FORM_REASON
from crmcli.mail.headers import Mailbox
from crmcli.mail.incoming.parse import Received
from crmcli.mail.outgoing.message_writer import Draft, write_message

DOMAIN = "forms.crm.invalid"
LONGEST_SUBJECT = 150
LONGEST_REASON = 400


def submission_key(submission: Submission, config: Config, page: str) -> str:
    """Return the name of a submission: the same when it is sent again from the same page.

    `page` identifies the page that was filled in, or the day if that is not known.
    """
    text = write_entries(list_entries(submission, config))
    return hashlib.sha256(f"{submission.form.id}\0{page}\0{text}".encode()).hexdigest()[:40]


def write_submission(submission: Submission, config: Config, at: datetime, key: str, reason: str) -> bytes:
    """Return a submission as a message; `reason` says why nobody is to be contacted, if so."""
    try:
        return write_message(
            draft_message(submission, config, at, key, reason, find_sender(submission, config))
        )
    except RefusedError:  # an address that cannot be written; it stands in the text
        ours = Mailbox("", submission.form.route)
        return write_message(draft_message(submission, config, at, key, reason, ours))


def draft_message(
    submission: Submission, config: Config, at: datetime, key: str, reason: str, sender: Mailbox
) -> Draft:
    """Return the content of the message of a submission."""
    form = submission.form
    name = sender.name or " ".join(submission.values.get("name", ()))
    title = f"{form.title} - {name}" if name else form.title
    return Draft(
        mailboxes={"From": [sender], "To": [Mailbox("", form.route)]},
        texts={
            "Subject": title[:LONGEST_SUBJECT],
            "Date": format_datetime(at),
            FORM: form.id,
            FORM_REASON: reason[:LONGEST_REASON],
        },
        ids={"Message-ID": [f"<{key}@{DOMAIN}>"]},
        text=f"{write_entries(list_entries(submission, config, has_others=bool(reason)))}\n",
    )


def find_sender(submission: Submission, config: Config) -> Mailbox:
    """Return the visitor, or the address of the form if they gave none or one that is not a person's."""
    email = "".join(submission.values.get("email", ()))
    if normal_email(email) is None or is_site(email, config):
        return Mailbox("", submission.form.route)
    words = [" ".join(submission.values.get(key, ())) for key in ("first_name", "name")]
    return Mailbox(" ".join(filter(None, words)), email)


def read_form_message(mail: Received, config: Config) -> Form | None:
    """Return the form in the message of a submission; None for any other message.

    What came through a mail server has a Received header, and is another's imitation.
    """
    names = {name.lower() for name, _ in mail.headers}
    if FORM.lower() not in names or "received" in names:
        return None
    return form_of_entries(read_entries(mail.text), config)


def kept_aside_because(mail: Received, config: Config) -> str:
    """Return why a submission is kept aside; empty for one to be filed, and for other messages."""
    if read_form_message(mail, config) is None:
        return ""
    found = next((value for name, value in mail.headers if name.lower() == FORM_REASON.lower()), "")
    return found[:LONGEST_REASON]
