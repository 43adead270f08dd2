"""A workspace: the directory that holds `pipeline_data/crm.yaml`, and where things lie in it."""

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
from crmcli.store.codec import typed_values
from crmcli.store.local_state import config_cache
from crmcli.store.local_state.derived import Advise, DerivedFiles
from crmcli.store.transactions import files
from crmcli.store.transactions.journal import JournalStore
from crmcli.store.unreadable import UnreadableError

if TYPE_CHECKING:
    from crmcli.store.transactions.recovery import Abandoned

CONFIG = Path("pipeline_data/crm.yaml")


Progress = Callable[[int, int], None]


def ignore_progress(done: int, total: int) -> None:
    """Nobody watches how reading gets on."""


def ignore_advice(advice: str) -> None:
    """Nobody is there to be told."""


class Workspace:
    """One workspace and its places. Paths of records are relative to its root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "pipeline_data"
        self.shelf = JournalStore(root)
        self.progress: Progress = ignore_progress
        self.advise: Advise = ignore_advice

    @cached_property
    def derived(self) -> DerivedFiles:
        """What is derived from its files and kept by this user."""
        return DerivedFiles(self.root, self.advise)

    @cached_property
    def config(self) -> Config:
        """What `crm.yaml` says.

        Raises UnreadableError with the line that is wrong.
        """
        content = self.read_config_file()
        tree = config_cache.recall_config(self.derived, content)
        if tree is not None:
            return typed_values.decode_part(tree, Config)
        from crmcli.store.configuration import read_config  # YAML, where crm.yaml is new to us

        config = read_config(CONFIG, content)
        config_cache.remember_config(
            self.derived, content, typed_values.encode_part(config), *customs_of(config)
        )
        return config

    def read_config_file(self) -> bytes:
        """Return the bytes of `crm.yaml`.

        Raises NotFoundError where it is gone, UnreadableError for what is not a file that can be read.
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
        """Can `crm.yaml` be read?"""
        try:
            return bool(self.config.stages)
        except UnreadableError:
            return False

    def finish_interrupted(self) -> None:
        """As a reader: finish a change that somebody died in, if nobody else is at it."""
        if not self.shelf.is_pending():
            return
        from crmcli.store.transactions import lock

        try:
            with lock.hold_lock(self.data, patience=0):
                self.recover()
        except PartlyError:
            raise
        except (CrmError, OSError):
            return  # a writer is at it, or we may not write here: read the files as they are

    def recover(self) -> None:
        """As the holder of the lock: finish a change that somebody died in.

        Raises PartlyError where that was impossible, with what became of its files.
        """
        if not self.shelf.is_pending():
            return
        from crmcli.store.transactions import recovery  # YAML, where there is something to merge

        finished, abandoned = recovery.recover_change(self.root, self.shelf)
        if finished is not None and not finished.leaves_record:
            self.derived.wipe()
        self.derived.sweep()
        if abandoned:
            raise PartlyError(
                describe_abandoned(abandoned), where=str(abandoned.kept), hint="run your command again"
            )


def describe_abandoned(abandoned: "Abandoned") -> str:
    """What became of a change that could not be finished, in one line."""
    command = f" ({abandoned.command})" if abandoned.command else ""
    back = f"; restored: {', '.join(abandoned.put_back)}" if abandoned.put_back else ""
    found = f"; left as found: {', '.join(abandoned.as_found)}" if abandoned.as_found else ""
    return f"an interrupted change{command} was not finished, {abandoned.reason}{back}{found}"


def customs_of(config: Config) -> tuple[Style | None, Calendar | None]:
    """How the workspace writes money and days, and its public holidays; None for what it does not have."""
    style = working_calendar = None
    with suppress(RefusedError):
        style = style_of(config)
    with suppress(RefusedError):
        if config.country:
            working_calendar = load_calendar(config.country, config.region, date.today().year)
    return style, working_calendar


def find_workspace(explicit: str | None, environment: str | None, start: Path) -> Workspace:
    """The workspace that a command works on.

    `-C DIR`, else `$CRM_WORKSPACE`, else walking up from the current directory. Raises UsageError
    where an explicit one is not a workspace, NotFoundError where walking up finds none.
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
