"""`crm check`, `crm config …`: check all files; show and check the configuration."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from msgspec.structs import replace

from crmcli.checks import mail_samples, questionnaire_checks
from crmcli.checks import workspace_checks as checking
from crmcli.checks.git_checks import check_git
from crmcli.checks.workspace_checks import Finding
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.listing import warn_of_quarantine
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.selection import KeepGoing, Yes
from crmcli.domain.documents.change_documents import FixedDocument
from crmcli.domain.documents.workspace_documents import FindingDocument
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.mail_state import MailState
from crmcli.domain.records import documents
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.outbox_reader import list_waiting
from crmcli.operations.fix import FixedFile
from crmcli.operations.fix import fix as fix_files
from crmcli.store.reader import Reading


def check(
    ctx: typer.Context,
    terms: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]…", help="with --titles: the records to check"),
        offers.QUERY,
    ] = None,
    fix: Annotated[
        list[str],
        typer.Option(
            metavar="[PATH]",
            help="repair this file; with --titles, the title of this record; alone, set up git in this clone",
        ),
    ] = [],  # noqa: B006
    titles: Annotated[
        bool, typer.Option("--titles", help="list titles that do not follow the pattern")
    ] = False,
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Check all files: unreadable files, dangling references, duplicate ids. Exit 5 on problems.

    Every e-mail template is rendered for a sample record, also one that no rule uses.

    --fix PATH gives a file an id, its name and the canonical form. If two files have the same id, the
    copy (the file whose name does not end with that id) gets a new one; records that two clones
    created from the same event become one. --fix alone sets up git in this clone: attributes, merge
    driver, auto-commit (docs/team.md).

    --titles lists titles that do not follow the pattern of crm.yaml, with the nearest that does;
    --fix REF sets that title, and the fields that were read from the old title.

    \b
    Examples:
      crm check
      crm check --fix pipeline_data/opportunities/2026/*--xgcej9p8.yaml
      crm check --fix
      crm check --titles stage:quoted && crm check --titles --fix xgcej9p8 --dry-run
    """
    call: CommandContext = ctx.obj
    if titles:
        from crmcli.cli.commands import check_titles

        if fix:
            return check_titles.retitle(call, fix, yes=yes, keep_going=keep_going)
        return check_titles.print_off_titles(call, terms or [])
    if terms:
        raise UsageError("check takes a query only with --titles", hint="crm check --titles QUERY")
    if fix == [""]:
        from crmcli.cli.commands.git_setup import repair_setup

        return repair_setup(call, yes=yes)
    if fix:
        printer = Printer(call, report_fixed)
        fix_files(call.request, fix, check=printer.prepare)
        return printer.print()
    found = checking.check_config_file(
        call.request.workspace, template.list_templates(call.request.workspace.root)
    )
    if call.request.workspace.is_configured:
        found += questionnaire_checks.of_workspace(call.request.workspace)
        found += mail_samples.find_template_faults(call.request.config, call.request.workspace.root)
        reading = call.request.reading()
        found += checking.of_records(reading)
        found += list_mail_findings(reading)
    found += checking.of_files(call.request.workspace, found)
    found += check_git(call.request.workspace)
    code = reported(call, found)
    warn_of_quarantine(call)
    return code


def list_mail_findings(reading: Reading) -> Iterator[Finding]:
    """Yield a finding for each file in the outbox that is not a mail, and each uncertain mail."""
    outbox = list_waiting(reading)
    yield from (Finding(each.where, None, "", each.what, each.hint) for each in outbox.unusable)
    for mail in outbox.mails:
        if mail.state == MailState.UNCERTAIN:
            hint = f"crm outbox drop {mail.id} --sent, or crm outbox retry {mail.id}"
            yield Finding(f"pipeline_data/sending/{mail.file}", None, "", "may have been sent, or not", hint)


def check_config(ctx: typer.Context) -> int:
    """Check crm.yaml and the templates, queries and conditions in it. Exit 5 on problems.

    \b
    Examples:
      crm config check
      crm config check -o json
      crm config check -q && echo "crm.yaml is in order"
    """
    call: CommandContext = ctx.obj
    found = checking.check_config_file(
        call.request.workspace, template.list_templates(call.request.workspace.root)
    )
    if call.request.workspace.is_configured:
        found += questionnaire_checks.of_workspace(call.request.workspace)
    return reported(call, found)


def reported(call: CommandContext, found: list[Finding]) -> int:
    """Print the findings, one line each; return the exit code."""
    rows = [FindingDocument(**each._asdict()) for each in found]
    if call.output.is_for_people:
        if not call.output.quiet:
            printing.print_text("\n".join(visible(str(each)) for each in found))
            messages.print_remark("" if found else "no problems found")
    else:
        printing.print_rows(call, rows, columns_of(FindingDocument))
    return Exit.REFUSED if found else Exit.OK


def report_fixed(call: CommandContext, fixed: Sequence[FixedFile]) -> Report:
    """Return where repaired files are now, in the output format."""
    said = deferred("{file} would be {path}") if call.request.dry_run else deferred("{file} is now {path}")
    lines = [translate(said, file=each.asked, path=each.path) for each in fixed]
    rows = [FixedDocument(id=each.record.id, path=each.path) for each in fixed]
    return printing.report_changes(call, lines, rows, columns_of(FixedDocument))


def show_config(ctx: typer.Context) -> int:
    """Show the configuration with all defaults, as YAML or, with -o json, as JSON.

    \b
    Examples:
      crm config show
      crm config show -o json
      crm config show -o json --fields stages,users
    """
    call: CommandContext = ctx.obj
    document = documents.plain_data(call.request.config)
    if call.output.format in ("table", "yaml"):
        call.output = replace(call.output, format="yaml")
        return printing.print_rows(call, [document], ())
    return printing.print_page(call, {**document, "schema": "crm.config/1"}, str, ())
