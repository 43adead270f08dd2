"""Programs that run with a change: the hooks `pre-change` and `post-change`, and those of rules.

None runs unless its user has trusted exactly this version (`crm trust`). The hook `pre-change` can refuse
a change; it runs while the lock is held, so crm commands in it do not wait for the lock. All others run after
the commit, without the lock.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from crmcli.domain.documents.workspace_documents import HookDocument, RunDocument
from crmcli.domain.model.changes import Moment, RunProgram
from crmcli.domain.model.record_types import (
    Entry,
    HistoryEvent,
    Opportunity,
    ProgramOutcome,
    ProgramRun,
    RecordedEffect,
)
from crmcli.domain.model.recorded_effects import is_uncertain
from crmcli.domain.records import documents
from crmcli.domain.values.errors import RefusedError
from crmcli.store.local_state import programs, trust
from crmcli.store.local_state.coverage import split_words
from crmcli.store.local_state.programs import Ended
from crmcli.store.transactions.journal import FileChange
from crmcli.store.workspace import Workspace

if TYPE_CHECKING:
    from crmcli.store.writer import Writing

AskForTrust = Callable[[Workspace], bool]
HOOK_TIMEOUT = 30  # seconds
NOT_TRUSTED = ProgramRun(outcome=ProgramOutcome.NOT_TRUSTED)
NOT_INSIDE = ProgramRun(outcome=ProgramOutcome.INSIDE_PROGRAM)
RUN = "run"  # the user who records how programs ended; not undone by `crm undo`


def run_before_commit(session: "Writing") -> list[str]:
    """Run the hook `pre-change` on the pending changes; return a line if it could not run.

    Raises RefusedError where it refuses them.
    """
    hook = trust.hook_of(session.root, trust.PRE)
    if hook is None or not session.changes or programs.is_inside():
        return []
    if not trust.can_run(session.root, hook):
        return [find_unfit_hook(hook)]
    if not trust.is_trusted(session.workspace):
        return [describe_skipped(hook)]
    ended = run_hook(session, hook, session.changes, CRM_LOCK_TIMEOUT="0")
    if not ended.is_success:
        why = ended.said.partition("\n")[0] or ended.in_words
        raise RefusedError(f"{trust.PRE} refused the change: {why}", where=hook)
    return []


def run_after_commit(session: "Writing", committed: Sequence[FileChange], ask: AskForTrust) -> list[str]:
    """Run the programs of rules and the hook `post-change` after a commit; return failures as lines."""
    hook = trust.hook_of(session.root, trust.POST) if committed else None
    if programs.is_inside():
        record_program_ends(session, [(each, NOT_INSIDE) for each in session.programs])
        return []
    if hook is not None and not trust.can_run(session.root, hook):
        return [find_unfit_hook(hook)]
    if hook is None and not session.programs:
        return []
    if not is_allowed(session.workspace, ask):
        record_program_ends(session, [(each, NOT_TRUSTED) for each in session.programs])
        unrun = [*([hook] if hook else []), *(each.action.program for each in session.programs)]
        return [describe_skipped(each) for each in unrun]
    problems = run_programs(session)
    if hook is not None and not trust.is_trusted(session.workspace):
        return [*problems, describe_skipped(hook)]
    if hook is not None:
        ended = run_hook(session, hook, committed)
        problems += [describe_failure(hook, ended)] if not ended.is_success else []
    return problems


def run_programs(session: "Writing") -> list[str]:
    """Run the programs of rules and record how they ended; return failures as lines.

    One may change the next, so trust is checked before each.
    """
    problems: list[str] = []
    ends: list[tuple[RunProgram, ProgramRun]] = []
    for program in session.programs:
        if not trust.is_trusted(session.workspace):
            ends.append((program, NOT_TRUSTED))
            problems.append(describe_skipped(program.action.program))
            continue
        ended = run_program(session, program)
        ends.append((program, ended.run))
        if not ended.is_success:
            problems.append(describe_failure(f"rule {program.rule}: {program.action.program}", ended))
    record_program_ends(session, ends)
    return problems


def describe_failure(what: str, ended: Ended) -> str:
    """Return a line about how a program failed."""
    said = ended.said.partition("\n")[0]
    return f"{what}: {ended.in_words}" + (f": {said}" if said else "")


def find_unfit_hook(hook: str) -> str:
    """Return a line about a hook that exists and cannot be run."""
    return f"{hook}: not run, it is not an executable file of the workspace (chmod +x; no link)"


def describe_skipped(what: str) -> str:
    """Return a line about a program that is not trusted."""
    return f"{what}: not trusted, not run (crm trust)"


def is_allowed(workspace: Workspace, ask: AskForTrust) -> bool:
    """Tell whether the workspace's programs may run; if they are not trusted, `ask` may trust them now."""
    if programs.is_inside() or trust.is_trusted(workspace):
        return True
    if not ask(workspace):
        return False
    trust.trust_workspace(workspace)
    return True


def run_hook(session: "Writing", hook: str, changes: Sequence[FileChange], **environment: str) -> Ended:
    """Run a hook with a document about a change on its standard input."""
    document = HookDocument(
        hook=hook.rpartition("/")[2],
        command=session.command,
        by=session.moment.by,
        at=documents.plain_data(session.moment.at),
        changes=list(changes_told(session, changes)),
    )
    return programs.run_words(
        [str(session.root / hook)],
        msgspec.json.encode(document),
        root=session.root,
        timeout=HOOK_TIMEOUT,
        environment={"CRM_USER": session.moment.by, **environment},
    )


def changes_told(session: "Writing", changes: Sequence[FileChange]) -> Iterator[dict[str, Any]]:
    """Yield each changed file with its path, what was done, and its record if it is a deal."""
    for change in changes:
        did = "created" if change.before is None else "removed" if change.after is None else "changed"
        deal = session.saved.get(change.path)
        record = documents.build_opportunity(session.facts(deal), session.moment.at) if deal else None
        yield {"path": change.path, "did": did, "record": record}


def run_program(session: "Writing", program: RunProgram) -> Ended:
    """Run the program of a rule, with a document about its record on its standard input."""
    path = session.places.get(program.opportunity, "")
    deal = session.opportunity(path)
    document = RunDocument(
        rule=program.rule,
        occurrence=program.occurrence,
        by=session.moment.by,
        at=documents.plain_data(session.moment.at),
        opportunity=documents.build_opportunity(session.facts(deal), session.moment.at),
        contact=documents.plain_data(session.contact(deal.contact)),
    )
    return programs.run_words(
        split_words(program.action.program),
        msgspec.json.encode(document),
        root=session.root,
        timeout=program.action.timeout,
        environment={"CRM_USER": session.moment.by},
    )


def record_program_ends(session: "Writing", ends: Sequence[tuple[RunProgram, ProgramRun]]) -> None:
    """Record in the histories how programs ended; records deleted meanwhile are skipped."""
    from crmcli.store.writer import open_writer

    if not ends:
        return
    with open_writer(session.workspace, Moment(at=session.moment.at, by=RUN), session.command) as later:
        for program, run in ends:
            path = later.opportunity_references.place(program.opportunity)
            if path is not None:
                later.save(with_end(later.opportunity(path), program, run))
        later.commit()


def with_end(deal: Opportunity, program: RunProgram, run: ProgramRun) -> Opportunity:
    """Return the deal with the end of a program recorded in its history."""
    history = tuple(
        replace(each, did=tuple(record_end(effect, run) for effect in each.did))
        if is_firing_of(program, each)
        else each
        for each in deal.history
    )
    return replace(deal, history=history)


def is_firing_of(program: RunProgram, entry: Entry) -> bool:
    """Tell whether an entry of the history is the firing of the rule that ran this program."""
    key = (program.rule, program.occurrence)
    return entry.event == HistoryEvent.RULE and (entry.rule, entry.occurrence) == key


def record_end(effect: RecordedEffect, run: ProgramRun) -> RecordedEffect:
    """Return an effect with the end of its program, unless one is recorded."""
    return replace(effect, run=run) if is_uncertain(effect) else effect
