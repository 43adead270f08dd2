"""Too much in one place: a file of 1 GB, 10,000 records, 10,000 other files. Commands need little memory, and name the file."""

import os
import resource
from pathlib import Path

import pytest

from tests.harness.processes import Ended
from tests.harness.workspaces import JEAN, Workspace, a_workspace

GB, MB = 2**30, 2**20
ROOM = 300 * MB  # that a command may take besides what this process has
LETTERS = "abcdefghjk"
MANY = 10_000
RECORD = """\
schema: 1
id: {id}
title: Dossier {n}
stage: new
owner: marie
created: 2026-11-23T09:00:00Z
history:
  - at: 2026-11-23T09:00:00Z
    event: created
    to: new
    visit: 1
    by: marie
"""


def in_little_memory() -> None:
    """Give this process so much room, and no more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def in_bounds(workspace: Workspace, *words: str) -> Ended:
    """Run a command that may not take much memory."""
    ended = workspace.run(*words, first=in_little_memory)
    assert "Traceback" not in ended.err
    assert "memory" not in ended.err
    return ended


def make_huge(path: Path) -> None:
    """A file of 1 GB, of which the disk keeps nothing but its beginning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.truncate(path, GB)


READING = (
    ("list", "-o", "ids"),
    ("list", "text:poêle", "-o", "ids"),
    ("report", "pipeline"),
    ("board",),
    ("due",),
    ("contact", "list"),
    ("duplicates",),
    ("sql", "SELECT COUNT(*) FROM opportunities"),
)
HUGE = {
    "opportunities": "pipeline_data/opportunities/2026/enorme--k7f3q9mx.yaml",
    "contacts": "pipeline_data/contacts/enorme--k7f3q9mx.yaml",
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_record_of_1_gb_is_named_and_everything_else_goes_on(workspace: Workspace, kind: str) -> None:
    deal = workspace.create("Deal", "--contact", JEAN)
    make_huge(workspace.root / HUGE[kind])
    told = f"crm: {HUGE[kind]}: cannot be read: is larger than 32 MiB; skipped"
    for words in READING:
        ended = in_bounds(workspace, *words)
        assert ended.code == 0, (words, ended)
        assert ended.err in ("", f"{told}\n"), (words, ended)
    assert (in_bounds(workspace, "list", "-o", "ids").ids, in_bounds(workspace, "show", deal).code) == (
        [deal],
        0,
    )
    for words in (
        ("note", deal, "-m", "Bonjour"),
        ("move", deal, "--to", "contacted"),
        ("tick",),
        ("create", "T"),
    ):
        assert in_bounds(workspace, *words).code == 0, words
    assert f"{HUGE[kind]}: cannot be read: is larger than 32 MiB" in in_bounds(workspace, "check").out
    assert "text: Bonjour" in workspace.text(deal)


def test_a_record_of_1_gb_can_be_neither_shown_nor_changed(workspace: Workspace) -> None:
    make_huge(workspace.root / HUGE["opportunities"])
    for words in (
        ("show", "k7f3q9mx"),
        ("note", "k7f3q9mx", "-m", "x"),
        ("move", "k7f3q9mx", "--to", "visit"),
    ):
        ended = in_bounds(workspace, *words)
        assert (ended.code, ended.out, ended.err.count("\n")) == (5, "", 1), ended
        assert f"{HUGE['opportunities']}: cannot be read: is larger than 32 MiB" in ended.err
    assert (workspace.root / HUGE["opportunities"]).stat().st_size == GB


@pytest.mark.parametrize("path", ["pipeline_data/crm.yaml", "templates/email/merci.j2"])
def test_a_configuration_or_template_of_1_gb_is_named(workspace: Workspace, path: str) -> None:
    deal = workspace.create("Deal", "--contact", JEAN)
    before = workspace.text(deal)
    make_huge(workspace.root / path)
    ended = in_bounds(workspace, "move", deal, "--to", "contacted")
    assert (ended.code, ended.out, ended.err.count("\n")) == (5, "", 1), ended
    assert Path(path).name in ended.err
    assert workspace.text(deal) == before


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with 10,000 records in one directory, and in another 10,000 files that are none."""
    workspace = a_workspace(tmp_path_factory.mktemp("crowded") / "workspace")
    folder, foreign = (workspace.data / "opportunities" / each for each in ("2026", "photos"))
    for each in (folder, foreign):
        each.mkdir(parents=True)
    for n in range(MANY):
        id = "k" + "".join(LETTERS[int(digit)] for digit in f"{n:07d}")
        (folder / f"dossier-{n}--{id}.yaml").write_text(RECORD.format(id=id, n=n), "utf-8")
        (foreign / f"photo-{n}.jpg").write_bytes(b"\xff\xd8\xff")
    return workspace


def test_10_000_records_and_10_000_other_files_are_read_in_little_memory(crowded: Workspace) -> None:
    found = in_bounds(crowded, "list", "-o", "ids")
    assert (found.code, len(found.ids)) == (0, MANY)
    for words in READING[1:]:
        assert in_bounds(crowded, *words).code == 0, words
    assert in_bounds(crowded, "check").code == 0


def test_one_of_10_000_records_is_changed_and_the_others_stay(crowded: Workspace) -> None:
    deal = "kaaaabcd"
    before = crowded.tree()
    assert in_bounds(crowded, "note", deal, "-m", "Bonjour").code == 0
    changed = {path for path, content in crowded.tree().items() if before.get(path) != content}
    assert changed == {str(crowded.file(deal).relative_to(crowded.root))}
