"""`crm due --mail`: the due report as one e-mail to each user, into the outbox or through a command."""

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import DueReportDocument
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
    late = f", {each.digest.overdue} overdue" if each.digest.overdue else ""
    others = f", {len(each.digest.escalated)} escalated" if each.digest.escalated else ""
    count = len(each.digest.activities)
    what = f"{count} {'activity' if count == 1 else 'activities'}"
    return f"mail {each.id} for {each.digest.user.id}: {what}{late}{others}"


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
