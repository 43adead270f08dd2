"""The undo records of this machine: which change is undone, what can be undone next, and what redone.

An undo is a change that names the one that it undoes; to undo an undo is to redo the change before it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from crmcli.domain.values.errors import NotFoundError, RefusedError
from crmcli.store.transactions.journal import Journal, JournalStore

AUTOMATIC = {"tick", "ingest", "sync", "run", "send"}
"""The users of changes that nobody made by hand here; `sync` brings the work of others."""


class Numbered(NamedTuple):
    """A stored change with its number."""

    number: int
    journal: Journal


class UndoRecords:
    """The stored changes of a workspace, read once."""

    def __init__(self, shelf: JournalStore) -> None:
        self.journals = dict(list_finished(shelf))  # newest first
        self.undone = find_undone(self.journals)

    def count_reversals(self, journal: Journal) -> int:
        """Return 0 for a change of records, 1 for an undo of one, 2 for a redo, and so on."""
        count = 0
        seen: Journal | None = journal
        while seen is not None and seen.undoes is not None:
            count += 1
            seen = self.journals.get(seen.undoes)
        return count

    def is_undo(self, journal: Journal) -> bool:
        """Tell whether a change took back another, and did not bring it back."""
        return self.count_reversals(journal) % 2 == 1

    def find_origin(self, journal: Journal) -> Journal:
        """Return the change of records that was undone, or redone; the earliest one that is kept."""
        while journal.undoes is not None and journal.undoes in self.journals:
            journal = self.journals[journal.undoes]
        return journal

    def find_change(self, number: int) -> Journal:
        """Return the change with a number.

        Raises NotFoundError where it is not stored (any more), RefusedError where it is undone already.
        """
        journal = self.read_change(number)
        if journal.is_final:
            raise RefusedError(f"{journal.command} cannot be undone")
        if number in self.undone:
            raise RefusedError(f"change {number} is undone already", hint=f"crm redo {number}")
        return journal

    def read_change(self, number: int) -> Journal:
        """Return the change with a number; raises NotFoundError where it is not stored (any more)."""
        if number not in self.journals:
            raise NotFoundError(f"no change {number} is kept", hint="crm undo --list")
        return self.journals[number]

    def find_last(self, user: str) -> Numbered:
        """Return the user's last change that is not undone yet.

        Raises NotFoundError where there is none, RefusedError where the user's last command cannot be undone.
        """
        final = None
        for number, journal in self.list_undoable(user):
            if not journal.is_final:
                if final is not None:
                    raise RefusedError(f"{final.command} cannot be undone", hint=name_other(number, journal))
                return Numbered(number, journal)
            final = final or journal
        if final is not None:
            raise RefusedError(f"{final.command} cannot be undone", hint="nothing before it is kept")
        raise NotFoundError(f"{user} has nothing to undo", hint="crm undo --list")

    def list_undoable(self, user: str) -> Iterator[Numbered]:
        """Yield the user's changes that are not undone yet, newest first; none of a program."""
        for number, journal in self.journals.items():
            is_own = journal.user == user and user not in AUTOMATIC
            if is_own and journal.undoes is None and number not in self.undone:
                yield Numbered(number, journal)

    def find_undo(self, number: int) -> Numbered:
        """Return the undo with a number, or the one that took back the change with that number.

        Raises NotFoundError where it is not stored (any more), RefusedError where nothing was undone.
        """
        journal = self.read_change(number)
        if self.is_undo(journal) and number not in self.undone:
            return Numbered(number, journal)
        for later, each in self.journals.items():
            if each.undoes == number and self.is_undo(each) and later not in self.undone:
                return Numbered(later, each)
        raise RefusedError(f"change {number} is not undone", hint="crm redo --list")

    def find_last_undo(self, user: str) -> Numbered:
        """Return the user's last undo that is not taken back yet and that nothing has overtaken.

        A command that the user gave since overtakes it: what was undone before needs its number then. What
        others and programs did since does not count. Raises NotFoundError where nothing was undone,
        RefusedError where a command came after it.
        """
        later = None
        for number, journal in self.journals.items():
            if journal.user != user or user in AUTOMATIC or number in self.undone:
                continue
            if self.is_undo(journal):
                if later is not None:
                    raise RefusedError(
                        f"nothing to redo: {later.command} came after the undo",
                        hint=f"crm redo {number} brings back {self.find_origin(journal).command}",
                    )
                return Numbered(number, journal)
            if journal.undoes is None:
                later = later or journal
        raise NotFoundError(f"{user} has nothing to redo", hint="crm redo --list")

    def list_redoable(self) -> Iterator[Numbered]:
        """Yield the changes of records that are undone now, newest first."""
        for number, journal in self.journals.items():
            if number in self.undone and journal.undoes is None and not journal.is_final:
                yield Numbered(number, journal)


def list_finished(shelf: JournalStore) -> Iterator[tuple[int, Journal]]:
    """Yield the stored changes with their numbers, newest first."""
    for number in sorted(shelf.numbers(), reverse=True):
        journal = shelf.read(number)
        if journal is not None:
            yield number, journal


def find_undone(journals: dict[int, Journal]) -> set[int]:
    """Return the numbers of the changes that are undone; undoing the undo does a change again."""
    undone: set[int] = set()
    for number, journal in journals.items():
        if journal.undoes is not None and number not in undone:
            undone.add(journal.undoes)
    return undone


def name_other(number: int, journal: Journal) -> str:
    """Return how to undo an earlier change, with the command that made it."""
    return f"crm undo {number} takes back what was before it: {journal.command}"
