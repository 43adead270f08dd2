"""Export and erasure of all data about a person (GDPR, articles 15 and 17)."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.operations.contacts import find_changeable
from crmcli.operations.messages.web_forms import file_spooled
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.find_or_create_contact import namesakes
from crmcli.operations.steps.gather_personal_data import (
    collect_files,
    gather_personal_data,
    list_files,
)
from crmcli.operations.steps.redact_person import Redacted, find_remaining, redact_person
from crmcli.store.git import git_history
from crmcli.store.outside_files import write_folder
from crmcli.store.reader import Reading


def export_person(request: Request, reading: Reading, person: Contact, target: Path) -> list[str]:
    """Write all data about a contact into a new folder that only this user can read.

    Return the paths of its files inside the folder, a summary first. Raises UsageError for a folder that is
    not new, and for a contact without an id.
    """
    if not person.id:
        raise UsageError(f"{person.name} has no id yet", hint="crm check --fix")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("exists already", where=str(target), hint="give a new folder")
    held = gather_personal_data(reading, person)
    content = collect_files(reading, person, held, {"today": request.today.isoformat()})
    if not request.dry_run:
        write_folder(target, content)
    return list(content)


class EraseReport(NamedTuple):
    """What was erased, and where the person is still named."""

    person: Contact
    redacted: Redacted
    elsewhere: list[str]  # places to clean by hand
    namesakes: list[Contact]  # other contacts of the same name, which are kept
    history: git_history.Held | None  # the commits that still hold the files


Check = Callable[[EraseReport], object]


def preview_erase(request: Request, who: str) -> tuple[Contact, list[str]]:
    """Return the contact to erase, and the paths of the files with data about them."""
    reading = request.reading()
    person = find_changeable(reading, who)
    return person, list_files(gather_personal_data(reading, person))


def erase_person(request: Request, who: str, *, check: Check = accept) -> EraseReport:
    """Erase a contact from records, mail, undo records and the index; this cannot be undone.

    Raises CrmError, and erases nothing, where a file would still name them.
    """
    if not request.dry_run:
        file_spooled(request)  # a web form that waits may be theirs
    with request.changing() as session:
        person = find_changeable(session, who)
        held = gather_personal_data(session, person)
        redacted = redact_person(session, person, held)
        remaining = find_remaining(session, person)
        if remaining.missed:
            raise CrmError(
                f"{person.name} would still be named in {remaining.missed[0]}, nothing was erased",
                hint="remove the name from that file and try again",
            )
        paths = sorted({*redacted.removed, *redacted.changed, *list_files(held)})
        history = git_history.commits_of(session.root, paths)
        report = EraseReport(person, redacted, remaining.elsewhere, namesakes(session, person), history)
        check(report)
    if not request.dry_run:
        session.workspace.derived.wipe()
    return report
