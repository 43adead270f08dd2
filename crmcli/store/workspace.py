"""A workspace: the directory that holds `pipeline_data/crm.yaml`, with its paths and configuration."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crmcli.domain.localization.locale import Style, style_of
from crmcli.domain.localization.workdays import Calendar, load_calendar
from crmcli.domain.model.config import Config
from crmcli.domain.values.errors import CrmError, NotFoundError, PartlyError, RefusedError, UsageError
from crmcli.store.local_state import config_cache
from crmcli.store.local_state.derived import Advise, DerivedFiles
from crmcli.store.transactions import files
from crmcli.store.transactions.journal import JournalStore
from crmcli.store.unreadable import UnreadableError

if TYPE_CHECKING:
    from crmcli.store.transactions.recovery import Abandoned

CONFIG = Path("pipeline_data/crm.yaml")
FOLDERS = ("pipeline_data", "questionnaires", "templates")  # all that a workspace consists of


Progress = Callable[[int, int], None]


def ignore_progress(done: int, total: int) -> None:
    """Ignore the progress of reading; the default."""


def ignore_advice(advice: str) -> None:
    """Ignore advice to the user; the default."""


class Workspace:
    """A workspace and its files. Paths of records are relative to its root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "pipeline_data"
        self.shelf = JournalStore(root)
        self.progress: Progress = ignore_progress
        self.advise: Advise = ignore_advice
        self.commits_together = False  # git gets all changes of a command at its end: `Request.one_commit`

    @cached_property
    def derived(self) -> DerivedFiles:
        """The derived files that this user keeps for the workspace."""
        return DerivedFiles(self.root, self.advise)

    @cached_property
    def config(self) -> Config:
        """The configuration in `crm.yaml`.

        Raises UnreadableError with the line that is wrong.
        """
        content = self.read_config_file()
        known = config_cache.recall_config(self.derived, content)
        if known is not None:
            return known
        from crmcli.store.configuration import read_config  # loads YAML only for a file not in the cache

        config = read_config(CONFIG, content)
        config_cache.remember_config(self.derived, content, config, *customs_of(config))
        return config

    def read_config_file(self) -> bytes:
        """Return the bytes of `crm.yaml`.

        Raises NotFoundError where it is missing, UnreadableError where it cannot be read.
        """
        try:
            content = files.read_text_file(self.root / CONFIG)
        except OSError as error:
            raise UnreadableError(CONFIG, None, "", f"cannot be read: {error.strerror}") from error
        if content is None:
            raise NotFoundError("crm.yaml is missing", where=str(self.data))
        return content

    @property
    def is_configured(self) -> bool:
        """True if `crm.yaml` can be read."""
        try:
            return bool(self.config.stages)
        except UnreadableError:
            return False

    def finish_interrupted(self) -> None:
        """Finish an interrupted change, unless another process holds the lock; called by readers."""
        if not self.shelf.is_pending():
            return
        from crmcli.store.transactions import lock

        try:
            with lock.hold_lock(self.data, patience=0):
                self.recover()
        except PartlyError:
            raise
        except (CrmError, OSError):
            return  # a writer holds the lock, or no write permission: read the files as they are

    def recover(self) -> None:
        """Finish an interrupted change; called with the lock held.

        Raises PartlyError where that is impossible, with the state of each file.
        """
        if not self.shelf.is_pending():
            return
        from crmcli.store.transactions import recovery  # loads YAML only when there is something to merge

        finished, abandoned = recovery.recover_change(self.root, self.shelf)
        if finished is not None and not finished.leaves_record:
            self.derived.wipe()
        self.derived.sweep()
        if abandoned:
            raise PartlyError(
                describe_abandoned(abandoned), where=str(abandoned.kept), hint="run your command again"
            )


def describe_abandoned(abandoned: "Abandoned") -> str:
    """Return one line about a change that could not be finished."""
    command = f" ({abandoned.command})" if abandoned.command else ""
    back = f"; restored: {', '.join(abandoned.put_back)}" if abandoned.put_back else ""
    found = f"; left as found: {', '.join(abandoned.as_found)}" if abandoned.as_found else ""
    return f"an interrupted change{command} was not finished, {abandoned.reason}{back}{found}"


def customs_of(config: Config) -> tuple[Style | None, Calendar | None]:
    """Return the number and date style and the working calendar; None for what is not configured."""
    style = working_calendar = None
    with suppress(RefusedError):
        style = style_of(config)
    with suppress(RefusedError):
        if config.country:
            working_calendar = load_calendar(config.country, config.region, date.today().year)
    return style, working_calendar


def find_workspace(explicit: str | None, environment: str | None, start: Path) -> Workspace:
    """Return the workspace that a command works on.

    That is `-C DIR`, else `$CRM_WORKSPACE`, else the nearest one at or above the current directory. Raises
    UsageError where an explicit one is not a workspace, NotFoundError where none is found.
    """
    for given, name in ((explicit, "-C"), (environment, "CRM_WORKSPACE")):
        if given:
            root = Path(given).expanduser()
            if not (root / CONFIG).is_file():
                raise UsageError(
                    f"no workspace: it has no {CONFIG}", where=f"{name} {given}", hint=f"crm init {given}"
                )
            return Workspace(Path(os.path.abspath(root)))
    for directory in (start, *start.parents):
        if (directory / CONFIG).is_file():
            return Workspace(directory)
    raise NotFoundError(f"no workspace here or above ({CONFIG})", hint="crm init, or crm init --demo")
