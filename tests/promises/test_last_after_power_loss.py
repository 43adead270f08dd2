"""Promise 1: after exit code 0 the change survives power loss.

What is not synced may be lost, in any order. So the order of the calls is looked at: nothing is
renamed before its content is on the disk, no file of a record changes before the journal is safe,
and no command ends before every directory that it changed is synced.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.harness.changes import creating, deleting, moving_two
from tests.harness.incidents import (
    Call,
    changes_a_record,
    failing_first,
    is_private,
    killed_at,
    written_down,
)
from tests.harness.workspaces import JEAN, Workspace

JOURNAL = "pipeline_data/.crm/journal"
PENDING = f"{JOURNAL}/pending"


class Line(NamedTuple):
    """A call that was made."""

    name: str
    path: str
    source: str


class Trace:
    """The calls that a command made on files of the workspace, in order."""

    def __init__(self, log: Path) -> None:
        rows = (line.split("\t") for line in log.read_text(encoding="utf-8").splitlines())
        self.lines = [Line(*row) for row in rows]

    def places(self, *names: str, path: str = "") -> list[int]:
        """Where calls with these names stand, on a path or on any."""
        return [n for n, line in enumerate(self.lines) if line.name in names and path in ("", line.path)]

    def is_synced(self, path: str, after: int, before: int) -> bool:
        """Is this file or directory synced between two calls?"""
        return any(after < place < before for place in self.places("fsync", path=path))

    @property
    def end(self) -> int:
        return len(self.lines)

    def records_changed(self) -> list[int]:
        """The calls that change files which people read."""
        return [
            place
            for place in self.places("replace", "rename", "unlink")
            if not is_private(self.lines[place].path) and not self.lines[place].path.endswith(".crm-new")
        ]


def finishing(workspace: Workspace) -> tuple[str, ...]:
    """A reader carries a dead writer's change to its end."""
    assert workspace.run(*moving_two(workspace), hear=killed_at(changes_a_record)).was_killed
    return ("list",)


ALL = [creating, moving_two, deleting, finishing]
Command = Callable[[Workspace], tuple[str, ...]]


def traced(workspace: Workspace, command: Command) -> Trace:
    """What a command does."""
    words, log = command(workspace), workspace.root.parent / "trace"
    workspace(*words, hear=written_down(log))
    trace = Trace(log)
    assert trace.records_changed()
    return trace


@pytest.mark.parametrize("command", ALL)
def test_a_file_is_on_the_disk_before_it_is_renamed(workspace: Workspace, command: Command) -> None:
    trace = traced(workspace, command)
    for place in trace.places("replace", "rename"):
        source = trace.lines[place].source
        written = trace.places("write", path=source)
        if source == PENDING:
            continue  # written by the change itself, or by one before
        assert written, source
        assert trace.is_synced(source, written[-1], place), source


@pytest.mark.parametrize("command", [creating, moving_two, deleting])
def test_the_journal_is_safe_before_the_first_record_changes(workspace: Workspace, command: Command) -> None:
    trace = traced(workspace, command)
    announced = trace.places("replace", path=PENDING)
    assert len(announced) == 1
    assert trace.is_synced(JOURNAL, announced[0], trace.records_changed()[0])
    laid_out = [n for n in trace.places("open") if not is_private(trace.lines[n].path)]
    assert all(announced[0] < place for place in laid_out), "nothing lies about that no journal names"


@pytest.mark.parametrize("command", ALL)
def test_every_directory_is_synced_after_its_last_change_and_before_the_journal_goes(
    workspace: Workspace, command: Command
) -> None:
    trace = traced(workspace, command)
    (gone,) = [n for n in trace.places("replace", "rename") if trace.lines[n].source == PENDING]
    for place in trace.records_changed():
        directory = str(Path(trace.lines[place].path).parent)
        assert trace.is_synced(directory, place, gone), trace.lines[place]
    assert all(place < gone for place in trace.records_changed())


@pytest.mark.parametrize("command", ALL)
def test_a_new_directory_is_synced_into_the_one_above_it(workspace: Workspace, command: Command) -> None:
    trace = traced(workspace, command)
    for place in trace.places("mkdir"):
        above = str(Path(trace.lines[place].path).parent)
        assert trace.is_synced(above, place, trace.end), trace.lines[place]
    assert bool(trace.places("mkdir")) == (command in (creating, moving_two))


def is_laid_out(call: Call) -> bool:
    """Is this the first file that a change lays out?"""
    return call.name == "open" and not is_private(call.path)


def first_of_a_year(workspace: Workspace) -> tuple[str, ...]:
    """The first record of a year, in a directory that a killed command has made and never synced."""
    workspace.create("Before", "--contact", "B <b@example.org>", now="2025-11-23T09:00")
    assert workspace.run("create", "T", "--contact", JEAN, hear=killed_at(is_laid_out)).was_killed
    assert (workspace.data / "opportunities" / "2026").is_dir()
    assert workspace.pending.exists()
    return ("list",)


def test_a_directory_that_a_killed_command_made_is_synced_by_the_next(workspace: Workspace) -> None:
    trace = traced(workspace, first_of_a_year)
    assert not [place for place in trace.places("mkdir") if "opportunities" in trace.lines[place].path]
    (gone,) = [n for n in trace.places("replace", "rename") if trace.lines[n].source == PENDING]
    above = ("pipeline_data/opportunities/2026", "pipeline_data/opportunities", "pipeline_data", ".")
    for directory in above:
        assert trace.is_synced(directory, trace.records_changed()[-1], gone), directory


def test_a_directory_is_made_after_the_journal_and_synced_before_it_is_withdrawn(
    workspace: Workspace,
) -> None:
    log = workspace.root.parent / "trace"
    workspace.create("Before", "--contact", "B <b@example.org>", now="2025-11-23T09:00")
    write_down, fail = written_down(log), failing_first(is_laid_out, errno.ENOSPC)

    def hear(call: Call) -> None:
        write_down(call)
        fail(call)

    assert workspace.run("create", "T", "--contact", JEAN, hear=hear).code == 75
    trace = Trace(log)
    (announced,), (withdrawn,) = trace.places("replace", path=PENDING), trace.places("unlink", path=PENDING)
    made = trace.places("mkdir")
    assert made
    for place in made:
        assert announced < place
        above = str(Path(trace.lines[place].path).parent)
        assert trace.is_synced(above, place, withdrawn), trace.lines[place]


def test_the_first_change_syncs_the_directories_that_others_made_above_the_journal(
    workspace: Workspace,
) -> None:
    workspace("list")  # makes .crm for the index, and syncs nothing
    assert workspace.private.is_dir()
    trace = traced(workspace, creating)
    (announced,) = trace.places("replace", path=PENDING)
    for directory in (JOURNAL, "pipeline_data/.crm", "pipeline_data", "."):
        assert trace.is_synced(directory, announced, trace.records_changed()[0]), directory


def test_a_new_workspace_lasts_with_all_directories_above_it(workspace: Workspace) -> None:
    log = workspace.root.parent / "trace"
    workspace("init", "above/below/new", hear=written_down(log))
    trace = Trace(log)
    made = [trace.lines[place].path for place in trace.places("mkdir")]
    assert {"above", "above/below", "above/below/new", "above/below/new/templates/email"} <= set(made)
    for place in trace.places("mkdir"):
        above = str(Path(trace.lines[place].path).parent)
        assert trace.is_synced(above, place, trace.end), trace.lines[place]


def test_a_change_syncs_what_it_changed_and_nothing_else(workspace: Workspace) -> None:
    workspace(*moving_two(workspace))  # every directory is there
    trace = traced(workspace, moving_two)
    synced = [trace.lines[place].path for place in trace.places("fsync")]
    directories = [path for path in synced if not path.endswith(".crm-new")]
    assert directories[:2] == [JOURNAL, "pipeline_data/outbox"]  # announced, then carried out
    assert directories[2:] == ["pipeline_data/opportunities/2026", JOURNAL, "pipeline_data/.crm/done"]
    assert len(synced) - len(directories) == 1 + 4  # the journal, two records and their mails


@pytest.mark.parametrize("command", ALL)
def test_the_undo_record_lasts_as_the_change_does(workspace: Workspace, command: Command) -> None:
    trace = traced(workspace, command)
    (gone,) = [n for n in trace.places("replace", "rename") if trace.lines[n].source == PENDING]
    assert trace.lines[gone].path.startswith("pipeline_data/.crm/done/")
    for directory in ("pipeline_data/.crm/done", JOURNAL):
        assert trace.is_synced(directory, gone, trace.end), directory


@pytest.mark.parametrize("command", ALL)
def test_each_directory_is_synced_once_for_the_files_in_it(workspace: Workspace, command: Command) -> None:
    trace = traced(workspace, command)
    changed = trace.records_changed()
    for directory in {str(Path(trace.lines[place].path).parent) for place in changed}:
        syncs = trace.places("fsync", path=directory)
        assert len([place for place in syncs if place > changed[0]]) == 1, directory
