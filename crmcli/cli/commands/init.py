"""`crm init`: a new workspace."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output.printing import Printer, Report, report_changes
from crmcli.cli.output.screen_language import find_system_language
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.workspace_documents import WorkspaceDocument
from crmcli.domain.localization.translations import (
    deferred_plural,
    parse_language,
    translate,
    translate_plural,
)
from crmcli.operations.workspace.create_workspace import NewWorkspace, create_workspace
from crmcli.store.workspace import CONFIG


def init(
    ctx: typer.Context,
    place: Annotated[str, typer.Argument(metavar="[DIR]", help="created if missing")] = "",
    template: Annotated[
        str,
        typer.Option(metavar="NAME", help="neutral (the default), stoves, or a folder of your own"),
        offers.WORKSPACE_TEMPLATE,
    ] = "",
    demo: Annotated[
        bool, typer.Option("--demo", help="with the records of the template, by default stoves")
    ] = False,
    shared: Annotated[
        bool, typer.Option("--shared", help="for all users of the directory's group, not for you alone")
    ] = False,
    git: Annotated[
        bool, typer.Option("--git", help="in git: each command commits its change; also for one that exists")
    ] = False,
) -> int:
    """Create a workspace: stages, rules, a questionnaire and e-mail templates to make your own.

    They are in French where your locale is ($CRM_LANG, $LC_ALL, $LC_MESSAGES, $LANG), else in English.
    --template stoves is the workspace of a company that installs stoves, in French; --demo adds half a
    year of its deals. A template of your own is a folder that holds pipeline_data/crm.yaml, questionnaires/
    and templates/, such as a workspace; its records are copied with --demo only.

    --git makes a git repository, where it is missing, and has git merge the files with crm. From then on
    each command commits exactly what it changed (git: {commit: command} in crm.yaml; docs/team.md).

    \b
    Examples:
      crm init sales
      crm init --demo stoves
      crm init --git sales
      crm init --template ./sales branch --dry-run
    """
    call: CommandContext = ctx.obj
    where = place or call.request.directory
    if git and not (template or demo or shared) and (Path(where or ".").expanduser() / CONFIG).exists():
        return set_up_existing(call, where)
    printer = Printer[NewWorkspace](call, lambda call, created: describe_created(call, created, where))
    create_workspace(
        call.request,
        place,
        template=template,
        language=choose_language(),
        demo=demo,
        is_shared=shared,
        for_git=git,
        check=printer.prepare,
    )
    code = printer.print()
    if not git or call.request.dry_run:
        return code
    call.output = replace(call.output, quiet=call.output.quiet or not call.output.is_for_people)
    return set_up_existing(call, where)


def set_up_existing(call: CommandContext, where: str) -> int:
    """Set up git in a workspace, and print what was done."""
    from crmcli.cli.commands.git_setup import set_up_and_print

    call.request.directory = where or "."
    return set_up_and_print(call, call.request)


def choose_language() -> str:
    """Return the language of the user: that of CRM_LANG, else that of the system.

    Raises UsageError for a language in CRM_LANG that crm does not speak.
    """
    wanted = os.environ.get("CRM_LANG", "")
    return (parse_language(wanted) if wanted else find_system_language()).code


CREATED = deferred_plural("created {place}: {count} file", "created {place}: {count} files")
WOULD_CREATE = deferred_plural("would create {place}: {count} file", "would create {place}: {count} files")


def describe_created(call: CommandContext, created: NewWorkspace, where: str) -> Report:
    """Return the report about a new workspace, with the commands to go on with."""
    place = where or str(created.root)
    crm = f"crm -C {shlex.quote(place)}" if where else "crm"
    one, many = WOULD_CREATE if call.request.dry_run else CREATED
    said = [translate_plural(one, many, created.number_of_files, place=place)]
    if created.has_records:
        said.append(f"  {translate('next: {command}', command=f'{crm} board')}")
    else:
        title = translate("A first deal")
        head = translate("next: {command}", command="")
        said.append(f'  {head}{crm} create "{title}" --contact "Anne DUPONT"')
        said.append(f"  {' ' * len(head)}{crm} ingest < message.eml")
        said.append(f"  {translate('your company, stages and rules: {file}', file=f'{place}/{CONFIG}')}")
    row = WorkspaceDocument(id="", path=str(created.root))
    return report_changes(call, said, [row], columns_of(WorkspaceDocument))
