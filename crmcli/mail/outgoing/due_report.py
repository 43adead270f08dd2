"""The due report: each user's due activities, in one e-mail per user, in text and HTML."""

from collections.abc import Iterable, Sequence
from datetime import date
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, User
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.records.contact_matching import shown_phone
from crmcli.domain.values.errors import NotFoundError
from crmcli.mail.header_names import REPORT
from crmcli.mail.headers import replace_line_breaks
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.compose import domain_of, mailbox_of, sender_of
from crmcli.mail.outgoing.message_writer import Draft
from crmcli.store.transactions import files

TEXT, HTML = "templates/report/due.txt.j2", "templates/report/due.html.j2"


class Digest(NamedTuple):
    """The content of one user's report: their own activities, and others' long overdue ones."""

    user: User
    activities: Sequence[Document]
    escalated: Sequence[Document] = ()

    @property
    def overdue(self) -> int:
        """The number of the user's own overdue activities."""
        return sum(each["state"] == Urgency.OVERDUE for each in self.activities)


class Sorted(NamedTuple):
    """Reports by user, and a line for each activity that no user can be told about, with the reason."""

    digests: list[Digest]
    untold: list[str]


def by_person(own: Iterable[Document], escalated: Iterable[Document], config: Config) -> Sorted:
    """Assign activities to users: to the assignee, else to the owner of the record.

    Escalated ones go to that user's manager.
    """
    mine: dict[str, list[Document]] = {}
    others: dict[str, list[Document]] = {}
    untold: list[str] = []
    for each in own:
        user = config.user(responsible_user(each))
        if user is None or user.email is None:
            untold.append(
                f"activity {each['id']} {each['summary'] or each['type']}: {explain_nobody(each, user)}"
            )
        else:
            mine.setdefault(user.id, []).append(each)
    for each in escalated:
        user = config.user(responsible_user(each))
        manager = config.user(user.manager if user else None)
        if manager is None:
            continue  # no manager; the user's own report has the activity
        if manager.email is None:
            untold.append(f"activity {each['id']} is late: {manager.id} has no e-mail address in crm.yaml")
        else:
            others.setdefault(manager.id, []).append(each)
    told = [user for user in config.users if user.id in mine or user.id in others]
    return Sorted([Digest(user, mine.get(user.id, []), others.get(user.id, [])) for user in told], untold)


def responsible_user(activity: Document) -> str | None:
    """Return the user name to report an activity to: its assignee, else the record's owner."""
    name: str | None = activity["assignee"] or activity["owner"]
    return name


def explain_nobody(activity: Document, user: User | None) -> str:
    """Return the reason why an activity can be reported to no user."""
    if user is not None:
        return f"{user.id} has no e-mail address in crm.yaml"
    name = responsible_user(activity)
    return f"{name} is not a user in crm.yaml" if name else "nobody has to do it, and nobody owns the deal"


def compose_report(digest: Digest, root: Path, config: Config, id: str, moment: Moment) -> Draft:
    """Compose the report to one user, marked as list mail (RFC 2919) and as automatic (RFC 3834).

    Raises RefusedError where a template or the sender is wrong.
    """
    values = report_values(digest, config, local_day(moment.at, config, digest.user.id))
    rendered = template.render_mail(TEXT, read_report_template(root, TEXT), values, config)
    sender = sender_of(config)
    domain = domain_of(sender)
    return Draft(
        mailboxes={
            "From": [sender],
            "To": [mailbox_of(digest.user.name or digest.user.id, digest.user.email or "")],
        },
        texts={
            "Subject": replace_line_breaks(rendered.headers["Subject"]),
            "Date": format_datetime(moment.at),
            "Auto-Submitted": "auto-generated",
            REPORT: "due",
        },
        ids={"Message-ID": [f"<{id}.due@{domain}>"], "List-Id": [f"<due.{domain}>"]},
        text=rendered.body,
        html=template.render_page(HTML, read_report_template(root, HTML), values, config),
    )


def report_values(digest: Digest, config: Config, day: date) -> dict[str, Any]:
    """Return the variables of the report's templates."""
    return {
        "user": {"id": digest.user.id, "name": digest.user.name or ""},
        "activities": [describe_activity(each, config) for each in digest.activities],
        "escalated": [describe_activity(each, config) for each in digest.escalated],
        "overdue": digest.overdue,
        "today": day,
        "company": {"name": config.company.name or ""},
    }


def describe_activity(activity: Document, config: Config) -> Document:
    """Return an activity for the templates, the phone number of its contact as it is dialled."""
    phone = activity.get("contact_phone")
    dialled = {"contact_phone": shown_phone(phone, config.country)} if phone else {}
    return one_lined({**activity, **dialled})


def one_lined(activity: Document) -> Document:
    """Return an activity with each text on one line, without unprintable characters."""
    return {
        key: " ".join("".join(map(blank_invisible, value)).split()) if isinstance(value, str) else value
        for key, value in activity.items()
    }


def blank_invisible(char: str) -> str:
    """Return a character; a blank for an unprintable one."""
    return char if char.isprintable() else " "


def read_report_template(root: Path, path: str) -> str:
    """Return the source of a report's template.

    Raises NotFoundError where the file does not exist.
    """
    content = files.read_file(root / path, files.LARGEST)
    if content is None:
        raise NotFoundError("does not exist", where=path, hint="crm init creates one")
    return content.decode("utf-8", "replace")
