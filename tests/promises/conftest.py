"""One workspace for each test."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.workspaces import Workspace, a_workspace, the_sample

NOBODY = 65534
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


@pytest.fixture
def foreign(place: Path) -> Iterator[Callable[[], None]]:
    """What makes a new process one that may not write where it has no permission."""
    if os.getuid() != 0:
        yield lambda: None
        return
    os.chmod(place, 0o755)
    state = place / "state-of-nobody"
    state.mkdir()
    os.chown(state, NOBODY, NOBODY)

    def become_nobody() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.environ["CRM_STATE_DIR"] = str(state)

    yield become_nobody
