"""Three-way merge of a contact with its card in an address book, field by field, from fingerprints."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from crmcli.domain.merging.merge_calendar import fingerprint, is_same

TEXTS = ("name", "company", "job", "language", "description")
LISTS = ("emails", "phones", "addresses", "tags")


class CardFields(NamedTuple):
    """The fields of a contact that a card has: texts, and lists whose items are told apart by their keys."""

    texts: Mapping[str, str]
    lists: Mapping[str, Sequence[str]]


class LastCard(NamedTuple):
    """Fingerprints of what was last written into a card: of texts, and of the items of lists."""

    texts: Mapping[str, str]
    items: Collection[str]


class MergedCard(NamedTuple):
    """The merged fields, and the texts of the card that were not taken."""

    fields: CardFields
    discarded: dict[str, str]

    def kept(self, field: str) -> str:
        """Return the merged value of a text."""
        return self.fields.texts[field]

    def changed(self, ours: CardFields) -> list[str]:
        """Return the fields that differ from ours."""
        texts = [name for name in TEXTS if self.fields.texts[name] != ours.texts[name]]
        lists = [name for name in LISTS if list(self.fields.lists[name]) != list(ours.lists[name])]
        return texts + lists


def merge_card(last: LastCard | None, ours: CardFields, theirs: CardFields) -> MergedCard:
    """Return the merge of a contact with its card.

    Where both changed a text, the record's value stays; additions to lists of both sides are kept, and so are
    removals. Where nothing is known of the last time, the card only fills what the record lacks.
    """
    texts, discarded = {}, {}
    for name in TEXTS:
        texts[name] = merge_text(name, last, ours.texts[name], theirs.texts[name])
        is_taken = is_same(texts[name], theirs.texts[name])
        if not is_taken and not is_unchanged(name, last, theirs.texts[name]) and theirs.texts[name]:
            discarded[name] = theirs.texts[name]
    lists = {name: merge_items(name, last, ours.lists[name], theirs.lists[name]) for name in LISTS}
    return MergedCard(CardFields(texts, lists), discarded)


def is_unchanged(name: str, last: LastCard | None, value: str) -> bool:
    """Tell whether a text is the one that was last synchronised."""
    return last is not None and last.texts.get(name) == fingerprint(value)


def merge_text(name: str, last: LastCard | None, ours: str, theirs: str) -> str:
    """Return the merged value of a text; a name is never emptied."""
    if is_same(ours, theirs) or is_unchanged(name, last, theirs) or (name == "name" and not theirs):
        return ours
    if last is None:
        return ours or theirs
    return theirs if is_unchanged(name, last, ours) else ours


def merge_items(name: str, last: LastCard | None, ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Return our items without those that were removed from the card, with those that were added to it."""
    known = last.items if last else ()
    kept = [each for each in ours if each in theirs or print_item(name, each) not in known]
    return kept + [each for each in theirs if each not in kept and print_item(name, each) not in known]


def print_item(name: str, item: str) -> str:
    """Return the fingerprint of an item of a list."""
    return fingerprint(f"{name}:{item}")


def last_card(fields: CardFields) -> LastCard:
    """Return what the next run has to know of a card that is as its contact is."""
    texts = {name: fingerprint(value) for name, value in fields.texts.items()}
    return LastCard(texts, [print_item(name, each) for name in LISTS for each in fields.lists[name]])
