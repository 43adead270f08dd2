"""`crm contact export`, `contact erase`: what is kept about a person, handed over or gone for good."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from crmcli.cli.commands.contact import Who, named
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.columns import Column
from crmcli.domain.model.record_types import Contact
from crmcli.domain.privacy.person_patterns import INSTEAD
from crmcli.domain.records.documents import Document
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.visible_text import visible
from crmcli.operations.contacts import find_changeable
from crmcli.operations.steps import gather_personal_data as personal_data
from crmcli.operations.steps import redact_person as erase_person
from crmcli.operations.steps.find_or_create_contact import namesakes
from crmcli.operations.steps.redact_person import Erased
from crmcli.store import git_history
from crmcli.store.reader import Reading
from crmcli.store.transactions import files
from crmcli.store.transactions.files import Tree

EXPORTED = (Column("id"), Column("path"), Column("files", wraps=True))
ERASED = (
    Column("id"),
    Column("removed", wraps=True),
    Column("changed", wraps=True),
    Column("git_commits", right=True),
)


def export(
    ctx: typer.Context,
    who: Who,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="a new folder")],
) -> int:
    """Export all data about a person into a new folder, with a summary (GDPR, article 15).

    \b
    Examples:
      crm contact export f8dz9xw4 pierre-richard --dry-run
      crm contact export f8dz9xw4 pierre-richard
      crm contact export "Jeanne MARTIN" jeanne-martin -o json
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    person = known_by_id(named(call, reading, who))
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("exists already", where=folder, hint="give a new folder")
    held = personal_data.gathered(reading, person)
    content = personal_data.folder(reading, person, held, {"today": call.request.today.isoformat()})
    if not call.request.dry_run:
        write_folder(target, content)
    word = "would write" if call.request.dry_run else "wrote"
    lines = [f"{word} {len(content)} files about {person.name} into {folder}"]
    lines += [f"  {name}" for name in content] if call.request.dry_run else []
    document: Document = {
        "schema": "crm.exported/1",
        "id": person.id or "",
        "path": folder,
        "files": list(content),
    }
    return printing.report_changes(call, lines, [document], EXPORTED).told()


def write_folder(target: Path, content: Mapping[str, bytes]) -> None:
    """Write the files of a new folder, which are for who gave the command alone."""
    with files.told_as_storage_error():
        files.make_private(target).close()
        with Tree(target) as tree:
            for name, each in content.items():
                folder, last = files.split_path(name)
                tree.make(folder).put(last, each, files.PRIVATE)
            tree.sync({files.split_path(name)[0] for name in content})


def known_by_id(person: Contact) -> Contact:
    """The contact, if it has an id that records can name.

    Raises UsageError for one made by hand.
    """
    if not person.id:
        raise UsageError(f"{person.name} has no id yet", hint="crm check --fix")
    return person


def erase(
    ctx: typer.Context,
    who: Annotated[
        str, typer.Argument(metavar="CONTACT", help="id, path, e-mail, phone or full name"), offers.CONTACT
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="erase without asking")] = False,
) -> int:
    """Erase a person from files, mails, undo records and the index. This cannot be undone.

    Their contact file and all mail to and from them are deleted. Their deals keep stages, amounts
    and days, but lose names, addresses and texts; deals that they referred name a placeholder. If
    git history still holds data about them, the commands to purge it are printed.

    \b
    Examples:
      crm contact erase f8dz9xw4 --dry-run
      crm contact erase f8dz9xw4 --yes
      crm contact erase "Bernard LEROY" --yes -o json
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    person = find_changeable(reading, who)
    ask(call, reading, person, yes)
    with call.request.changing() as session:
        person = find_changeable(session, person.id or "")
        held = personal_data.gathered(session, person)
        done = erase_person.erase(session, person, held)
        remaining = erase_person.find_remaining(session, person)
        if remaining.missed:
            raise CrmError(
                f"{person.name} would still be named in {remaining.missed[0]}, nothing was erased",
                hint="remove the name from that file and try again",
            )
        paths = sorted({*done.removed, *done.changed, *personal_data.listed(held)})
        history = git_history.commits_of(session.root, paths)
        lines = [*told(call, person, done), *in_git(history, person, done, reading)]
        others = [each.id or "" for each in namesakes(session, person)]
        lines += [f"  other contacts with this name are kept: {', '.join(others[:5])}"] if others else []
        lines += [f"  still named in {place}: change this yourself" for place in remaining.elsewhere]
        report = printing.report_changes(call, lines, [document(person, done, history)], ERASED)
    if not call.request.dry_run:
        session.workspace.derived.wipe()
    return report.told()


def ask(call: CommandContext, reading: Reading, person: Contact, yes: bool) -> None:
    """Name the files that hold something, and ask whether the person is really to be erased.

    Raises UsageError where there is nobody to ask.
    """
    if yes or call.request.dry_run:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"this would erase {person.name} for good", hint="--yes, or --dry-run to preview")
    for path in personal_data.listed(personal_data.gathered(reading, person)):
        sys.stderr.write(f"{visible(path)}\n")
    typer.confirm(f"Erase {visible(person.name)} for good?", err=True, abort=True)


def count_files(number: int) -> str:
    """Return `1 file`, `2 files`."""
    return f"{number} file{'' if number == 1 else 's'}"


def told(call: CommandContext, person: Contact, done: Erased) -> list[str]:
    """What goes and what changes, each file where nothing is done yet."""
    word = "would erase" if call.request.dry_run else "erased"
    lines = [f"{word} {person.id}: deletes {count_files(len(done.removed))}, changes {len(done.changed)}"]
    if call.request.dry_run:
        lines += [f"  deletes  {path}" for path in done.removed]
        lines += [f"  changes  {path}" for path in done.changed]
    if done.remembered:
        lines.append(f"  also deletes {len(done.remembered)} undo records on this machine")
    if done.placeholder:
        lines.append(f"  references to them now name {done.placeholder.id}")
    return lines


def in_git(
    history: git_history.Held | None, person: Contact, done: Erased, reading: Reading
) -> Sequence[str]:
    """What git still holds, and how to purge it."""
    if history is None:
        return ["  git has none of these files; check other copies and backups yourself"]
    word = next(iter(INSTEAD.values())) if not done.placeholder else done.placeholder.name
    swaps = [quote(f"{name}==>{word}") for name in (person.name, *person.emails, *person.phones)]
    return [
        f"  git history still has these files, in {history.commits} commits "
        f"from {history.first} to {history.last}",
        "  to purge them, commit, then run in a fresh clone (git-filter-repo rewrites history):",
        *(f"    git filter-repo --force --invert-paths --path {quote(path)}" for path in done.removed[:5]),
        *(
            [f"    … and {len(done.removed) - 5} more paths (-o json lists them)"]
            if len(done.removed) > 5
            else []
        ),
        *(f"    git filter-repo --force --replace-text <(echo {swap})" for swap in swaps),
        "    git push --force --all, and have everybody clone again; old clones and backups keep the data",
    ]


def document(person: Contact, done: Erased, history: git_history.Held | None) -> Document:
    """`crm.erased/1`: what went, what changed, how many commits still hold it."""
    return {
        "schema": "crm.erased/1",
        "id": person.id or "",
        "placeholder": done.placeholder.id if done.placeholder else None,
        "removed": done.removed,
        "changed": done.changed,
        "git_commits": history.commits if history else 0,
    }
