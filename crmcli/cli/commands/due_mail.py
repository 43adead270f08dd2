"""`crm due --mail`: the due report as one e-mail to each user, into the outbox or through a command."""

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import DueReportDocument
from crmcli.domain.localization.translations import translate_plural
from crmcli.domain.values.errors import Exit
from crmcli.operations.messages.due_mail import Delivery, Letter, mail_due
from crmcli.query.query_model import Query


def mail_report(call: CommandContext, wanted: Query, *, send: str, since_last: str, escalate: str) -> int:
    """Mail the due report and print its recipients; return the exit code."""
    sent = mail_due(call.request, wanted, Delivery(send, since_last, escalate))
    if not sent and call.output.format == "table":
        return Exit.OK
    lines, rows = [line(each) for each in sent], [document(each) for each in sent]
    return printing.report_changes(call, lines, rows, columns_of(DueReportDocument)).told()


def line(each: Letter) -> str:
    """Return a line about the report to one user."""
    digest = each.digest
    said = translate_plural(
        "mail {id} for {user}: {count} activity",
        "mail {id} for {user}: {count} activities",
        len(digest.activities),
        id=each.id,
        user=digest.user.id,
    )
    parts = [said]
    if digest.overdue:
        parts.append(translate_plural("{count} overdue", "{count} overdue", digest.overdue))
    if digest.escalated:
        parts.append(translate_plural("{count} escalated", "{count} escalated", len(digest.escalated)))
    return ", ".join(parts)


def document(each: Letter) -> DueReportDocument:
    """Return the report to one user as `crm.report/1`."""
    return DueReportDocument(
        id=each.id,
        user=each.digest.user.id,
        to=each.digest.user.email or "",
        subject=each.subject,
        activities=len(each.digest.activities),
        overdue=each.digest.overdue,
        escalated=len(each.digest.escalated),
    )
