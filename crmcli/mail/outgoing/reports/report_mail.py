"""Reports by e-mail: each from two templates of the workspace, in text and HTML, to one user."""

from collections.abc import Mapping
from datetime import date
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, User
from crmcli.domain.values.errors import NotFoundError
from crmcli.mail.header_names import REPORT
from crmcli.mail.headers import replace_line_breaks
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.compose import domain_of, mailbox_of, sender_of
from crmcli.mail.outgoing.message_writer import Draft
from crmcli.store.transactions import files


def compose_report_mail(
    kind: str, user: User, values: Mapping[str, Any], root: Path, config: Config, id: str, moment: Moment
) -> Draft:
    """Compose a report of a kind to a user, marked as list mail (RFC 2919) and as automatic (RFC 3834).

    Its templates are `templates/report/KIND.txt.j2`, with the subject, and `KIND.html.j2`. Raises
    NotFoundError without them, RefusedError where one of them or the sender is wrong.
    """
    text, html = (f"templates/report/{kind}.{suffix}.j2" for suffix in ("txt", "html"))
    rendered = template.render_mail(text, read_report_template(root, text), values, config)
    sender = sender_of(config)
    domain = domain_of(sender)
    return Draft(
        mailboxes={"From": [sender], "To": [mailbox_of(user.name or user.id, user.email or "")]},
        texts={
            "Subject": replace_line_breaks(rendered.headers["Subject"]),
            "Date": format_datetime(moment.at),
            "Auto-Submitted": "auto-generated",
            REPORT: kind,
        },
        ids={"Message-ID": [f"<{id}.{kind}@{domain}>"], "List-Id": [f"<{kind}.{domain}>"]},
        text=rendered.body,
        html=template.render_page(html, read_report_template(root, html), values, config),
    )


def common_values(user: User, config: Config, day: date) -> dict[str, Any]:
    """Return the variables that the templates of all reports have."""
    return {
        "user": {"id": user.id, "name": user.name or ""},
        "today": day,
        "company": {"name": config.company.name or ""},
    }


def read_report_template(root: Path, path: str) -> str:
    """Return the source of a report's template.

    Raises NotFoundError where the file does not exist.
    """
    content = files.read_file(root / path, files.LARGEST)
    if content is None:
        raise NotFoundError("does not exist", where=path, hint="a new workspace has one: crm init DIRECTORY")
    return content.decode("utf-8", "replace")
