"""`crm contact export`, `contact erase`: export or erase all data about a person."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from crmcli.cli.commands.contact import Who, named
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.questions import refuse_without_yes, require_yes
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import EraseDocument, ExportDocument
from crmcli.domain.localization.translations import deferred, translate, translate_plural
from crmcli.domain.model.record_types import Contact
from crmcli.domain.privacy.person_patterns import INSTEAD
from crmcli.domain.values.visible_text import visible
from crmcli.operations.personal_data import EraseReport, erase_person, export_person, preview_erase

MOST_PATHS = 5  # paths that a purge command is printed for


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
    person = named(call, reading, who)
    names = export_person(call.request, reading, person, Path(folder))
    about = {"person": person.name, "folder": folder}
    if call.request.dry_run:
        said = translate_plural(
            "would write {count} file about {person} into {folder}",
            "would write {count} files about {person} into {folder}",
            len(names),
            **about,
        )
    else:
        said = translate_plural(
            "wrote {count} file about {person} into {folder}",
            "wrote {count} files about {person} into {folder}",
            len(names),
            **about,
        )
    lines = [said]
    lines += [f"  {name}" for name in names] if call.request.dry_run else []
    document = ExportDocument(id=person.id or "", path=folder, files=names)
    return printing.report_changes(call, lines, [document], columns_of(ExportDocument)).told()


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
    person, paths = preview_erase(call.request, call.row(who, "contact"))
    confirm_erase(call, person, paths, yes)
    printer = Printer(call, report_erase)
    erase_person(call.request, person.id or "", check=printer.prepare)
    return printer.print()


def confirm_erase(call: CommandContext, person: Contact, paths: Sequence[str], yes: bool) -> None:
    """List the files with data about a person and ask for confirmation.

    Raises UsageError without a terminal.
    """
    if yes or call.request.dry_run:
        return
    if not sys.stdin.isatty():
        refuse_without_yes(f"this would erase {person.name} for good")
    for path in paths:
        sys.stderr.write(f"{visible(path)}\n")
    require_yes(translate("Erase {person} for good?", person=visible(person.name)))


def report_erase(call: CommandContext, report: EraseReport) -> Report:
    """Return which files were deleted and changed and what is left elsewhere, in the output format."""
    lines = [*list_erased(call, report), *list_purge_commands(report)]
    others = [each.id or "" for each in report.namesakes]
    if others:
        names = ", ".join(others[:5])
        lines.append(f"  {translate('other contacts with this name are kept: {contacts}', contacts=names)}")
    still = deferred("still named in {place}: change this yourself")
    lines += [f"  {translate(still, place=place)}" for place in report.elsewhere]
    return printing.report_changes(call, lines, [build_document(report)], columns_of(EraseDocument))


def list_erased(call: CommandContext, report: EraseReport) -> list[str]:
    """Return lines about the deleted and changed files; each of them is named in a dry run."""
    done = report.redacted
    files = {"person": report.person.id, "changed": len(done.changed)}
    if call.request.dry_run:
        said = translate_plural(
            "would erase {person}: deletes {count} file, changes {changed}",
            "would erase {person}: deletes {count} files, changes {changed}",
            len(done.removed),
            **files,
        )
        changed = [translate("changes  {path}", path=path) for path in done.changed]
        details = [*(translate("deletes  {path}", path=path) for path in done.removed), *changed]
    else:
        said = translate_plural(
            "erased {person}: deletes {count} file, changes {changed}",
            "erased {person}: deletes {count} files, changes {changed}",
            len(done.removed),
            **files,
        )
        details = []
    return [said, *(f"  {each}" for each in (*details, *list_also_erased(report)))]


def list_also_erased(report: EraseReport) -> Iterator[str]:
    """Yield what else is deleted, and what stands for the contact now."""
    done = report.redacted
    if done.remembered:
        yield translate_plural(
            "also deletes {count} undo record on this machine",
            "also deletes {count} undo records on this machine",
            len(done.remembered),
        )
    if done.placeholder:
        yield translate("references to this contact now point to {contact}", contact=done.placeholder.id)


def list_purge_commands(report: EraseReport) -> list[str]:
    """Return lines about what the git history still holds, with the commands that purge it."""
    history, person, done = report.history, report.person, report.redacted
    if history is None:
        return [f"  {translate('git has none of these files; check other copies and backups yourself')}"]
    word = next(iter(INSTEAD.values())) if not done.placeholder else done.placeholder.name
    swaps = [quote(f"{name}==>{word}") for name in (person.name, *person.emails, *person.phones)]
    more = len(done.removed) - MOST_PATHS
    still = translate_plural(
        "git history still has these files, in {count} commit from {first} to {last}",
        "git history still has these files, in {count} commits from {first} to {last}",
        history.commits,
        first=history.first,
        last=history.last,
    )
    left = translate_plural(
        "… and {count} more path (-o json lists them)", "… and {count} more paths (-o json lists them)", more
    )
    end = translate("and have everybody clone again; old clones and backups keep the data")
    how = translate("to purge them, commit, then run in a fresh clone (git-filter-repo rewrites history):")
    return [
        f"  {still}",
        f"  {how}",
        *(
            f"    git filter-repo --force --invert-paths --path {quote(path)}"
            for path in done.removed[:MOST_PATHS]
        ),
        *([f"    {left}"] if more > 0 else []),
        *(f"    git filter-repo --force --replace-text <(echo {swap})" for swap in swaps),
        f"    git push --force --all, {end}",
    ]


def build_document(report: EraseReport) -> EraseDocument:
    """Return `crm.erased/1`: deleted and changed files, and the number of commits that hold them."""
    done = report.redacted
    return EraseDocument(
        id=report.person.id or "",
        placeholder=done.placeholder.id if done.placeholder else None,
        removed=done.removed,
        changed=done.changed,
        git_commits=report.history.commits if report.history else 0,
    )
