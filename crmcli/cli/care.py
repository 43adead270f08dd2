"""`crm check`, `crm config …`: whether all files are in order, and what the configuration means."""

import os
from typing import Annotated

import typer

from crmcli.cli import output
from crmcli.cli.invocation import Invocation
from crmcli.cli.output import Column
from crmcli.cli.people import visible
from crmcli.domain import documents
from crmcli.domain.documents import Document
from crmcli.domain.errors import Exit
from crmcli.mail import template
from crmcli.store import check as checking
from crmcli.store import questionnairecheck
from crmcli.store.check import Finding
from crmcli.store.mending import mended

FINDING_COLUMNS = (
    Column("path"),
    Column("line", right=True),
    Column("field"),
    Column("what", wraps=True),
    Column("hint"),
)
MENDED_COLUMNS = (Column("id"), Column("path"))


def check(
    ctx: typer.Context,
    fix: Annotated[str, typer.Option(metavar="PATH", help="give this file id, name, canonical form")] = "",
) -> int:
    """Check all files: what does not read, refers to nothing, stands twice. Exit 5 if something is wrong.

    \b
    Examples:
      crm check
      crm check -o json
      crm check --fix pipeline_data/opportunities/2026/*--xgcej9p8.yaml
    """
    call: Invocation = ctx.obj
    if fix:
        return mend(call, fix)
    found = checking.of_config(call.workspace, template.names(call.workspace.root))
    if call.workspace.is_configured:
        found += questionnairecheck.of_workspace(call.workspace)
        found += checking.of_records(call.reading())
    return reported(call, found)


def check_config(ctx: typer.Context) -> int:
    """Check crm.yaml and the templates, queries and conditions in it. Exit 5 if something is wrong.

    \b
    Examples:
      crm config check
      crm config check -o json
      crm config check -q && echo "crm.yaml is in order"
    """
    call: Invocation = ctx.obj
    found = checking.of_config(call.workspace, template.names(call.workspace.root))
    if call.workspace.is_configured:
        found += questionnairecheck.of_workspace(call.workspace)
    return reported(call, found)


def reported(call: Invocation, found: list[Finding]) -> int:
    """Print what is wrong, one line each; the exit code."""
    rows: list[Document] = [{"schema": "crm.finding/1", **each._asdict()} for each in found]
    if output.is_for_people(call):
        if not call.quiet:
            output.emit("\n".join(visible(str(each)) for each in found))
    else:
        output.rows(call, rows, FINDING_COLUMNS)
    return Exit.REFUSED if found else Exit.OK


def mend(call: Invocation, path: str) -> int:
    """Mend one file, and say where it is now."""
    with call.writing() as session:
        place = os.path.relpath(os.path.abspath(path), session.root)
        target, record = mended(session, place if session.content(place) is not None else path)
        word = "would be" if call.dry_run else "is now"
        document = {"schema": "crm.mended/1", "id": record.id, "path": target}
        report = output.report(call, [f"{path} {word} {target}"], [document], MENDED_COLUMNS)
        call.commit(session)
    return report.told()


def show_config(ctx: typer.Context) -> int:
    """Show the configuration as it is understood, defaults included; YAML, or JSON with -o json.

    \b
    Examples:
      crm config show
      crm config show -o json
      crm config show -o json --fields stages,users
    """
    call: Invocation = ctx.obj
    document = documents.data(call.config)
    if call.output in ("table", "yaml"):
        call.output = "yaml"
        return output.rows(call, [document], ())
    return output.page(call, {**document, "schema": "crm.config/1"}, str, ())
