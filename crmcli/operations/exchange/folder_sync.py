"""Synchronising records with the files of a folder: what calendars and address books have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from crmcli.domain.documents.sync_documents import ItemOutcome, SyncedItemDocument
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.visible_text import visible_line
from crmcli.operations.request import Request
from crmcli.store.item_folder import ItemFolder
from crmcli.store.local_state.sync_memory import SyncMemory, write_memory

NOT_REMEMBERED = (
    "what was synchronised cannot be remembered (set CRM_STATE_DIR, or HOME): where both sides differ, "
    "the record stays"
)


class Merged(Protocol):
    """The fields of both sides, merged."""

    @property
    def discarded(self) -> Mapping[str, str]:
        """What the folder had and was not taken, by field."""
        ...

    def kept(self, field: str) -> str:
        """Return what stays in a field instead."""
        ...


M = TypeVar("M", bound=Merged)


class SyncReport(msgspec.Struct):
    """What a synchronisation did, or with `dry_run` would do."""

    items: list[SyncedItemDocument]
    faults: list[CrmError]  # files and records that were left as they are
    notes: list[str]  # what somebody should know
    remarks: list[str]  # what each run finds again, such as cards of others


class FolderSync(ABC, Generic[M]):
    """A synchronisation of a workspace with an open folder, and what is known of its items by their ids."""

    def __init__(self, request: Request, folder: ItemFolder, memory: SyncMemory) -> None:
        self.request = request
        self.folder = folder
        self.memory = memory
        self.report = SyncReport([], [], [], [])
        self.known_files = {each.file: id for id, each in memory.items.items()}
        self.names: set[str] = set()  # of all files
        self.unsure: set[str] = set()  # ids whose file or record is left as it is
        self.merged: dict[str, M] = {}
        self.taken: dict[str, list[str]] = {}  # the fields that are taken from the folder

    def run(self, target: Path) -> SyncReport:
        """Take what changed in the folder into the records, write what changed here into it, and remember."""
        if not self.request.dry_run:
            self.folder.sweep()
        self.read_folder()
        self.synchronise()
        if not self.request.dry_run and not write_memory(self.request.workspace.root, target, self.memory):
            self.report.notes.append(NOT_REMEMBERED)
        return self.report

    @abstractmethod
    def read_folder(self) -> None:
        """Read the items of the folder; what cannot be read is reported."""

    @abstractmethod
    def synchronise(self) -> None:
        """Make records and items alike."""

    def leave_file(self, file: str, what: str) -> None:
        """Report a file that is left as it is."""
        self.report.faults.append(CrmError(what, where=visible_line(file)))

    def leave_lost(self, file: str, id: str) -> None:
        """Report a file that has the name of an item, and something else in it."""
        what = f"is not the item of {id} any more; left as it is (delete it to have it written again)"
        self.leave_file(file, what)

    def put_file(self, file: str, content: bytes, before: bytes | None) -> bool:
        """Write a file that is still as it was read; tell whether it is so, or in a dry run would be."""
        if content == before or self.request.dry_run or self.folder.put(file, content, before):
            return True
        self.leave_file(file, "was changed meanwhile, run it again")
        return False

    def remove_file(self, file: str, content: bytes) -> bool:
        """Remove a file that is still as it was read; tell whether it is gone, or in a dry run would be."""
        if self.request.dry_run or self.folder.remove(file, content):
            return True
        self.leave_file(file, "was changed meanwhile, run it again")
        return False

    def tell(
        self,
        id: str,
        name: str,
        file: str,
        outcome: ItemOutcome,
        written: Sequence[str] = (),
        record: str | None = None,
    ) -> None:
        """Report what was done to an item; nothing for one that both sides have alike."""
        taken, merged = self.taken.get(id, []), self.merged.get(id)
        discarded = merged.discarded if merged else {}
        if outcome == "unchanged" and not taken and not discarded:
            return
        outcome = "taken" if outcome == "unchanged" and taken else outcome
        self.report.items.append(
            SyncedItemDocument(
                id=id,
                name=name,
                record=record,
                file=file,
                outcome=outcome,
                taken=taken,
                written=list(written),
                discarded=[
                    {"field": field, "value": value, "kept": merged.kept(field) if merged else ""}
                    for field, value in discarded.items()
                ],
            )
        )
