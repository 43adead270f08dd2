"""Writing to a workspace: all changes of a session are committed in one transaction."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from crmcli.domain.model.changes import Change, Moment, RunProgram
from crmcli.domain.model.config import Config
from crmcli.domain.model.history import last_entry
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records.manual_edits import adopt_manual_edits
from crmcli.domain.rules.referrals import buyer_and_sponsor, find_circle
from crmcli.domain.values.clean_records import clean_new_texts
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.ids import from_bits
from crmcli.store import records
from crmcli.store.catalog import file_name, id_in_name
from crmcli.store.id_holders import IdHolders
from crmcli.store.reader import Reading, find_mail_folder
from crmcli.store.records import Source
from crmcli.store.references import References
from crmcli.store.revertible import RevertibleDict
from crmcli.store.transactions import lock, transaction
from crmcli.store.transactions.journal import FileChange, Journal
from crmcli.store.workspace import CONFIG, Workspace

R = TypeVar("R", Opportunity, Contact)
PATIENCE = 10.0  # seconds that a writer waits for the lock


class Writing(Reading):
    """A session that holds the writers' lock; its changes take effect at `commit`, all or none."""

    def __init__(self, workspace: Workspace, moment: Moment, command: str) -> None:
        super().__init__(workspace)
        self.moment = moment
        self.command = command
        self.places: RevertibleDict[str, str] = RevertibleDict()
        self.made: RevertibleDict[str, Contact] = RevertibleDict()
        self.puts: RevertibleDict[str, FileChange] = RevertibleDict()
        self.saved: RevertibleDict[str, Opportunity] = RevertibleDict()  # so far, by path
        self.saved_messages: dict[str | None, dict[str, None]] = {}  # their paths, by ids of messages
        self.is_forgetting = False  # leaves no undo record
        self.renames: tuple[str, str] | None = None  # an id and its new name, if that is all that changes
        self.undoes: int | None = None  # number of the change that this one undoes
        self.is_shared_now = True  # with git, where it is set up; else the caller does that
        self.is_time_given = False  # as `--now`, instead of the clock
        self.programs: list[RunProgram] = []  # run after the commit

    def new_id(self) -> str:
        """Return a random id that no file of this workspace has."""
        while True:
            id = from_bits(int.from_bytes(os.urandom(8), "big"))
            if id not in self.places and not self.is_taken(id):
                return id

    def is_taken(self, id: str) -> bool:
        """Tell whether a record file has this id: by the index if it knows all files, else by their names."""
        if self.recent is None:
            return id in self.named
        return any(self.recent.with_id(table, id) for table in ("record", "contact"))

    @cached_property
    def named(self) -> set[str | None]:
        """The ids in the names of all record files."""
        paths = (*self.opportunity_references.paths, *self.contact_references.paths)
        return {id_in_name(path) for path in paths}

    def adopted(self, path: str) -> Change:
        """Return the change that adopts a stage or loss edited by hand in the opportunity at a path.

        Raises RefusedError for a hand-written file that has no id yet.
        """
        deal = self.opportunity(path)
        if not deal.id:
            raise RefusedError("has no id yet", where=path, hint=f"crm check --fix {path}")
        return adopt_manual_edits(self.facts(deal), self.moment)

    def content(self, path: str) -> bytes | None:
        """Return the bytes of a file with this session's changes; None where it does not exist."""
        return self.puts[path].after if path in self.puts else super().content(path)

    def mail_folder(self, file: str | None) -> MailFolder | None:
        """Return the folder of an outgoing mail's file, with this session's changes."""

        def exists(path: Path) -> bool:
            put = self.puts.get(str(path.relative_to(self.root)))
            return put.after is not None if put else os.path.lexists(path)

        return find_mail_folder(self.root, file, exists)

    def note_place(self, id: str, path: str) -> None:
        """Remember the path of a record that is loaded, also after a failed attempt."""
        self.places.keep(id, path)

    def opportunity(self, path: str) -> Opportunity:
        """Return the lead or opportunity at a path, with this session's changes."""
        return self.saved.get(path) or super().opportunity(path)

    def save(self, deal: Opportunity) -> None:
        """Save a lead or opportunity, changed or new.

        Raises RefusedError for a circular referral, and for a new title of more than one line.
        """
        deal = clean_new_texts(self.stored(deal), deal)
        self.refuse_past(deal)
        self.refuse_lines(deal, deal.title, "title")
        self.refuse_circle(deal)
        year = str((deal.created or self.moment.at).year)
        self.put_record(deal, f"opportunities/{year}", deal.title, lambda: self.opportunity_references)
        path = self.places[deal.id or ""]
        self.saved[path] = deal
        for id in list_message_ids(deal):
            self.saved_messages.setdefault(id, {})[path] = None

    def refuse_past(self, record: R) -> None:
        """Check that a time given as `--now` is not before the last entry of a record that changes.

        Without `--now` the clock of another machine may be ahead; entries then get the time of the last.
        Raises RefusedError with both times.
        """
        known = self.stored(record)
        last = last_entry(known) if known is not None and known != record else None
        if self.is_time_given and last is not None and self.moment.at < last:
            now, latest = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (self.moment.at, last))
            raise RefusedError(
                f"--now {now} is before its last entry, {latest}",
                where=record.id or "",
                hint="give a later time, or leave --now and CRM_NOW out",
            )

    def refuse_lines(self, record: Opportunity | Contact, text: str, field: str) -> None:
        """Check that a title or name is one line, unless the file already has it so.

        Raises RefusedError where it is not.
        """
        source = self.sources.get(self.places.get(record.id or "", ""))
        if len(text.splitlines()) > 1 and (source is None or getattr(source.value, field, None) != text):
            raise RefusedError(f"a {field} is one line", where=repr(text[:60]))

    def refuse_circle(self, deal: Opportunity) -> None:
        """Check that a new sponsor was not referred by the buyer, directly or through others.

        Raises RefusedError with the whole chain.
        """
        path = self.places.get(deal.id or "", "")
        source = self.sources.get(path)
        if deal.referral is None or (source and buyer_and_sponsor(source.value) == buyer_and_sponsor(deal)):
            return
        way = find_circle(deal, lambda contact: self.sponsors_of(contact, beside=path))
        if way:
            names = [person.name if (person := self.contact(id)) else id for id in way]
            told = ", referred by ".join(names)
            raise RefusedError(
                f"circular referral: {told}", where=deal.id or deal.title, hint="crm referral tree"
            )

    def deals_with_messages(self, ids: Sequence[str]) -> list[str]:
        """Return the paths of records that hold one of these messages, or one that replies to it.

        `ids` are ids of entries or Message-IDs. Unreadable files that contain one are among the paths.
        """
        saved = [path for id in ids for path in self.saved_messages.get(id, ()) if path in self.saved]
        bare = [id.strip("<>") for id in ids]
        broken = self.index.broken_holding("opportunities", bare)
        return list(dict.fromkeys([*self.index.messages(ids), *saved, *broken]))

    def deals_of(self, contact: str) -> list[str]:
        """Return the paths of the opportunities of a contact, saved in this session or before it."""
        saved = [path for path, deal in self.saved.items() if deal.contact == contact]
        return list(dict.fromkeys([*self.index.of_contact(contact), *saved]))

    def sponsors_of(self, contact: str, beside: str) -> list[str]:
        """Return the sponsors of a contact, saved or on disk, in all records but the one at a path."""
        saved = (buyer_and_sponsor(deal) for path, deal in self.saved.items() if path != beside)
        here = [by for buyer, by in saved if buyer == contact and by is not None]
        return [*here, *self.index.sponsors_of(contact, beside)]

    def configure(self, config: Config) -> None:
        """Save a changed configuration, edited in place, and use it in this session."""
        if config == self.config:
            return
        content = self.content(str(CONFIG)) or b""
        source = Source(CONFIG, content, self.config)
        self.put(str(CONFIG), records.edit_record(source, config), before=content)
        self.workspace.config = config

    def save_contact(self, contact: Contact) -> None:
        """Save a contact, changed or new.

        Raises RefusedError for a new name of more than one line.
        """
        contact = clean_new_texts(self.stored(contact), contact)
        self.refuse_past(contact)
        self.refuse_lines(contact, contact.name, "name")
        self.put_record(contact, "contacts", contact.name, lambda: self.contact_references)
        self.remember_made(contact)

    def restore(self, record: Opportunity | Contact, path: str) -> None:
        """Save a record exactly as it is; a new one in the file at a path.

        Raises RefusedError where another file has its id.
        """
        id = record.id or path
        if id not in self.places:
            self.refuse_doubled(record.id, path)
            self.places[id] = path
            is_deal = isinstance(record, Opportunity)
            (self.opportunity_references if is_deal else self.contact_references).add(path)
        source: Source[Any] | None = self.sources.get(self.places[id])
        if source is not None:
            self.put_edited(source, record)
        else:
            self.put(path, records.write_canonical(record, path), before=None)

    def stored(self, record: R) -> R | None:
        """Return a record as its file has it; None for a new one."""
        source = self.sources.get(self.places.get(record.id or "", ""))
        return source.value if source is not None and type(source.value) is type(record) else None

    def exists(self, record: Opportunity | Contact) -> bool:
        """Tell whether the record's file has been read from disk."""
        return self.places.get(record.id or "") in self.sources

    @cached_property
    def holders(self) -> IdHolders:
        """The search for files that hold an id."""
        return IdHolders(self)

    def others_with_id(self, id: str, path: str) -> list[str]:
        """Return the files other than `path` that hold an id and are not to be removed."""
        return [each for each in self.holders.others(id, path) if not self.is_to_go(each)]

    def is_to_go(self, path: str) -> bool:
        """Tell whether this session removes a file."""
        return path in self.puts and self.puts[path].after is None

    def refuse_doubled(self, id: str | None, path: str) -> None:
        """Check that no other file holds the id of a record that is about to be written.

        Raises RefusedError naming both files.
        """
        others = self.others_with_id(id, path) if id else []
        if others:
            copy = next((each for each in (path, *others) if id_in_name(each) != id), others[0])
            raise RefusedError(
                f"{id} is the id of two files, {path} and {others[0]}", hint=f"crm check --fix {copy}"
            )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Discard the changes made in this context if it ends in an error; earlier ones stay."""
        marks = [(each, each.mark()) for each in (self.puts, self.saved, self.places, self.made)]
        programs = [*self.programs]
        try:
            yield
        except Exception:  # any, since the caller goes on: half a change must not be committed
            for each, mark in marks:
                each.go_back(mark)
            self.programs = programs
            raise

    def put_record(
        self, record: Opportunity | Contact, folder: str, title: str, references: Callable[[], References]
    ) -> None:
        """Write a record into its file, edited in place; a new one becomes known by reference, too."""
        path = self.places.get(record.id or "")
        if path is None:
            path = f"pipeline_data/{folder}/{file_name(title, record.id or '')}"
            self.refuse_doubled(record.id, path)
            references().add(path)
            self.places[record.id or ""] = path
        source: Source[Any] | None = self.sources.get(path)
        if source is None:
            self.put(path, records.write_canonical(record, path), before=None)
        else:
            self.put_edited(source, record)

    def put_edited(self, source: Source[Any], record: Opportunity | Contact) -> None:
        """Write a record's file with its new value.

        Raises RefusedError where another file has its id.
        """
        path = str(source.path)
        self.refuse_doubled(record.id, path)
        self.put(path, records.edit_record(source, record), before=source.content)

    def rewrite(self, source: Source[Any]) -> None:
        """Write a record's file with this exact text, on which later changes are based."""
        path = str(source.path)
        self.put(path, source.content, before=self.content(path))
        self.sources[path] = source
        self.places[source.value.id or path] = path

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.put(path, None, before=self.content(path))

    def put(self, path: str, after: bytes | None, *, before: bytes | None) -> None:
        """Add the new bytes of a file to the changes; None removes it.

        Raises RefusedError for a name that is not UTF-8.
        """
        if not path.isprintable() and any("\ud800" <= char <= "\udfff" for char in path):
            raise RefusedError("the file's name is not UTF-8", where=path, hint="rename it")
        earlier = self.puts.get(path)
        self.puts[path] = FileChange(path=path, before=earlier.before if earlier else before, after=after)

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """The changes that make a difference."""
        return tuple(each for each in self.puts.values() if each.before != each.after)

    def commit(self) -> int | None:
        """Commit all changes; return the number of the change, or None if there are none.

        With `is_forgetting`, it leaves no undo record.
        """
        changes = self.changes
        if not changes:
            return None
        journal = Journal(
            command=self.command,
            user=self.moment.by,
            at=self.moment.at,
            changes=changes,
            undoes=self.undoes,
            leaves_record=not self.is_forgetting,
            renames=self.renames,
        )
        number = transaction.commit_change(self.root, self.workspace.shelf, journal)
        self.puts = RevertibleDict()
        if self.is_shared_now and not self.workspace.commits_together and needs_git(self.workspace):
            from crmcli.store.git import auto_commit  # starts processes

            auto_commit.commit_change(self.workspace, journal, number)
        return number


@contextmanager
def open_writer(workspace: Workspace, moment: Moment, command: str) -> Iterator[Writing]:
    """Open a session with the writers' lock, after finishing an interrupted change.

    Raises TryAgainError where another writer keeps the lock.
    """
    with lock.hold_lock(workspace.data, lock_timeout()):
        workspace.recover()
        yield Writing(workspace, moment, command)


def needs_git(workspace: Workspace) -> bool:
    """Tell whether git may have to be told of a change: there are attributes, or auto-commit is on."""
    is_on = workspace.is_configured and workspace.config.git.is_on
    return is_on or os.path.lexists(workspace.root / ".gitattributes")


def lock_timeout() -> float:
    """Return the seconds to wait for the lock: `$CRM_LOCK_TIMEOUT`, else ten.

    Raises UsageError where the variable is not a number of seconds.
    """
    given = os.environ.get("CRM_LOCK_TIMEOUT")
    try:
        seconds = PATIENCE if given is None else float(given)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise UsageError(f"CRM_LOCK_TIMEOUT={given} is not a number of seconds", hint="like 10")
    return seconds


def list_message_ids(deal: Opportunity) -> Iterator[str | None]:
    """Yield the ids of a record's messages: of the entries, of the mails, and of those that they reply to."""
    for each in deal.messages:
        yield each.id
        yield each.message_id
        yield from each.thread
