"""Whoever asks for all that is kept about them, or to be erased, is told of mail that cannot be read."""

import os
from collections.abc import Callable

import pytest

from tests.harness.workspaces import Workspace


@pytest.mark.parametrize(
    "words", [["export", "ann@example.org", "folder"], ["erase", "ann@example.org", "--yes"]]
)
def test_mail_in_a_directory_that_we_may_not_read_ends_it(
    workspace: Workspace, foreign: Callable[[], None], words: list[str]
) -> None:
    deal = workspace.create("Deal", "--contact", "Ann <ann@example.org>")
    workspace("move", deal, "--to", "contacted")
    old = workspace.tree()
    for path in [workspace.root, *workspace.data.rglob("*"), workspace.data]:
        os.chmod(path, 0o777 if path.is_dir() else 0o666)
    (workspace.data / "outbox").chmod(0)
    ended = workspace.run("contact", *words, first=foreign)
    (workspace.data / "outbox").chmod(0o700)
    assert ended.code == 1
    assert "Permission denied" in ended.err
    assert "outbox" in ended.err
    assert not (workspace.root / "folder").exists()
    assert workspace.tree() == old
