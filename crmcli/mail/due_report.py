"""The due report: what each of us has to do, as one e-mail each, in text and HTML."""

from collections.abc import Iterable, Sequence
from datetime import date
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, User
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import NotFoundError
from crmcli.mail import template
from crmcli.mail.compose import REPORT, domain_of, mailbox_of, sender_of
from crmcli.mail.headers import replace_line_breaks
from crmcli.mail.message_writer import Draft
from crmcli.store.transactions import files

TEXT, HTML = "templates/report/due.txt.j2", "templates/report/due.html.j2"


class Digest(NamedTuple):
    """What one of us is told: their own activities, and those of others that have been late for long."""

    user: User
    activities: Sequence[Document]
    escalated: Sequence[Document] = ()

    @property
    def overdue(self) -> int:
        """How many of their own are late."""
        return sum(each["state"] == Urgency.OVERDUE for each in self.activities)


class Sorted(NamedTuple):
    """Activities by whom they are told, and those that nobody can be told, with the reason of each."""

    digests: list[Digest]
    untold: list[str]


def by_person(own: Iterable[Document], escalated: Iterable[Document], config: Config) -> Sorted:
    """What each of us is told: activities go to who has to do them, else to who owns the deal.

    What is escalated goes to the manager of that person.
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
            continue  # nobody stands above them, and they have been told themselves
        if manager.email is None:
            untold.append(f"activity {each['id']} is late: {manager.id} has no e-mail address in crm.yaml")
        else:
            others.setdefault(manager.id, []).append(each)
    told = [user for user in config.users if user.id in mine or user.id in others]
    return Sorted([Digest(user, mine.get(user.id, []), others.get(user.id, [])) for user in told], untold)


def responsible_user(activity: Document) -> str | None:
    """Who has to hear of an activity."""
    name: str | None = activity["assignee"] or activity["owner"]
    return name


def explain_nobody(activity: Document, user: User | None) -> str:
    """Why nobody can be told of an activity."""
    if user is not None:
        return f"{user.id} has no e-mail address in crm.yaml"
    name = responsible_user(activity)
    return f"{name} is not a user in crm.yaml" if name else "nobody has to do it, and nobody owns the deal"


def compose_report(digest: Digest, root: Path, config: Config, id: str, moment: Moment) -> Draft:
    """The complete message (RFC 5322) to one of us: of a list (RFC 2919), by no person (RFC 3834).

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
    """What the templates of the report see."""
    return {
        "user": {"id": digest.user.id, "name": digest.user.name or ""},
        "activities": [one_lined(each) for each in digest.activities],
        "escalated": [one_lined(each) for each in digest.escalated],
        "overdue": digest.overdue,
        "today": day,
        "company": {"name": config.company.name or ""},
    }


def one_lined(activity: Document) -> Document:
    """An activity whose texts are on one line each, without what would steer how they are shown."""
    return {
        key: " ".join("".join(map(blank_invisible, value)).split()) if isinstance(value, str) else value
        for key, value in activity.items()
    }


def blank_invisible(char: str) -> str:
    """A character; a blank for one that nobody sees."""
    return char if char.isprintable() else " "


def read_report_template(root: Path, path: str) -> str:
    """The source of a report's template.

    Raises NotFoundError where it is not there.
    """
    content = files.read_file(root / path, files.LARGEST)
    if content is None:
        raise NotFoundError("is not there", where=path, hint="crm init lays one down")
    return content.decode("utf-8", "replace")
