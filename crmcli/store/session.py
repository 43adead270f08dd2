"""Reading a workspace, and writing to it: records are loaded once, a commit is one transaction."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from crmcli.domain.changes import Change, Moment
from crmcli.domain.config import Config
from crmcli.domain.errors import NotFoundError, RefusedError, UsageError
from crmcli.domain.facts import Facts
from crmcli.domain.ids import from_bits
from crmcli.domain.model import Contact, Opportunity, Part
from crmcli.domain.moves import adopt
from crmcli.domain.people import normal_email
from crmcli.store import files, lock, records, transaction
from crmcli.store.catalog import file_name
from crmcli.store.index.answers import Index
from crmcli.store.index.index import opened
from crmcli.store.journal import FileChange, Journal
from crmcli.store.records import Source, UnreadableError
from crmcli.store.references import References
from crmcli.store.workspace import Workspace

P = TypeVar("P", bound=Part)
PATIENCE = 10.0  # seconds that a writer waits for the lock


class Reading:
    """A workspace as it is read: nothing is locked, every file is read once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.root = workspace.root
        self.unreadable: dict[str, UnreadableError] = {}  # by path
        self.sources: dict[str, Source[Any]] = {}
        self.places: dict[str, str] = {}  # the path of each record loaded or put, by id
        self.made: dict[str, Contact] = {}  # contacts put into this session, by id

    @property
    def config(self) -> Config:
        """What `crm.yaml` says."""
        return self.workspace.config

    @cached_property
    def opportunity_references(self) -> References:
        """The files of leads and opportunities."""
        return References(self.root, "opportunities", "opportunity")

    @cached_property
    def contact_references(self) -> References:
        """The files of contacts."""
        return References(self.root, "contacts", "contact")

    def content(self, path: str) -> bytes | None:
        """The bytes of a file of the workspace."""
        try:
            return files.read(self.root / path)
        except OSError as error:
            raise UnreadableError(path, None, "", f"cannot be read: {error.strerror}") from error

    def load(self, path: str, into: type[P]) -> Source[P]:
        """The record at a path.

        Raises NotFoundError where the file is gone, UnreadableError where it cannot be read.
        """
        known: Source[P] | None = self.sources.get(path)
        if known is None:
            content = self.content(path)
            if content is None:
                raise NotFoundError("is gone", where=path)
            known = records.read(Path(path), content, into)
            self.sources[path] = known
            self.places[getattr(known.value, "id", None) or path] = path
        return known

    def opportunity(self, path: str) -> Opportunity:
        """The lead or opportunity at a path."""
        return self.load(path, Opportunity).value

    @cached_property
    def index(self) -> Index:
        """What all record files say, as they are now."""
        return Index(opened(self.root, self.workspace.private, self.workspace.progress))

    def all(self, references: References, into: type[P]) -> Iterator[Source[P]]:
        """All records of a kind that can be read, with their files."""
        for path in references.paths:
            try:
                yield self.load(path, into)
            except UnreadableError as error:
                self.unreadable[path] = error
            except NotFoundError:
                continue  # removed since the directory was listed

    def contact(self, id: str | None) -> Contact | None:
        """The contact with this id; None where there is none, or none that can be read."""
        if id is None:
            return None
        if id in self.made:
            return self.made[id]
        place = self.contact_references.place(id)
        found = self.readable([place] if place else self.index.with_id("contact", id))
        return found[0] if found else None

    def contact_writing_from(self, email: str) -> Contact | None:
        """The contact with this normalised address; the first made of several.

        Raises UnreadableError where it may stand in a file that cannot be read.
        """
        for path in self.index.broken_holding("contacts", [email]):
            self.load(path, Contact)
        theirs = [each for each in self.known_by("email", email) if email in map(normal_email, each.emails)]
        return min(theirs, key=lambda each: (str(each.created), each.id or ""), default=None)

    def known_by(self, key: str, folded: str) -> list[Contact]:
        """The contacts that may have this name, normalised e-mail, or these last digits of a phone."""
        found = self.readable(self.index.known_by(key, folded))
        return [*(each for each in found if each.id not in self.made), *self.made.values()]

    def readable(self, paths: Iterable[str]) -> list[Contact]:
        """The contacts at these paths that can be read."""
        found = []
        for path in paths:
            try:
                found.append(self.load(path, Contact).value)
            except UnreadableError as error:
                self.unreadable[path] = error
            except NotFoundError:
                continue
        return found

    def facts(self, deal: Opportunity) -> Facts:
        """A deal with all that decisions about it look at."""
        contact = self.contact(deal.contact)
        return Facts(
            opportunity=deal,
            config=self.config,
            contact=contact,
            company=self.contact(contact.company) if contact else None,
            sponsor=self.contact(deal.referral.by) if deal.referral else None,
        )


class Writing(Reading):
    """A workspace under the writers' lock; what is put takes effect at `commit`, whole."""

    def __init__(self, workspace: Workspace, moment: Moment, command: str) -> None:
        super().__init__(workspace)
        self.moment = moment
        self.command = command
        self.puts: dict[str, FileChange] = {}

    def new_id(self) -> str:
        """A random id that no file of this workspace has."""
        while True:
            id = from_bits(int.from_bytes(os.urandom(8), "big"))
            if not any(
                id in path for path in (*self.opportunity_references.paths, *self.contact_references.paths)
            ):
                return id

    def adopted(self, path: str) -> Change:
        """The deal at a path as a command may change it: a stage set by hand is adopted first.

        Raises RefusedError for a file made by hand that has no id yet.
        """
        source = self.load(path, Opportunity)
        if not source.value.id:
            raise RefusedError("has no id yet", where=path, hint=f"crm check --fix {path}")
        return adopt(self.facts(source.value), self.moment)

    def save(self, deal: Opportunity) -> None:
        """Put a lead or opportunity, changed or new."""
        year = str((deal.created or self.moment.at).year)
        self.put_record(deal, f"opportunities/{year}", deal.title, self.opportunity_references)

    def save_contact(self, contact: Contact) -> None:
        """Put a contact, changed or new."""
        self.put_record(contact, "contacts", contact.name, self.contact_references)
        self.made[contact.id or ""] = contact

    def exists(self, record: Opportunity | Contact) -> bool:
        """Does this record's file lie on the disk already?"""
        return self.places.get(record.id or "") in self.sources

    def put_record(
        self, record: Opportunity | Contact, folder: str, title: str, references: References
    ) -> None:
        """Put a record into its file, editing what stands there."""
        path = self.places.get(record.id or "")
        if path is None:
            path = f"pipeline_data/{folder}/{file_name(title, record.id or '')}"
            references.paths.append(path)
            self.places[record.id or ""] = path
        source: Source[Any] | None = self.sources.get(path)
        if source is None:
            self.put(path, records.canonical(record, path), before=None)
        else:
            self.put(path, records.edited(source, record), before=source.content)

    def rewrite(self, source: Source[Any]) -> None:
        """Put a record's file with this very text; later changes of the record are made to it."""
        path = str(source.path)
        self.put(path, source.content, before=self.content(path))
        self.sources[path] = source
        self.places[source.value.id or path] = path

    def remove(self, path: str) -> None:
        """Put the removal of a file."""
        self.put(path, None, before=self.content(path))

    def put(self, path: str, after: bytes | None, *, before: bytes | None) -> None:
        """Put the new bytes of a file, or None for its removal.

        Raises RefusedError for a name that is not UTF-8.
        """
        if not path.isprintable() and any("\ud800" <= char <= "\udfff" for char in path):
            raise RefusedError("the file's name is not UTF-8", where=path, hint="rename it")
        earlier = self.puts.get(path)
        self.puts[path] = FileChange(path=path, before=earlier.before if earlier else before, after=after)

    def commit(self, undoes: int | None = None) -> int | None:
        """Make everything that was put happen; the change's number, or None for no change."""
        changes = tuple(each for each in self.puts.values() if each.before != each.after)
        if not changes:
            return None
        journal = Journal(
            command=self.command,
            user=self.moment.by,
            at=self.moment.at,
            changes=changes,
            undoes=undoes,
        )
        number = transaction.commit(self.root, self.workspace.shelf, journal)
        self.puts.clear()
        return number


@contextmanager
def writing(workspace: Workspace, moment: Moment, command: str) -> Iterator[Writing]:
    """The workspace under the writers' lock, an interrupted change finished first.

    Raises TryAgainError where another writer keeps the lock.
    """
    os.umask(0o077)
    with lock.locked(workspace.data, patience()):
        workspace.recover()
        yield Writing(workspace, moment, command)


def patience() -> float:
    """How long to wait for the lock, in seconds: `$CRM_LOCK_TIMEOUT`, else ten."""
    given = os.environ.get("CRM_LOCK_TIMEOUT")
    try:
        return PATIENCE if given is None else max(0.0, float(given))
    except ValueError:
        raise UsageError(f"CRM_LOCK_TIMEOUT is a number of seconds, not {given!r}") from None
