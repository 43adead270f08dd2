"""The due report: each user's due activities, in one e-mail per user, in text and HTML."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, User
from crmcli.domain.model.urgency import Urgency
from crmcli.domain.records.contact_matching import shown_phone
from crmcli.mail.outgoing.message_writer import Draft
from crmcli.mail.outgoing.reports.report_mail import common_values, compose_report_mail


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
    """Compose the report to one user.

    Raises RefusedError where a template or the sender is wrong.
    """
    values = report_values(digest, config, local_day(moment.at, config, digest.user.id))
    return compose_report_mail("due", digest.user, values, root, config, id, moment)


def report_values(digest: Digest, config: Config, day: date) -> dict[str, Any]:
    """Return the variables of the report's templates."""
    return {
        **common_values(digest.user, config, day),
        "activities": [describe_activity(each, config) for each in digest.activities],
        "escalated": [describe_activity(each, config) for each in digest.escalated],
        "overdue": digest.overdue,
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
