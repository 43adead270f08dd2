"""`crm cron …`: print the scheduled commands for cron or systemd, and test them."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.shared_options import with_options_of
from crmcli.domain.documents.workspace_documents import ProblemDocument
from crmcli.domain.localization.times import parse_time
from crmcli.domain.model.config import Transport
from crmcli.domain.values.errors import Exit, NotFoundError, UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.store.local_state import trust

SEARCHED = "/usr/local/bin:/usr/bin:/bin"
EMPTY = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "SHELL": "/bin/sh"}  # the most that cron sets; no HOME
NOT_SENT = "mail.transport is none: the outbox is not sent (docs/mail.md)"
PATIENCE = 120  # seconds for one command
TICK_EVERY = Annotated[int, typer.Option(metavar="MINUTES", help="how often crm tick runs")]
REPORT_AT = Annotated[
    str, typer.Option(metavar="HH:MM", help="when the due report is sent, Monday to Friday")
]
CALENDAR = Annotated[
    Path | None, typer.Option(metavar="DIR", help="synchronise your activities with this folder, too")
]
ADDRESS_BOOK = Annotated[
    Path | None, typer.Option(metavar="DIR", help="synchronise the contacts with this folder, too")
]
SYNCED_EVERY = 15  # minutes


class Job(NamedTuple):
    """A scheduled command: its name, its purpose, its arguments and its times."""

    name: str
    help: str
    arguments: tuple[str, ...]
    cron: str  # minute hour day month weekday
    calendar: str  # OnCalendar of systemd
    around: tuple[str, ...] = ()  # a program that runs before and after it


def list_jobs(
    call: CommandContext,
    every: TICK_EVERY = 5,
    at: REPORT_AT = "07:00",
    calendar: CALENDAR = None,
    address_book: ADDRESS_BOOK = None,
) -> list[Job]:
    """Return the scheduled commands of a workspace; late items are escalated where users have managers.

    Raises UsageError for invalid times.
    """
    time = parse_time(at)
    hour, minute = int(time[:2]), int(time[3:])
    if not 1 <= every <= 30 or 60 % every:
        raise UsageError(f"--every {every}: must be a divisor of 60, at most 30", hint="1, 5, 10, 15, 30")
    has_managers = any(user.manager for user in call.request.config.users)
    escalate = ("--escalate", "3d") if has_managers else ()
    report = ("due", "--mail", "--since-last", "cron", *escalate, "--quiet")
    found = [
        Job("tick", "delayed rules, late items", ("tick", "--quiet"), f"*/{every} * * * *", f"*:0/{every}"),
        Job(
            "due", "the due report", report,
            f"{minute} {hour} * * 1-5", f"Mon..Fri {time}",
        ),
        Job(
            "send", "the outbox", ("outbox", "send", "--quiet"),
            f"*/{every} * * * *", f"*:0/{every}",
        ),
    ]  # fmt: skip
    return [*(found if sends_mail(call) else found[:-1]), *phone_jobs(call, (calendar, address_book))]


def phone_jobs(call: CommandContext, folders: Sequence[Path | None]) -> Iterator[Job]:
    """Yield the synchronisations with folders, each between two runs of vdirsyncer where it is installed.

    They act for the user who asks, and not at the same time. Raises NotFoundError without a folder.
    """
    vdirsyncer = shutil.which("vdirsyncer")
    around = (os.path.abspath(vdirsyncer), "-v", "ERROR", "sync") if vdirsyncer else ()
    kinds = ("calendar", "your activities on the phone", 0), ("contact", "the contacts on the phone", 7)
    for (kind, help, minute), folder in zip(kinds, folders, strict=True):
        if folder is None:
            continue
        if not folder.is_dir():
            raise NotFoundError("no such folder", where=str(folder), hint="vdirsyncer discover")
        words = (kind, "sync", str(folder.absolute()), "--as", call.request.user, "--quiet")
        times = f"{minute}-59/{SYNCED_EVERY} * * * *", f"*:{minute}/{SYNCED_EVERY}"
        yield Job(kind, help, words, *times, around)


def sends_mail(call: CommandContext) -> bool:
    """Tell whether the workspace has a way out for its mail."""
    return call.request.config.mail.transport is not Transport.NONE


@with_options_of(list_jobs, leaving_out=("call",))
def print_lines(
    ctx: typer.Context,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="print units and timers instead of crontab lines")
    ] = False,
    **options: Any,
) -> int:
    """Print the lines to install for crontab, or units for systemd, with absolute paths.

    With a calendar or an address book, also those that keep a phone in step every 15 minutes, for the
    acting user, with vdirsyncer before and after.

    \b
    Examples:
      crm cron print
      crm cron print --every 15 --at 06:30
      crm cron print --systemd
    """
    call: CommandContext = ctx.obj
    if call.output.format != "table":
        raise UsageError("crm cron print has only one output format", hint="leave out -o")
    wanted = list_jobs(call, **options)
    printing.print_text("\n".join(units(call, wanted) if systemd else crontab(call, wanted)))
    return Exit.OK


def command(call: CommandContext, job: Job) -> list[str]:
    """Return the command line of a job, which does not depend on where it runs."""
    return [*program(), "-C", str(call.request.workspace.root), *job.arguments]


def program() -> list[str]:
    """Return the command line of this program, with absolute paths."""
    own = os.path.abspath(sys.argv[0])
    if os.path.basename(own) == "crm" and os.access(own, os.X_OK):
        return [own]
    return [sys.executable, "-m", "crmcli"]


def environment(call: CommandContext) -> dict[str, str]:
    """Return the environment of the jobs, in which they find the same files and trusted programs as here."""
    places = {name: os.environ.get(name, "") for name in ("CRM_STATE_DIR", "XDG_STATE_HOME")}
    kept = {name: path for name, path in places.items() if os.path.isabs(path)}
    if os.environ.get("CRM_LOCK_TIMEOUT"):
        kept["CRM_LOCK_TIMEOUT"] = os.environ["CRM_LOCK_TIMEOUT"]
    return {"PATH": SEARCHED, "LC_ALL": "C.UTF-8", **kept}


def crontab(call: CommandContext, wanted: Sequence[Job]) -> Iterator[str]:
    """Yield the lines for crontab(5), with percent signs escaped."""
    yield f"# crm, workspace {call.request.workspace.root}: add these lines with crontab -e"
    yield "SHELL=/bin/sh"
    yield from (f"{name}={quoted(value)}" for name, value in environment(call).items())
    for job in wanted:
        yield f"# {job.help}"
        around = [shlex.join(job.around)] if job.around else []
        line = "; ".join([*around, shlex.join(command(call, job)), *around])
        yield f"{job.cron}  {line}".replace("%", "\\%")
    if not sends_mail(call):
        yield f"# {NOT_SENT}"


def units(call: CommandContext, wanted: Sequence[Job]) -> Iterator[str]:
    """Yield the lines of service and timer units, each under the name of its file."""
    yield "# Put each unit into ~/.config/systemd/user/, then: systemctl --user enable --now crm-*.timer"
    for job in wanted:
        yield from ("", f"# crm-{job.name}.service", "[Unit]", f"Description=crm: {job.help}", "")
        yield from ("[Service]", "Type=oneshot")
        variables = (f"{name}={value}" for name, value in environment(call).items())
        yield from (f"Environment={unit_quoted(each)}" for each in variables)
        if job.around:
            yield f"ExecStartPre=-{unit_line(job.around)}"
        yield f"ExecStart={unit_line(command(call, job))}"
        if job.around:
            yield f"ExecStopPost=-{unit_line(job.around)}"
        yield from ("", f"# crm-{job.name}.timer", "[Unit]", f"Description=crm: {job.help}", "")
        yield from ("[Timer]", f"OnCalendar={job.calendar}", "Persistent=true", "")
        yield from ("[Install]", "WantedBy=timers.target")


def unit_line(words: Sequence[str]) -> str:
    """Return a command line of a unit."""
    return " ".join(unit_quoted(word.replace("$", "$$")) for word in words)


def quoted(value: str) -> str:
    """Return the quoted value of a crontab variable; a crontab has two kinds of quotes and no escapes.

    Raises UsageError for one that holds both.
    """
    if '"' in value and "'" in value:
        raise UsageError(f"{value!r} cannot be written into a crontab", hint="--systemd")
    return f"'{value}'" if '"' in value else f'"{value}"'


def unit_quoted(word: str) -> str:
    """Return a word of a unit, quoted as in systemd.syntax(7)."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if escaped != word or any(c.isspace() or c in "'\";$" for c in word) else word


@with_options_of(list_jobs, leaving_out=("call",))
def check(ctx: typer.Context, **options: Any) -> int:
    """Test these commands in the environment of cron, changing nothing. Exit 5 if one fails.

    Where the outbox is sent, the mail server is tested as by crm outbox check.

    \b
    Examples:
      crm cron check
      crm cron check -o json
      crm cron check --quiet
    """
    call: CommandContext = ctx.obj
    wanted = list_jobs(call, **options)
    found = [
        problem for job in wanted for problem in tried(call, job.name, [*command(call, job), "--dry-run"])
    ]
    if sends_mail(call) and not found:
        words = [*program(), "-C", str(call.request.workspace.root), "outbox", "check", "--quiet"]
        found += tried(call, "send", words)
    found += list(foreseen(call))
    if call.output.is_for_people:
        if not call.output.quiet:
            printing.print_text("\n".join(visible(line(each)) for each in found) or good(call, wanted))
    else:
        printing.print_rows(call, found, columns_of(ProblemDocument))
    return Exit.REFUSED if found else Exit.OK


def good(call: CommandContext, wanted: Sequence[Job]) -> str:
    """Return the message that all jobs work, a line each."""
    return "\n".join(f"works: {shlex.join(command(call, job))}" for job in wanted)


def tried(call: CommandContext, name: str, words: Sequence[str]) -> Iterator[ProblemDocument]:
    """Yield the problems of a command of a job, in cron's environment with the variables of its lines."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=EMPTY | environment(call),
            cwd="/",
            start_new_session=True,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield problem(name, f"cannot run: {error}", "is crm installed for cron's user too?")
        return
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode:
        yield problem(name, f"exit {done.returncode}: {said}", shlex.join(words))
    elif said:
        yield problem(name, said, "cron mails you what a command prints")


def foreseen(call: CommandContext) -> Iterator[ProblemDocument]:
    """Yield problems that a dry run does not show: users without e-mail, programs that would not run."""
    for user in call.request.config.users:
        if user.email is None:
            yield problem("due", f"{user.id} has no e-mail address", "users in crm.yaml")
    if not call.request.config.users:
        yield problem("due", "crm.yaml lists no users, so no report can be sent", "users in crm.yaml")
    if trust.list_programs(call.request.workspace) and not trust.is_trusted(call.request.workspace):
        yield problem("tick", "programs of this workspace are not trusted, and will not run", "crm trust")
    if not Path(program()[0]).is_absolute() or not os.access(program()[0], os.X_OK):
        yield problem("tick", f"{program()[0]} cannot be run", "install crm where cron finds it")


def problem(command: str, what: str, hint: str) -> ProblemDocument:
    """Return a problem of a scheduled command as `crm.problem/1`."""
    return ProblemDocument(command=command, what=what, hint=hint)


def line(each: ProblemDocument) -> str:
    """Return a problem as a line."""
    return f"{each.command}: {each.what} ({each.hint})"
