"""Workspaces in real git repositories."""

from pathlib import Path

import pytest

from tests.harness.git_workspace import Firm, GitWorkspace, a_firm, a_git_workspace


@pytest.fixture
def office(tmp_path: Path) -> GitWorkspace:
    """A workspace in which each command commits what it changed."""
    return a_git_workspace(tmp_path)


@pytest.fixture
def firm(office: GitWorkspace, tmp_path: Path) -> Firm:
    """Two clones that share a workspace."""
    return a_firm(office, tmp_path)
