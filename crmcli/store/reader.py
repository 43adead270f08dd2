"""Reading of a workspace: from the index where possible, else from the record's file."""

import os
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crmcli.domain.model.config import Config
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_names import tell_contacts_apart, tell_deals_apart
from crmcli.domain.model.record_types import Contact, Opportunity, Part
from crmcli.domain.values.errors import CrmError, NotFoundError
from crmcli.domain.values.ids import is_id
from crmcli.store.index.index_file import open_index, open_recent, opened_again
from crmcli.store.index.queries import Index
from crmcli.store.questionnaire_files import Questionnaires
from crmcli.store.references import References
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError
from crmcli.store.workspace import Workspace

if TYPE_CHECKING:
    from crmcli.domain.model.deal_context import Facts
    from crmcli.store.records import Source

P = TypeVar("P", bound=Part)


class Reading:
    """A read-only session: no lock is held, and each file is read once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.root = workspace.root
        self.unreadable: dict[str, UnreadableError] = {}  # by path
        self.sources: dict[str, Source[Any]] = {}
        self.places: MutableMapping[str, str] = {}  # the path of each record loaded or put, by id
        self.made: MutableMapping[str, Contact] = {}  # contacts saved in this session, by id
        self.made_by_key: dict[tuple[str, str], dict[str, None]] = {}  # their ids, by what finds them

    @property
    def config(self) -> Config:
        """The configuration in `crm.yaml`."""
        return self.workspace.config

    def describe_deal(self, path: str) -> str:
        """Return a deal as a candidate for an ambiguous reference; its path if it cannot be read."""
        try:
            deal = self.opportunity(path)
        except CrmError:
            return path
        return tell_deals_apart(deal, self.contact(deal.contact), self.config)

    def describe_contact(self, path: str) -> str:
        """Return a contact as a candidate for an ambiguous reference; its path if it cannot be read."""
        found = self.readable([path])
        return tell_contacts_apart(found[0]) if found else path

    def require_config(self) -> None:
        """Check that `crm.yaml` can be read.

        Raises UnreadableError with the line that is wrong.
        """
        _ = self.workspace.config

    @cached_property
    def opportunity_references(self) -> References:
        """The references to leads and opportunities."""
        return References(
            self.root,
            "opportunities",
            "opportunity",
            lambda: self.index,
            lambda: self.recent,
            self.describe_deal,
        )

    @cached_property
    def contact_references(self) -> References:
        """The references to contacts."""
        return References(
            self.root,
            "contacts",
            "contact",
            lambda: self.index,
            lambda: self.recent,
            self.describe_contact,
        )

    @cached_property
    def questionnaires(self) -> Questionnaires:
        """The questionnaires of the workspace."""
        return Questionnaires(self.root, self.workspace.derived)

    def content(self, path: str) -> bytes | None:
        """Return the bytes of a file of the workspace; None where it does not exist.

        Raises UnreadableError where it cannot be read.
        """
        try:
            is_text = path.endswith(".yaml")
            return files.read_file(self.root / path, files.LARGEST_TEXT if is_text else files.LARGEST)
        except OSError as error:
            raise UnreadableError(path, None, "", f"cannot be read: {error.strerror}") from error

    def load(self, path: str, into: type[P]) -> "Source[P]":
        """Return the record at a path, and remember it.

        Raises NotFoundError where the file is gone, UnreadableError where it cannot be read.
        """
        known: Source[P] | None = self.sources.get(path)
        if known is None:
            known = self.read_file(path, into)
            self.sources[path] = known
            self.note_place(getattr(known.value, "id", None) or path, path)
        return known

    def note_place(self, id: str, path: str) -> None:
        """Remember the path of a record that is loaded."""
        self.places[id] = path

    def read_file(self, path: str, into: type[P]) -> "Source[P]":
        """Return the record at a path, without remembering it.

        Raises NotFoundError where the file is gone, UnreadableError where it cannot be read.
        """
        content = self.content(path)
        if content is None:
            raise NotFoundError("is gone", where=path)
        from crmcli.store import records  # loads YAML only when a file is read

        return records.read_record(Path(path), content, into)

    def opportunity(self, path: str) -> Opportunity:
        """Return the lead or opportunity at a path."""
        return self.load(path, Opportunity).value

    @cached_property
    def index(self) -> Index:
        """The index of all record files, brought up to date."""
        where = (self.root, self.workspace.derived, self.workspace.progress)
        return Index(open_index(*where), again=lambda error: opened_again(*where, error))

    @cached_property
    def recent(self) -> Index | None:
        """The index as it is on disk, if no record file came or went since; None otherwise.

        Where a file is stands in it; what it says of a file may be older than the file.
        """
        where = (self.root, self.workspace.derived)
        opened = open_recent(*where)
        if opened is None:
            return None
        return Index(opened, again=lambda error: opened_again(*where, self.workspace.progress, error))

    def holders_of_activity(self, word: str) -> list[str]:
        """Return the paths of records with an activity whose id is this, or begins with it.

        For a full id that stands where the index on disk says, no directory is listed.
        """
        if is_id(word) and self.recent is not None:
            known = self.recent.activity(word)
            found = [
                path for path in known if any(each.id == word for each in self.opportunity(path).activities)
            ]
            if found:
                return found
        return self.index.activity(word)

    def all(self, references: References, into: type[P]) -> Iterator["Source[P]"]:
        """Yield all readable records of a kind, with their files."""
        return self.load_each(references.paths, into)

    def load_each(self, paths: Iterable[str], into: type[P]) -> Iterator["Source[P]"]:
        """Yield the readable records of a kind at these paths, with their files."""
        for path in paths:
            try:
                yield self.load(path, into)
            except UnreadableError as error:
                self.unreadable[path] = error
            except NotFoundError:
                continue  # removed since the directory was listed

    def contact(self, id: str | None) -> Contact | None:
        """Return the contact with this id; None where there is none, or it is unreadable."""
        if id is None:
            return None
        if id in self.made:
            return self.made[id]
        place = self.contact_references.place(id)
        found = self.readable([place] if place else self.index.with_id("contact", id))
        return found[0] if found else None

    def name_contact(self, id: str) -> str:
        """Return the name of the contact with this id, or that there is none."""
        person = self.contact(id)
        return person.name if person else f"{id}, nobody known"

    def contacts_writing_from(self, email: str) -> list[Contact]:
        """Return the contacts with this normalised e-mail address.

        Raises UnreadableError where the address occurs in an unreadable file.
        """
        from crmcli.domain.records.contact_matching import normal_email

        for path in self.index.broken_holding("contacts", [email]):
            self.load(path, Contact)
        return [each for each in self.known_by("email", email) if email in map(normal_email, each.emails)]

    def known_by(self, key: str, folded: str, most: int | None = None) -> list[Contact]:
        """Return contacts that may have this key of a name, normalised e-mail, or last digits of a phone.

        With `most`, about so many of them: of a name that thousands have, a few are enough.
        """
        found = self.readable(self.index.known_by(key, folded, -1 if most is None else most))
        ids = islice(self.made_by_key.get((key, folded), ()), most)
        made = (self.made[id] for id in ids if id in self.made)
        return [*(each for each in found if each.id not in self.made), *made]

    def remember_made(self, contact: Contact) -> None:
        """Find a contact that this session saved by its name, e-mails and phones, too.

        It may also be found by values that it had before; callers compare those that count.
        """
        from crmcli.domain.records.contact_matching import list_lookup_keys

        id = contact.id or ""
        self.made[id] = contact
        for key in list_lookup_keys(contact):
            self.made_by_key.setdefault(key, {})[id] = None

    def readable(self, paths: Iterable[str]) -> list[Contact]:
        """Return the contacts at these paths that can be read."""
        found = []
        for path in paths:
            try:
                found.append(self.load(path, Contact).value)
            except UnreadableError as error:
                self.unreadable[path] = error
            except NotFoundError:
                continue
        return found

    def facts(self, deal: Opportunity) -> "Facts":
        """Return a record with its contact, company, sponsor and questionnaire."""
        from crmcli.domain.model import questionnaires
        from crmcli.domain.model.deal_context import Facts  # not needed for lists

        contact = self.contact(deal.contact)
        around = {
            "contact": deal.contact,
            "company": contact.company if contact else None,
            "sponsor": deal.referral.by if deal.referral else None,
        }
        found = {role: self.contact(id) for role, id in around.items()}
        missing = {role: id for role, id in around.items() if id and found[role] is None}
        return Facts(
            opportunity=deal,
            config=self.config,
            contact=found["contact"],
            company=found["company"],
            sponsor=found["sponsor"],
            questionnaire=questionnaires.find_questionnaire(deal, self.questionnaires),
            mail_folder=self.mail_folder,
            name_contact=self.name_contact,
            unread={role: why for role, id in missing.items() if (why := self.why_unread(id))},
        )

    def mail_folder(self, file: str | None) -> MailFolder | None:
        """Return the folder of an outgoing mail's file; None for a file that is elsewhere, or nowhere."""
        return find_mail_folder(self.root, file)

    def why_unread(self, id: str) -> str:
        """Return why the file of a contact cannot be read; empty where there is none with this id."""
        place = self.contact_references.place(id)
        for path in [place] if place else self.index.broken_holding("contacts", [id]):
            if path not in self.unreadable:
                self.readable([path])
            if path in self.unreadable:
                return str(self.unreadable[path])
        return ""


def find_mail_folder(
    root: Path, file: str | None, exists: Callable[[Path], bool] = os.path.lexists
) -> MailFolder | None:
    """Return the folder of an outgoing mail's file; None for a file that is elsewhere, or nowhere."""
    if not file or "/" in file:
        return None
    places = ((folder, root / "pipeline_data" / folder / file) for folder in MailFolder)
    return next((folder for folder, path in places if exists(path)), None)
