"""The digest by e-mail: what happened to the deals of a user, of each owner, and to all, in text and HTML."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crmcli.domain.documents.report_documents import DigestDocument
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, User
from crmcli.mail.outgoing.message_writer import Draft
from crmcli.mail.outgoing.reports.report_mail import common_values, compose_report_mail


class DigestFigures(NamedTuple):
    """What a digest tells: its days, a row for each owner, the totals, each by pipeline, and its query."""

    since: date
    until: date
    owners: Sequence[DigestDocument]
    totals: Sequence[DigestDocument]
    query: str = ""


def compose_digest(
    user: User, figures: DigestFigures, root: Path, config: Config, id: str, moment: Moment
) -> Draft:
    """Compose the mail to one user.

    Raises RefusedError where a template or the sender is wrong, NotFoundError without a template.
    """
    values = {
        **common_values(user, config, local_day(moment.at, config, user.id)),
        "since": figures.since,
        "until": figures.until,
        "own": [describe_row(row) for row in figures.owners if row.id == user.id],
        "owners": [describe_row(row) for row in figures.owners],
        "all": [describe_row(row) for row in figures.totals],
        "query": figures.query,
    }
    return compose_report_mail("digest", user, values, root, config, id, moment)


def describe_row(row: DigestDocument) -> dict[str, Any]:
    """Return the figures of a row for the templates; `pipeline` is empty where there is one only."""
    figures = msgspec.structs.asdict(row)
    pipeline = row.pipeline if isinstance(row.pipeline, str) else ""
    return {**figures, "label": " ".join(row.label.split()), "pipeline": pipeline}
