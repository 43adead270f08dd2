"""Synchronising contacts with a folder of vCard files, both ways.

First what somebody changed in the cards goes into the contacts, in one transaction; then the cards are made
as the contacts are. A run that is killed in between is completed by the next one.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.documents.sync_documents import ItemOutcome
from crmcli.domain.merging.merge_card import CardFields, LastCard, MergedCard, last_card, merge_card
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.privacy.person_patterns import INSTEAD
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.visible_text import visible_line
from crmcli.exchange import card_files, vcard
from crmcli.exchange.card_files import FoundCard, fields_of_card
from crmcli.exchange.contact_import import Intake
from crmcli.operations.contacts import find_or_create_employer, list_shared_emails
from crmcli.operations.exchange.card_owners import CardOwners
from crmcli.operations.exchange.card_remarks import (
    describe_doubt,
    describe_left,
    describe_shared_email,
    describe_strangers,
)
from crmcli.operations.exchange.folder_sync import FolderSync, SyncReport
from crmcli.operations.exchange.guard_removals import refuse_removals
from crmcli.operations.find_records import fold_words
from crmcli.operations.request import Request
from crmcli.store.item_folder import FoundFile, ItemFolder, open_items
from crmcli.store.local_state.sync_memory import (
    SyncedItem,
    SyncMemory,
    print_whole,
    read_memory,
)
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

SUFFIX = ".vcf"


class CardFile:
    """A card with its file, parsed when somebody asks for it."""

    def __init__(self, file: FoundFile, config: Config) -> None:
        self.file = file.name
        self.content = file.content
        self.content_print = print_whole(file.content)
        self.config = config

    @cached_property
    def card(self) -> FoundCard:
        """The card in the file. Raises UsageError for a file that is not one card."""
        return card_files.read_card_file(self.content, self.config)


def sync_contacts(
    request: Request,
    target: Path,
    words: Sequence[str] = (),
    *,
    adds_new: bool = False,
    removes_unmatched: bool = False,
) -> SyncReport:
    """Synchronise contacts, all or those with these words, with the cards of a folder.

    With `adds_new`, cards of people who are not known become contacts. A card that was deleted is written
    again. Raises NotFoundError without the folder, and without `removes_unmatched` RefusedError where most
    cards would be removed since their contacts do not match.
    """
    with open_items(target, request.workspace.data, SUFFIX) as folder:
        memory = read_memory(request.workspace.root, target)
        sync = ContactSync(
            request, folder, memory, words, adds_new=adds_new, removes_unmatched=removes_unmatched
        )
        return sync.run(target)


class FreshCard(NamedTuple):
    """The card that crm writes for a contact, with all that it depends on."""

    person: Contact
    company: str | None
    card: FoundCard


class ContactSync(FolderSync[MergedCard]):
    """A synchronisation of a workspace with an open folder of cards."""

    def __init__(
        self,
        request: Request,
        folder: ItemFolder,
        memory: SyncMemory,
        words: Sequence[str],
        *,
        adds_new: bool,
        removes_unmatched: bool,
    ) -> None:
        super().__init__(request, folder, memory)
        self.words = words
        self.adds_new = adds_new
        self.removes_unmatched = removes_unmatched
        self.cards: list[CardFile] = []
        self.files: dict[str, CardFile] = {}  # by the id of the contact
        self.contents: dict[str, bytes] = {}  # of the files of contacts, by id
        self.fresh: dict[str, FreshCard] = {}
        self.made: set[str] = set()  # for new cards
        self.firms: list[str] = []  # made because a card names them
        self.before: dict[str, str] = {}  # prints of contacts before anything was taken from an unknown card

    def synchronise(self) -> None:
        """Take what changed in the folder into the contacts, and write what changed here into the cards."""
        reading = self.request.reading_all("contacts")
        people, wanted = self.load_people(reading)
        strangers = self.link_cards(people)
        if not self.removes_unmatched:
            self.guard_cards(people, wanted)
        self.list_changed(people)
        is_new = strangers if self.adds_new else []
        if is_new or any(self.taken.values()):
            self.change_and_settle(people, wanted, is_new)
        else:
            self.settle(reading, people, wanted)
        if strangers and not self.adds_new:
            self.report.remarks.append(describe_strangers(len(strangers)))

    def guard_cards(self, people: Mapping[str, Contact], wanted: Sequence[str]) -> None:
        """Refuse a run that would remove most of the cards that crm made since they do not match."""
        known = {
            id
            for id in self.memory.items
            if id in people and id in self.files and id not in self.unsure
            if self.memory.is_of(id, self.request.user)
            if not (self.is_adopted(id, self.files[id]) or is_erased(people[id]))
        }
        unmatched = known - set(wanted)
        refuse_removals(
            known, {id for id in unmatched if not self.memory.is_of_others(id, self.request.user)}
        )

    def change_and_settle(
        self, people: dict[str, Contact], wanted: list[str], strangers: list[CardFile]
    ) -> None:
        """Change the contacts in one transaction, and make the files as they are then."""
        with self.request.changing() as session:
            self.change_contacts(session, people, strangers)
            if self.request.dry_run:
                self.settle(session, people, wanted if self.words else [*wanted, *self.firms])
        if not self.request.dry_run:
            reading = self.request.reading()
            self.settle(reading, *self.load_people(reading))

    def read_folder(self) -> None:
        """Read the cards; what cannot be read is reported."""
        for file in self.folder.files():
            self.names.add(file.name)
            found = CardFile(file, self.request.config)
            what = file.fault or self.find_fault(found)
            if not what:
                self.cards.append(found)
                continue
            self.leave_file(file.name, f"{what}; left as it is")
            self.unsure.update({self.known_files.get(file.name, ""), file.name.removesuffix(SUFFIX)})

    def find_fault(self, found: CardFile) -> str:
        """Return why a file is not one card; empty for a card, and for a file that is as it was left."""
        known = self.memory.items.get(self.known_files.get(found.file, ""))
        if known is not None and known.content == found.content_print:
            return ""
        try:
            assert found.card
        except CrmError as error:
            return error.what
        return ""

    def load_people(self, reading: Reading) -> tuple[dict[str, Contact], list[str]]:
        """Return all contacts by id, and the ids of those that belong into the folder.

        The card of somebody whose company cannot be read is left as it is.
        """
        found = reading.load_each(reading.contact_references.paths, Contact)
        sources = {each.value.id: each for each in found if each.value.id and is_id(each.value.id)}
        people = {id: each.value for id, each in sources.items()}
        self.contents = {id: each.content for id, each in sources.items()}
        firms = {each.company for each in people.values() if each.company and each.company not in people}
        broken = {id for id in firms if reading.index.broken_holding("contacts", [id])}
        self.unsure.update(id for id, each in people.items() if each.company in broken)
        known = [id for id, each in people.items() if not is_erased(each)]
        if not self.words:
            return people, known
        chosen = {held.get("id") for held, _ in reading.index.contacts(fold_words(self.words))}
        return people, [id for id in known if id in chosen]

    def link_cards(self, people: dict[str, Contact]) -> list[CardFile]:
        """Find the card of each contact: by its file, its UID, or as an import does; return the others."""
        others = []
        for each in self.cards:
            if each.file in self.known_files:
                self.link_card(people, each, self.known_files[each.file])
            elif not (each.card.is_group or is_elsewhere(people, each)):
                others.append(each)
        return self.link_others(people, others) if others else []

    def link_others(self, people: dict[str, Contact], cards: Sequence[CardFile]) -> list[CardFile]:
        """Find the contacts of cards that nothing is remembered of; return the cards of others."""
        owners = CardOwners(people, self.request.config.country)
        strangers = []
        for each in sorted(cards, key=lambda found: found.card.uid not in people):
            id = owners.find(each.card)
            doubt = owners.find_doubt(each.card.incoming) if id is None else None
            if doubt and self.is_alike(people, doubt.contact, each.card):
                id = doubt.contact.id
            if id is not None:
                self.link_card(people, each, id)
                continue
            if doubt and (doubt.fits or not self.adds_new):
                self.report.remarks.append(describe_doubt(each.file, doubt))
            if not (doubt and doubt.fits):
                strangers.append(each)
        return strangers

    def is_alike(self, people: Mapping[str, Contact], person: Contact, card: FoundCard) -> bool:
        """Tell whether a card has all that its contact has, and no more, as after a run that was killed."""
        fresh = self.draw(person, self.company_name(people, person))
        return fields_of_card(fresh.incoming) == fields_of_card(card.incoming)

    def link_card(self, people: Mapping[str, Contact], found: CardFile, id: str) -> None:
        """Make a card that of a contact, unless this one has another."""
        if id in self.files:
            self.leave_double(found, id, people[id].name if id in people else id)
        else:
            self.files[id] = found

    def leave_double(self, found: CardFile, id: str, name: str) -> None:
        """Report another card of a contact."""
        where = f" ({visible_line(self.files[id].file)})" if id in self.files else ""
        self.leave_file(found.file, f"is another card of {visible_line(name)}{where}; left as it is")

    def company_name(self, people: Mapping[str, Contact], person: Contact) -> str | None:
        """Return the name of the company of a contact."""
        company = people.get(person.company or "")
        return company.name if company else None

    def print_contact(self, people: Mapping[str, Contact], id: str) -> str:
        """Return a fingerprint of all that a card is written from; empty for a contact that is changing."""
        if id not in self.contents:
            return ""
        config = self.request.config
        about = (self.company_name(people, people[id]), config.country, config.tags)
        return print_whole(self.contents[id], repr(about).encode())

    def is_settled(self, people: Mapping[str, Contact], id: str) -> bool:
        """Tell whether a card and its contact are as the last run left them."""
        known, found = self.memory.items.get(id), self.files.get(id)
        if known is None or found is None:
            return False
        if (known.file, known.content) != (found.file, found.content_print):
            return False
        return known.record != "" and known.record == self.print_contact(people, id)

    def draw(self, person: Contact, company: str | None) -> FoundCard:
        """Return the card that crm writes for a contact."""
        id = person.id or ""
        known = self.fresh.get(id)
        if known is None or (known.person, known.company) != (person, company):
            known = FreshCard(person, company, card_files.card_of(person, company, self.request.config))
            self.fresh[id] = known
        return known.card

    def merge(
        self, people: Mapping[str, Contact], person: Contact, card: FoundCard
    ) -> tuple[CardFields, MergedCard]:
        """Return the fields of a contact, and their merge with those of its card."""
        fresh = self.draw(person, self.company_name(people, person))
        ours, theirs = fields_of_card(fresh.incoming), fields_of_card(card.incoming)
        if person.kind is ContactKind.COMPANY:
            theirs = theirs._replace(texts={**theirs.texts, "company": ""})
        return ours, merge_card(self.last(people, person.id or ""), ours, theirs)

    def last(self, people: Mapping[str, Contact], id: str) -> LastCard | None:
        """Return what was last synchronised of a card; None where nothing is known.

        Nor is anything known of a card of somebody else where crm undo took back all that came from it: it
        would lose these values.
        """
        known = self.memory.items.get(id)
        if known is None or (known.before and known.before == self.print_contact(people, id)):
            return None
        return LastCard(known.fields, set(known.lines))

    def list_changed(self, people: dict[str, Contact]) -> None:
        """Find the fields that somebody changed in the cards."""
        for id, each in self.files.items():
            if id in self.unsure or id not in people or is_erased(people[id]):
                continue
            if not self.is_settled(people, id):
                fresh = self.draw(people[id], self.company_name(people, people[id]))
                if self.refuse_invalid(each, fresh):
                    self.unsure.add(id)
                    continue
                ours, self.merged[id] = self.merge(people, people[id], each.card)
                self.taken[id] = self.merged[id].changed(ours)

    def refuse_invalid(self, found: CardFile, fresh: FoundCard | None = None) -> bool:
        """Report an e-mail or a phone of a card that is none, unless the contact has it, too."""
        config = self.request.config
        known = {line.value for line in card_files.list_invalid(fresh, config)} if fresh else set()
        for line in card_files.list_invalid(found.card, config):
            if line.value not in known:
                kind = "an e-mail" if line.name == "EMAIL" else "a phone number"
                what = f"{line.name} {line.value[:40]!r} is not {kind}; left as it is"
                self.leave_file(found.file, what)
                return True
        return False

    def change_contacts(
        self, session: Writing, people: dict[str, Contact], strangers: list[CardFile]
    ) -> None:
        """Put the changed and the new contacts into a session; those that are refused are reported."""
        for id in [id for id, names in self.taken.items() if names]:
            try:
                with session.attempt():
                    before = self.print_contact(people, id)
                    people[id] = self.change_contact(session, people, id, self.files[id].card)
                    self.before[id] = before
                    self.contents.pop(id, None)
            except CrmError as error:
                self.report.faults.append(error)
                self.unsure.add(id)
        intake = Intake(session) if strangers else None
        for each in strangers:
            if intake is None or not each.card.incoming.called or self.refuse_invalid(each):
                continue
            match = intake.known.match(each.card.incoming)
            if match:
                self.leave_double(each, match.id or "", match.name)
                continue
            made = intake.put(each.card.incoming)
            id = made.id or ""
            people[id], self.files[id] = made, each
            self.made.add(id)
            self.taken[id] = ["contact"]
            self.report.notes += [f"{visible_line(each.file)}: {note.what}" for note in intake.notes]
            intake.notes.clear()
        firms = {id: each for id, each in session.made.items() if is_id(id) and id not in people}
        people |= firms
        self.taken |= {id: ["contact"] for id in firms}
        self.firms = list(firms)

    def change_contact(
        self, session: Writing, people: dict[str, Contact], id: str, card: FoundCard
    ) -> Contact:
        """Put a contact with the merged fields into a session, and return it."""
        person = session.load(session.contact_references.exact(id), Contact).value
        firm = session.contact(person.company)
        now = {**people, firm.id or "": firm} if firm and people.get(firm.id or "") != firm else people
        ours, merged = self.merge(now, person, card)
        self.merged[id], self.taken[id] = merged, merged.changed(ours)
        after = card_files.with_fields(person, ours, merged.fields, self.request.config)
        company = merged.fields.texts["company"]
        if company != ours.texts["company"]:
            employer = find_or_create_employer(session, company) if company else None
            after = replace(after, company=employer.id if employer else None)
        shared = list(list_shared_emails(session, person, after))
        session.save_contact(after)
        self.report.notes += [describe_shared_email(email, after, holder) for email, holder in shared]
        return after

    def settle(self, reading: Reading, people: dict[str, Contact], wanted: list[str]) -> None:
        """Make the files as the contacts are; in a dry run only tell it."""
        chosen = dict.fromkeys([*wanted, *self.made])
        for id in dict.fromkeys([*chosen, *self.memory.items]):
            if id in self.unsure:
                continue
            if id in people and id in chosen:
                if not self.is_settled(people, id):
                    self.settle_card(people, people[id])
                self.memory.claim(id, self.request.user)
            elif id not in people or is_erased(people[id]) or self.memory.release(id, self.request.user):
                self.remove_card(reading, id, is_gone=id not in people)
        for id in self.firms:
            if id in people and id not in chosen:  # a new company without a card
                self.tell(id, people[id].name, "", "unchanged")

    def settle_card(self, people: Mapping[str, Contact], person: Contact) -> None:
        """Make the card of a contact as it is."""
        id, config = person.id or "", self.request.config
        company = self.company_name(people, person)
        found = self.files.get(id)
        outcome: ItemOutcome = "restored" if id in self.memory.items else "added"
        written: list[str] = []
        if found is None:
            file, before = name_card(id), None
            if file in self.names:
                self.leave_lost(file, id)
                return
            content = vcard.write_vcard(person, company, config).encode()
        else:
            file, before = found.file, found.content
            updated = card_files.update_card(found.card, self.draw(person, company), config, self.request.at)
            content, written = updated or (found.content, [])
            outcome = "changed" if written else "unchanged"
        if not self.put_file(file, content, before):
            return
        card = found.card if found and content == before else card_files.read_card_file(content, config)
        last = last_card(fields_of_card(card.incoming))
        is_adopted = found is not None and self.is_adopted(id, found)
        known = self.memory.items.get(id)
        self.memory.items[id] = SyncedItem(
            file,
            dict(last.texts),
            lines=sorted(last.items),
            content=print_whole(content),
            record=self.print_contact(people, id),
            is_adopted=is_adopted,
            before=(known.before if known else self.before.get(id, "")) if is_adopted else "",
            users=self.memory.users_of(id),
        )
        self.fresh.pop(id, None)
        self.tell(id, person.name, file, outcome, written)

    def is_adopted(self, id: str, found: CardFile) -> bool:
        """Tell whether somebody else made the file of a card, as far as is known."""
        known = self.memory.items.get(id)
        if found.file != name_card(id):
            return True
        return known.is_adopted if known else found.card.uid != id

    def remove_card(self, reading: Reading, id: str, *, is_gone: bool) -> None:
        """Remove the card of a contact that is gone, or not chosen any more; one of others is forgotten."""
        if reading.index.broken_holding("contacts", [id]):
            return
        found = self.files.get(id)
        if found is not None and self.is_adopted(id, found):
            self.tell(id, found.card.incoming.called, found.file, "left")
            self.report.notes += [describe_left(found.file, id)] if is_gone else []
        elif found is not None:
            if not self.remove_file(found.file, found.content):
                return
            self.tell(id, found.card.incoming.called, found.file, "removed")
        self.memory.items.pop(id, None)


def is_erased(person: Contact) -> bool:
    """Tell whether a contact only stands for somebody whose data was erased."""
    return person.name in INSTEAD.values()


def is_elsewhere(people: Mapping[str, Contact], found: CardFile) -> bool:
    """Tell whether crm made a card for a contact that is not here: of another workspace, or deleted."""
    uid = found.card.uid
    return is_id(uid) and uid not in people and found.file == name_card(uid)


def name_card(id: str) -> str:
    """Return the name of the file that crm makes for a contact."""
    return f"{id}{SUFFIX}"
