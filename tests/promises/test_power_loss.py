"""Promises 1 and 2 after a power loss at any call: all old or all new, and what was acknowledged is there."""

import random
import shutil
from collections.abc import Callable

import pytest

from tests.harness import figures
from tests.harness.changes import creating, deleting, moving_two
from tests.harness.power_loss import Disk, read_record, recorded
from tests.harness.workspaces import Tree, Workspace, anonymous, ids_of

SAMPLES = 12
Prepare = Callable[[Workspace], tuple[str, ...]]


def undoing(workspace: Workspace) -> tuple[str, ...]:
    """Two records change back, and two mails go."""
    workspace(*moving_two(workspace))
    return ("undo",)


def erasing(workspace: Workspace) -> tuple[str, ...]:
    """A person goes from all files and undo records."""
    workspace(*moving_two(workspace))
    return ("contact", "erase", "C 1", "--yes")


@pytest.mark.parametrize("prepare", [creating, moving_two, deleting, undoing, erasing])
def test_a_power_loss_at_any_call_leaves_all_old_or_all_new(workspace: Workspace, prepare: Prepare) -> None:
    command = prepare(workspace)
    known, old = ids_of(workspace.tree()), workspace.tree()
    memory, base = workspace.remember(), everything(workspace)
    log = workspace.root.parent / "log"
    workspace(*command, hear=recorded(log))
    new = anonymous(workspace.tree(), known)
    ends = (anonymous(old, known), new)
    memory.restore()
    disk, chance, states = Disk.of(workspace.root, base), random.Random(7), set()
    calls = read_record(log)
    for call in [None, *calls]:
        if call is not None:
            disk.follow(call)
        for tree in disk.outcomes(chance, SAMPLES):
            key = hash(tuple(sorted(tree.items())))
            if key in states and call is not calls[-1]:
                continue
            states.add(key)
            figures.count("crash states")
            lay_down(workspace, tree)
            assert workspace.run("list", "is:any", "limit:0").code == 0, call
            found = anonymous(workspace.tree(), known)
            assert found in ends, (call, sorted(found))
            if call is calls[-1]:
                assert found == new, "what was acknowledged is there"
            assert workspace.run("check").out == ""


def everything(workspace: Workspace) -> Tree:
    """Every file of the workspace that is not derived from others, by its path."""
    return {
        **workspace.everything(),
        **{
            str(path.relative_to(workspace.root)): path.read_bytes()
            for path in workspace.root.rglob("templates/**/*")
            if path.is_file()
        },
    }


def lay_down(workspace: Workspace, tree: Tree) -> None:
    """Make the workspace what the disk holds after a power loss."""
    shutil.rmtree(workspace.data)
    for path, content in tree.items():
        place = workspace.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
