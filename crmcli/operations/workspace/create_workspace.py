"""Creation of a workspace from a template: a folder with a configuration, and perhaps with records."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.operations.request import Request, accept
from crmcli.store import configuration
from crmcli.store.identity import login_name
from crmcli.store.local_state import trust
from crmcli.store.new_workspace import created_files, template_folders
from crmcli.store.new_workspace.demo_records import move_to_today
from crmcli.store.new_workspace.schema_files import schema_files
from crmcli.store.new_workspace.template_folders import NEUTRAL, STOVES, Laid, TemplateFolder
from crmcli.store.workspace import CONFIG


class NewWorkspace(msgspec.Struct, frozen=True):
    """A workspace that was created, or would be."""

    root: Path
    template: str
    number_of_files: int
    has_records: bool


def create_workspace(
    request: Request,
    place: str,
    *,
    template: str = "",
    language: str = "en",
    demo: bool = False,
    is_shared: bool = False,
    for_git: bool = False,
    check: Callable[[NewWorkspace], object] = accept,
) -> NewWorkspace:
    """Create a workspace in a directory, which is made if it is missing.

    `template` is `neutral`, `stoves`, or a folder; by default `neutral`, and `stoves` with `demo`. What a
    folder holds besides is named and not copied. A shared workspace is its group's; in one for git, each
    command commits what it changed.

    Raises RefusedError where a workspace or one of its files exists, UsageError for an unknown template and
    for `demo` with one that has no records, UnreadableError for a `crm.yaml` with mistakes.
    """
    root = Path(os.path.abspath(Path(place or request.directory or ".").expanduser()))
    if (root / CONFIG).exists():
        raise RefusedError("is a workspace already", where=str(root), hint="crm init DIRECTORY makes another")
    chosen = template_folders.open_template(template or (STOVES if demo else NEUTRAL), language)
    report_rest(request, chosen)
    laid = list_files(chosen, request.day if demo else None)
    if for_git:
        laid[str(CONFIG)] = created_files.turn_on_commits(laid[str(CONFIG)])
    created = NewWorkspace(root, chosen.name, len(laid), has_records=demo)
    created_files.refuse_existing(root, laid)
    check(created)
    if not request.dry_run:
        created_files.lay_down(root, laid, is_shared=is_shared)
    return created


def list_files(template: TemplateFolder, today: date | None) -> Laid:
    """Return the files of a new workspace; with a day, the records of the template, too."""
    if today and not template_folders.has_records(template):
        hint = "leave --demo out, or crm init --demo: the records of the template stoves"
        raise UsageError(f"the template {template.name} has no records for --demo", hint=hint)
    records = move_to_today(template.data, today) if today else {}
    laid = created_files.lead_to_schemas(template.configuration | records)
    laid[str(CONFIG)] = created_files.add_login(laid[str(CONFIG)], login_name())
    return laid | schema_files() | created_files.IGNORED_BY_GIT


def report_rest(request: Request, template: TemplateFolder) -> None:
    """Check the configuration of a template, and warn of what is not copied and of what will not run.

    Raises UnreadableError with the line that is wrong.
    """
    is_folder = template.name not in (NEUTRAL, STOVES)
    path = Path(template.name) / CONFIG if is_folder else CONFIG
    config = configuration.read_config(path, template.configuration[str(CONFIG)])
    for line in template.left_out:
        request.advise(f"not copied: {line}")
    programs = [run.program for _, run in trust.in_rules(config)] + [
        line for _, line in trust.in_mail(config.mail)
    ]
    if is_folder and programs:
        request.advise(f"crm.yaml names programs, which run only after crm trust: {', '.join(programs)}")
