"""Promise 5: what is derived from the files may be damaged or missing; that costs time, never data."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crmcli.store.local_state import config_cache
from crmcli.store.local_state.derived import DerivedFiles
from crmcli.store.unreadable import UnreadableError
from tests.harness.workspaces import SMALL, Workspace
from tests.promises.test_full_disk import limited

CONTENT = SMALL.encode()


def memory_of(workspace: Workspace) -> Path:
    """Where the configuration is remembered."""
    return workspace.derived / config_cache.NAME


def believed(workspace: Workspace) -> DerivedFiles:
    """What a command finds that runs now."""
    os.environ["CRM_STATE_DIR"] = str(workspace.root.parent / "state")
    return DerivedFiles(workspace.root, print)


def a_workspace_with_a_memory(workspace: Workspace) -> str:
    """The id of a record in a workspace whose configuration is remembered."""
    deal = workspace.create("T")
    workspace("list")
    assert memory_of(workspace).stat().st_size > 100
    return deal


@pytest.mark.parametrize("whole", [True, False])
def test_a_memory_that_is_gone_or_cut_off_is_made_again(workspace: Workspace, whole: bool) -> None:
    deal = a_workspace_with_a_memory(workspace)
    memory = memory_of(workspace)
    content = memory.read_bytes()
    memory.write_bytes(content[:-50]) if not whole else memory.unlink()
    assert workspace("list", "-o", "ids").ids == [deal]
    assert memory.read_bytes() == content


def test_a_changed_configuration_is_not_taken_from_memory(workspace: Workspace) -> None:
    deal = a_workspace_with_a_memory(workspace)
    config = workspace.data / "crm.yaml"
    config.write_text(SMALL.replace("probability: 10\n", "probability: 15\n"), encoding="utf-8")
    shown = workspace("list", "-o", "csv", "--no-headers", "--fields", "id,probability")
    assert shown.out.strip() == f"{deal},15"


def test_a_memory_that_is_wrong_in_any_byte_is_not_believed(workspace: Workspace) -> None:
    a_workspace_with_a_memory(workspace)
    memory = memory_of(workspace)
    content = memory.read_bytes()
    right = config_cache.recall_config(believed(workspace), CONTENT)
    assert right is not None
    taken = []
    for place in range(len(content)):
        for damage in (flipped(content, place), content[:place].ljust(len(content), b"\0")):
            memory.write_bytes(damage)
            if recalled(workspace) not in (None, right):
                taken.append(place)
    assert taken == []


def flipped(content: bytes, place: int) -> bytes:
    """The same with one bit wrong."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def recalled(workspace: Workspace) -> object:
    """What is remembered, as far as it can be read at all."""
    try:
        return config_cache.recall_config(believed(workspace), CONTENT)
    except (TypeError, ValueError, UnreadableError) as error:
        return error


def test_a_memory_that_we_may_not_read_is_done_without(
    workspace: Workspace, foreign: Callable[[], None]
) -> None:
    deal = a_workspace_with_a_memory(workspace)
    for path in [workspace.data, *workspace.data.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
    memory_of(workspace).chmod(0)
    listed = workspace.run("list", "-o", "ids", first=foreign)
    assert (listed.code, listed.ids, listed.err) == (0, [deal], "")


def test_a_state_directory_that_we_may_not_write_is_told_once(
    workspace: Workspace, foreign: Callable[[], None]
) -> None:
    deal = workspace.create("T")
    shutil.rmtree(workspace.private)
    state = workspace.root.parent / "read-only"
    state.mkdir(mode=0o555)
    for path in [workspace.data, *workspace.data.rglob("*")]:
        os.chmod(path, 0o777 if path.is_dir() else 0o644)

    def become_one_who_may_not_write_there() -> None:
        foreign()
        os.environ["CRM_STATE_DIR"] = str(state)

    for is_told in (True, False):
        listed = workspace.run("list", "-o", "ids", first=become_one_who_may_not_write_there)
        assert (listed.code, listed.ids) == (0, [deal])
        assert ("CRM_STATE_DIR" in listed.err, listed.err.count("\n")) == (is_told, int(is_told))
    assert list(workspace.private.glob("derived-*")) == []


def test_a_disk_without_room_for_the_memory_does_without(workspace: Workspace) -> None:
    deal = a_workspace_with_a_memory(workspace)
    memory_of(workspace).unlink()
    before = sorted(path.name for path in workspace.derived.iterdir())
    listed = workspace.run("list", "-o", "ids", first=limited(10))
    assert (listed.code, listed.ids, listed.err) == (0, [deal], "")
    assert sorted(path.name for path in workspace.derived.iterdir()) == before
