"""`crm edit`: a record's file in your editor, checked and merged when you save."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli import beside, output
from crmcli.cli.invocation import Invocation
from crmcli.cli.selection import said
from crmcli.domain import audit, moves
from crmcli.domain.changes import Change
from crmcli.domain.errors import CrmError, RefusedError, UsageError
from crmcli.domain.model import Opportunity
from crmcli.mail.consequences import carried_out
from crmcli.store import editing, files, records
from crmcli.store.reading import Reading
from crmcli.store.unreadable import UnreadableError


def edit(ctx: typer.Context, reference: Annotated[str, typer.Argument(metavar="REF")]) -> int:
    """Edit a record's file; nothing is locked meanwhile. A stage changed by hand fires its rules.

    \b
    Examples:
      crm edit xgcej9p8
      EDITOR=true crm edit pipeline_data/opportunities/2026/*--xgcej9p8.yaml
      EDITOR='sed -i s/Rika/Contura/' crm edit xgcej9p8
    """
    call: Invocation = ctx.obj
    reading = call.reading()
    path = call.record(reading, reference)
    before = reading.content(path) or b""
    draft = Path(tempfile.mkdtemp(prefix="crm-edit-")) / Path(path).name
    files.write_synced(draft, before, 0o600)
    written = finished(call, reading, draft, path)
    if written == before:
        forget(draft)
        return output.report(call, ["nothing was changed"], [], ()).told()
    try:
        code = saved(call, path, before, written)
    except CrmError:
        beside.warn(f"what you wrote is kept in {draft}")
        raise
    if call.dry_run:
        beside.warn(f"what you wrote is kept in {draft}")
    else:
        forget(draft)
    return code


def finished(call: Invocation, reading: Reading, draft: Path, path: str) -> bytes:
    """What the person wrote, as soon as nothing is wrong with it; at a terminal they may try again."""
    before = wrong(reading, path, draft.read_bytes())
    while True:
        run_editor(draft)
        content = draft.read_bytes()
        found = [line for line in wrong(reading, path, content) if line not in before]
        if not found:
            return content
        for line in found:
            beside.warn(line)
        if not (sys.stdin.isatty() and typer.confirm("Edit again?", default=True, err=True)):
            raise RefusedError("not saved, what you wrote is kept", where=str(draft))


def wrong(reading: Reading, path: str, content: bytes) -> list[str]:
    """What is wrong with the text of a record, one line each; a stage changed by hand is not."""
    try:
        deal = records.read(Path(path), content, Opportunity).value
    except UnreadableError as error:
        return [str(error)]
    named = (deal.contact, deal.referral.by if deal.referral else None)
    people = {id for id in named if id and reading.contact(id)}
    found = audit.of_opportunity(deal, reading.config, people)
    return [f"{'.'.join(map(str, each.path))}: {each.what}" for each in found if each.what != audit.BY_HAND]


def run_editor(draft: Path) -> None:
    """Open the editor on a file and wait for it.

    Raises UsageError where there is none, RefusedError where it failed.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(command), str(draft)], check=False).returncode
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot run the editor {command!r}", hint="set $EDITOR") from error
    if code:
        raise RefusedError(f"the editor ended with {code}, nothing was changed", where=str(draft))


def saved(call: Invocation, path: str, before: bytes, written: bytes) -> int:
    """Bring what was written into the record, merged with what changed meanwhile."""
    with call.writing() as session:
        old, deal = editing.brought_in(session, path, before, written)
        made = [Change(before=old, after=deal)]
        if deal.id:
            adopted = moves.adopt(session.facts(deal), session.moment)
            made = carried_out(session, made[0].then(adopted))
        report = said(call, session, made)
        call.commit(session)
    return report.told()


def forget(draft: Path) -> None:
    """Remove the draft."""
    files.remove(draft)
    draft.parent.rmdir()
