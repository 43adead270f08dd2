"""Promise 4: readers never wait, whatever lies among the records, and everything readable is shown."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.workspaces import Workspace

Oddity = Callable[[Path], None]


def a_pipe(place: Path) -> None:
    """Nobody will ever write to it."""
    os.mkfifo(place)


def a_link_to_a_device_without_an_end(place: Path) -> None:
    """As a cloned repository can bring one in."""
    place.symlink_to("/dev/zero")


def a_link_to_itself(place: Path) -> None:
    """It leads nowhere, for ever."""
    place.symlink_to(place)


def a_link_to_nothing(place: Path) -> None:
    """What it led to is gone."""
    place.symlink_to(place.with_name("gone.yaml"))


def a_directory(place: Path) -> None:
    """Named like a record."""
    place.mkdir()


def a_file_of_nothing_but_zeros(place: Path) -> None:
    """As a machine leaves one that lost its power."""
    place.write_bytes(b"\0" * 4096)


@pytest.mark.parametrize("oddity", [a_link_to_nothing, a_directory])
def test_what_holds_no_record_is_passed_over(workspace: Workspace, oddity: Oddity) -> None:
    deal = workspace.create("T")
    oddity(workspace.file(deal).with_name("odd.yaml"))
    listed = workspace("list", "-o", "ids")
    assert (listed.ids, listed.err) == ([deal], "")


@pytest.mark.parametrize(
    "oddity",
    [
        a_file_of_nothing_but_zeros,
        a_pipe,
        a_link_to_a_device_without_an_end,
        a_link_to_itself,
    ],
)
def test_what_cannot_be_read_is_named_and_everything_else_is_shown(
    workspace: Workspace, oddity: Oddity
) -> None:
    deal = workspace.create("T")
    oddity(workspace.file(deal).with_name("odd.yaml"))
    listed = workspace("list", "-o", "ids")
    assert listed.ids == [deal]
    assert listed.err.startswith("crm: pipeline_data/opportunities/2026/odd.yaml")
    assert listed.err.count("\n") == 1
    assert workspace.run("check").code == 5
    workspace("note", deal, "-m", "Bonjour")


def test_a_file_that_we_may_not_read_is_named_and_everything_else_is_shown(
    workspace: Workspace, foreign: Callable[[], None]
) -> None:
    deal = workspace.create("T")
    closed = workspace.create("U")
    for path in [workspace.data, *workspace.data.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
    workspace.file(closed).chmod(0)
    listed = workspace.run("list", "-o", "ids", first=foreign)
    assert (listed.code, listed.ids) == (0, [deal]), listed
    assert listed.err.count("\n") == 1
    assert closed in listed.err
