"""A workspace: the directory that holds `pipeline_data/crm.yaml`, and where things lie in it."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cached_property
from pathlib import Path

from crmcli.domain.config import Config
from crmcli.domain.errors import CrmError, NotFoundError, PartlyError, RefusedError, UsageError
from crmcli.domain.locale import Style, style_of
from crmcli.domain.workdays import Calendar, calendar
from crmcli.store import files, remembered, typed
from crmcli.store.journal import Shelf
from crmcli.store.unreadable import UnreadableError

CONFIG = Path("pipeline_data/crm.yaml")


Progress = Callable[[int, int], None]


def unseen(done: int, total: int) -> None:
    """Nobody watches how reading gets on."""


class Workspace:
    """One workspace and its places. Paths of records are relative to its root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "pipeline_data"
        self.private = self.data / ".crm"
        self.quarantine = self.data / "quarantine"
        self.shelf = Shelf(self.private)
        self.progress: Progress = unseen

    @cached_property
    def config(self) -> Config:
        """What `crm.yaml` says.

        Raises UnreadableError with the line that is wrong.
        """
        content = files.read(self.root / CONFIG, files.LARGEST)
        if content is None:
            raise NotFoundError("there is no crm.yaml", where=str(self.data))
        tree = remembered.recall(self.private, content)
        if tree is not None:
            return typed.decode(tree, Config)
        from crmcli.store.configuration import read_config  # YAML, where crm.yaml is new to us

        config = read_config(CONFIG, content)
        remembered.remember(self.private, content, typed.encode(config), *customs(config))
        return config

    @property
    def is_configured(self) -> bool:
        """Can `crm.yaml` be read?"""
        try:
            return bool(self.config.stages)
        except UnreadableError:
            return False

    def finish_interrupted(self) -> None:
        """As a reader: finish a change that somebody died in, if nobody else is at it."""
        try:
            if not self.shelf.pending.exists():
                return
        except PermissionError:
            return  # not ours to look at: read the files as they are
        from crmcli.store import lock

        try:
            with lock.locked(self.data, patience=0):
                self.recover()
        except PartlyError:
            raise
        except (CrmError, OSError):
            return  # a writer is at it, or we may not write here: read the files as they are

    def recover(self) -> None:
        """As the holder of the lock: finish a change that somebody died in.

        Raises PartlyError where that was impossible and the change was taken back instead.
        """
        if not self.shelf.pending.exists():
            return
        from crmcli.store import recovery  # YAML, where there is something to merge

        result = recovery.recover(self.root, self.shelf, self.quarantine)
        if result.abandoned:
            command = f" ({result.journal.command})" if result.journal else ""
            raise PartlyError(
                f"an interrupted change{command} did not fit what was edited since: its files were "
                "put back as they were before it",
                where=str(result.abandoned),
                hint="the change is kept there; run your command again",
            )


def customs(config: Config) -> tuple[Style | None, Calendar | None]:
    """How the workspace writes money and days, and its public holidays; None for what there is none of."""
    style = working_calendar = None
    with suppress(RefusedError):
        style = style_of(config)
    with suppress(RefusedError):
        if config.country:
            working_calendar = calendar(config.country, config.region, date.today().year)
    return style, working_calendar


def find(explicit: str | None, environment: str | None, start: Path) -> Workspace:
    """The workspace that a command works on.

    `-C DIR`, else `$CRM_WORKSPACE`, else walking up from the current directory. Raises UsageError
    where an explicit one is none, NotFoundError where walking up finds none.
    """
    for given, name in ((explicit, "-C"), (environment, "CRM_WORKSPACE")):
        if given:
            root = Path(given).expanduser()
            if not (root / CONFIG).is_file():
                raise UsageError(f"no workspace: it has no {CONFIG}", where=f"{name} {given}")
            return Workspace(Path(os.path.abspath(root)))
    for directory in (start, *start.parents):
        if (directory / CONFIG).is_file():
            return Workspace(directory)
    raise NotFoundError(f"no workspace here or above ({CONFIG})", hint="crm init, or crm init --demo")
