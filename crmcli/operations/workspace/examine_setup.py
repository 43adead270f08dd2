"""What `crm doctor` looks at: this machine, and the workspace on it. Nothing is changed, not even an index.

Each examination returns one line: how it is, what was found, and what to do.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.config import Transport
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.rules.releases import timed_rules
from crmcli.domain.values.errors import CrmError, NotFoundError
from crmcli.mail.outgoing.outbox_reader import list_mail_names
from crmcli.operations.messages.check_outbox import check_outbox
from crmcli.operations.request import Request
from crmcli.operations.workspace.examine_machine import ON_THE_MACHINE, Examined, Health
from crmcli.store import quarantine, records
from crmcli.store.catalog import record_files
from crmcli.store.configuration import read_config
from crmcli.store.form_spool import list_spooled
from crmcli.store.git.merge_reminder import list_git_faults, wants_git
from crmcli.store.git.repository import find_repository
from crmcli.store.index.fingerprint import read_seal
from crmcli.store.local_state import last_tick, trust
from crmcli.store.new_workspace.schema_files import stale_schemas
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError
from crmcli.store.workspace import CONFIG, Workspace

OLDEST_TICK = timedelta(days=1)


def examine_setup(request: Request, *, connect: bool = False) -> Iterator[Examined]:
    """Yield a line for each thing on this machine, and, inside a workspace, for each thing in it.

    With `connect` the mail server is asked, for as long as `mail.timeout` allows. Raises UsageError where
    the directory that was given is not a workspace.
    """
    yield from (examine() for examine in ON_THE_MACHINE)
    try:
        workspace = request.workspace
    except NotFoundError:
        yield Examined(Health.OK, "workspace", "none here or above", "crm init DIR makes one")
        return
    try:
        workspace.config = read_config(CONFIG, workspace.read_config_file())  # and is not remembered
    except CrmError as error:
        yield Examined(Health.FAIL, "workspace", str(error), "crm config check")
        return
    yield Examined(Health.OK, "workspace", str(workspace.root))
    yield examine_user(request)
    yield examine_mail(request, connect=connect)
    yield from (examine(workspace) for examine in IN_A_WORKSPACE)
    yield examine_tick(request)


def examine_user(request: Request) -> Examined:
    """Examine who the acting user is."""
    try:
        return Examined(Health.OK, "user", request.user)
    except CrmError as error:
        return Examined(Health.FAIL, "user", error.what, error.hint)


def examine_mail(request: Request, *, connect: bool) -> Examined:
    """Examine the way out for mail."""
    mail = request.config.mail
    if not mail.from_:
        hint = "mail: {from: My company <contact@example.org>} in crm.yaml"
        return Examined(Health.WARN, "mail", "mail.from is not set", hint)
    if mail.transport is Transport.NONE:
        found = "mail.transport is none: mails stay in the outbox"
        return Examined(Health.WARN, "mail", found, "transport: smtp or sendmail (docs/mail.md)")
    found = f"{mail.from_}, {mail.transport} {mail.host or mail.program or ''}".strip()
    if not connect:
        return Examined(Health.OK, "mail", found, "crm doctor --connect asks the mail server")
    try:
        return Examined(Health.OK, "mail", f"{found}: works, {check_outbox(request).server}")
    except CrmError as error:
        return Examined(Health.FAIL, "mail", str(error), "crm outbox check")


def examine_zone(workspace: Workspace) -> Examined:
    """Examine whether it is the same time in the workspace as on this machine."""
    zone = workspace.config.timezone
    now = datetime.now(UTC)
    try:
        there = now.astimezone(find_zone(zone)).utcoffset()
    except CrmError as error:
        return Examined(Health.FAIL, "time zone", error.what, error.hint)
    if there != now.astimezone().utcoffset():
        found = f"{zone}, and this machine is in another"
        return Examined(Health.WARN, "time zone", found, "timezone in crm.yaml decides what today is")
    return Examined(Health.OK, "time zone", zone)


def examine_trust(workspace: Workspace) -> Examined:
    """Examine whether the programs of the workspace may run."""
    programs = trust.list_programs(workspace)
    if not programs:
        return Examined(Health.OK, "programs", "none")
    if not trust.is_trusted(workspace):
        found = f"{len(programs)}, not trusted: they do not run"
        return Examined(Health.WARN, "programs", found, "crm trust --list")
    return Examined(Health.OK, "programs", f"{len(programs)}, trusted")


def examine_sharing(workspace: Workspace) -> Examined:
    """Examine whether git merges and commits the workspace as it is meant to."""
    repository = find_repository(workspace.root)
    if repository is None and not workspace.config.git.is_on:
        return Examined(Health.OK, "sharing", "not in git", "crm init --git")
    faults = list(list_git_faults(workspace))
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        return Examined(Health.WARN, "sharing", f"{faults[0].path}: {faults[0].what}{more}", faults[0].hint)
    if not wants_git(workspace):
        found = "in git, which merges the files line by line"
        return Examined(Health.WARN, "sharing", found, "crm init --git: merged with crm, field by field")
    commits = "each command commits" if workspace.config.git.is_on else "no auto-commit"
    return Examined(Health.OK, "sharing", f"in git, merged with crm, {commits}")


def examine_records(workspace: Workspace) -> Examined:
    """Examine whether all records can be read."""
    kinds: tuple[tuple[str, type[Opportunity] | type[Contact]], ...] = (
        ("opportunities", Opportunity),
        ("contacts", Contact),
    )
    paths = [(path, type) for kind, type in kinds for path in record_files(workspace.root, kind)]
    broken = [path for path, type in paths if not is_readable(workspace.root, path, type)]
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        return Examined(Health.FAIL, "records", f"{broken[0]}{more} cannot be read", "crm check")
    return Examined(Health.OK, "records", f"{len(paths)} can be read")


def is_readable(root: Path, path: str, type: type[Opportunity] | type[Contact]) -> bool:
    """Tell whether a record can be read."""
    try:
        records.read_record(Path(path), files.read_text_file(root / path) or b"", type)
    except (OSError, UnreadableError):
        return False
    return True


def examine_index(workspace: Workspace) -> Examined:
    """Examine whether the index is one of this version."""
    if read_seal(workspace.derived) is None:
        return Examined(Health.OK, "index", "none of this version yet: the next command makes it")
    return Examined(Health.OK, "index", "made by this version")


def examine_schemas(workspace: Workspace) -> Examined:
    """Examine whether the schemas that editors read are those of this version."""
    stale = stale_schemas(workspace.root)
    if stale:
        found = f"{len(stale)} missing or of another version"
        return Examined(Health.WARN, "schemas", found, "crm schema --write")
    return Examined(Health.OK, "schemas", "of this version")


def examine_journal(workspace: Workspace) -> Examined:
    """Examine whether a change was interrupted."""
    if workspace.shelf.is_pending():
        return Examined(Health.WARN, "changes", "one was interrupted", "crm list finishes it")
    return Examined(Health.OK, "changes", "all finished")


def examine_quarantine(workspace: Workspace) -> Examined:
    """Examine whether messages were kept aside, or forms wait to be filed."""
    kept, forms = len(quarantine.list_quarantined(workspace.root)), len(list_spooled(workspace.root))
    if kept:
        found = f"{kept} in quarantine, {forms} forms waiting"
        return Examined(Health.WARN, "incoming", found, "crm inbox list")
    if forms:
        return Examined(Health.WARN, "incoming", f"{forms} forms waiting", "crm tick files them")
    return Examined(Health.OK, "incoming", "nothing waits")


def examine_outbox(workspace: Workspace) -> Examined:
    """Examine whether mails wait, or could not be sent."""
    root = workspace.root
    waiting = len(list_mail_names(root, MailFolder.OUTBOX))
    stuck = sum(len(list_mail_names(root, folder)) for folder in (MailFolder.SENDING, MailFolder.FAILED))
    if stuck:
        found = f"{stuck} not sent or uncertain, {waiting} waiting"
        return Examined(Health.WARN, "outbox", found, "crm outbox list")
    if waiting:
        return Examined(Health.WARN, "outbox", f"{waiting} waiting", "crm outbox send")
    return Examined(Health.OK, "outbox", "empty")


IN_A_WORKSPACE: tuple[Callable[[Workspace], Examined], ...] = (
    examine_zone,
    examine_trust,
    examine_sharing,
    examine_records,
    examine_index,
    examine_schemas,
    examine_journal,
    examine_quarantine,
    examine_outbox,
)


def examine_tick(request: Request) -> Examined:
    """Examine when the timed rules ran last on this machine."""
    if not any(True for _ in timed_rules(request.config)):
        return Examined(Health.OK, "tick", "without timed rules")
    last = last_tick.read_last_tick(request.workspace.derived)
    found = f"ran last on {last:%Y-%m-%d %H:%M} UTC" if last else "never ran on this machine"
    if last is None or request.at - last > OLDEST_TICK:
        return Examined(Health.WARN, "tick", found, "crm tick; crm cron print schedules it")
    return Examined(Health.OK, "tick", found)
