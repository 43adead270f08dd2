"""One workspace for each test."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.promises.workspaces import Workspace, a_workspace, the_sample

IN_MEMORY = Path("/dev/shm")  # where there is one: a process is killed here hundreds of times


@pytest.fixture
def place() -> Iterator[Path]:
    """A new directory on a fast disk."""
    fast = str(IN_MEMORY) if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="crm-", dir=fast) as directory:
        yield Path(directory).resolve()


@pytest.fixture
def workspace(place: Path) -> Workspace:
    """A workspace without records: few stages, and a rule that writes to the customer."""
    return a_workspace(place / "workspace")


@pytest.fixture
def sample(place: Path) -> Workspace:
    """A workspace with the configuration that people start from, and no records."""
    return the_sample(place / "workspace")
