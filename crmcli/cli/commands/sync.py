"""`crm sync`: meet the other clones: commit, fetch, merge, push."""

import sys

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.team_documents import SyncDocument
from crmcli.domain.localization.translations import deferred_plural, translate, translate_plural
from crmcli.domain.values.errors import Exit
from crmcli.operations.team.resolve_conflicts import list_conflicts
from crmcli.operations.team.sync_workspace import SyncReport, sync_workspace

COMMITTED = deferred_plural("{count} file committed", "{count} files committed")
MERGED = deferred_plural("{count} file changed by the others", "{count} files changed by the others")
SENT = deferred_plural("{count} change sent", "{count} changes sent")


def sync(ctx: typer.Context) -> int:
    """Commit what is here, merge what the others pushed, and push; for cron, too.

    Changes meet field by field. Where both changed the same field, the file holds both values, nothing is
    pushed, and the exit code is 6: crm resolve ends that, then crm sync goes on. Without a network, it is 75.

    \b
    Examples:
      crm sync
      crm sync -q || echo "look at crm sync"
      crm sync -o json
    """
    call: CommandContext = ctx.obj
    report = sync_workspace(call.request)
    lines = list(describe(report))
    code = printing.report_changes(call, lines, [as_document(report)], columns_of(SyncDocument)).told()
    sys.stdout.flush()  # the conflicts stand below what was done
    for each in list_conflicts(call.request) if report.conflicts else ():
        fields = each.merged.conflicts if each.merged else ()
        what = ", ".join(filter(None, fields)) or "the file"
        messages.print_warning(f"{each.name}: both changed {what} (crm resolve {each.id or each.path})")
    return Exit.CONFLICT if report.conflicts else code


def describe(report: SyncReport) -> list[str]:
    """Return what happened, a line each."""
    lines = []
    if report.committed:
        lines.append(translate_plural(*COMMITTED, report.committed))
    if report.received:
        lines.append(translate_plural(*MERGED, len(report.received)))
    if report.sent:
        lines.append(translate_plural(*SENT, report.sent))
    if not report.remote:
        lines.append(translate("no remote: nothing was fetched or sent"))
    return lines


def as_document(report: SyncReport) -> SyncDocument:
    """Return what happened as `crm.sync/1`."""
    return SyncDocument(
        committed=report.committed,
        received=report.received,
        sent=report.sent,
        conflicts=[*report.conflicts],
        remote=report.remote or None,
    )
