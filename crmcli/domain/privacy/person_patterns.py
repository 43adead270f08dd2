"""Patterns that find a person in texts, however they are written: names, e-mails, phones, streets, the id."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.values.folding import strip_accents

INSTEAD = {"fr": "[effacé]", "de": "[gelöscht]", "en": "[erased]"}
BETWEEN = r"[\s.\-_/()\u00a0\u202f]*"  # what may stand between the digits of a phone
APART = r"[\s\-_.,]+"  # what may stand between the words of a name
TITLES = r"(?:mme|madame|mlle|melle|m|mr|monsieur|famille|mrs|ms|family|maitre|dr)"
SHORTEST = 3  # letters of a part of a name that says who it is
PARTICLES = {"des", "les", "van", "von", "der", "den", "the", "and", "sarl", "sas", "eurl", "scop", "sci"}


class Patterns:
    """How one contact may stand in a text."""

    def __init__(self, patterns: Iterable[str], language: str) -> None:
        self.instead = INSTEAD.get(language, INSTEAD["en"])
        self.pattern = re.compile("|".join(patterns))

    def found(self, text: str) -> bool:
        """Does something of this person stand in a text?"""
        return self.pattern.search(fold_any_length(text)) is not None

    def without(self, text: str) -> str:
        """The text with something else in the place of every trace."""
        if not self.found(text):
            return text
        plain, places = fold_with_places(text)
        parts, end = [], 0
        for hit in self.pattern.finditer(plain):
            start, stop = places[hit.start()], places[hit.end() - 1] + 1
            if start >= end:
                parts += [text[end:start], self.instead]
                end = stop
        again = re.escape(self.instead)
        return re.sub(rf"(?:{again}[\s,.'’@-]*)+(?={again})", "", "".join([*parts, text[end:]]))


class PersonPatterns(NamedTuple):
    """The traces of one contact: in their own records, in those of others, in those of who has their name."""

    own: Patterns  # every part of the name counts
    others: Patterns
    namesakes: Patterns  # the name is theirs, too


def patterns_for(person: Contact, alone: Contact, country: str | None, language: str) -> PersonPatterns:
    """How a contact may stand in the texts of a workspace.

    `alone` has of the same contact only what nobody else has: the phone of a household, or a street
    without a number, is not a trace of one person in the records of another.
    """
    own = [*contact_patterns(person, country), *name_patterns(person), *name_part_patterns(person)]
    others = [*contact_patterns(alone, country), *name_patterns(person), *title_patterns(person)]
    found = (own, others, contact_patterns(alone, country))
    return PersonPatterns(*(Patterns(each, language) for each in found))


def fold_any_length(text: str) -> str:
    """A text without case and accents, of any length."""
    return strip_accents(text).casefold()


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """The same, with the place in the text that each character comes from."""
    found: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        plain = fold_any_length(char)
        found.append(plain)
        places += [place] * len(plain)
    return "".join(found), places


def word_pattern(text: str) -> str:
    """A pattern for a text as whole words, whatever stands between them."""
    parts = [re.escape(part) for part in re.split(r"[\s\-_.]+", fold_any_length(text)) if part]
    return rf"(?<![^\W_]){APART.join(parts)}(?![^\W_])"


def name_patterns(person: Contact) -> Iterator[str]:
    """The whole name, also from behind."""
    names = person.name.split()
    if len(names) > 1 or len(person.name) >= SHORTEST:
        yield word_pattern(person.name)
    for place in range(1, len(names)):
        yield word_pattern(" ".join([*names[place:], *names[:place]]))


def contact_patterns(person: Contact, country: str | None) -> Iterator[str]:
    """The id, e-mail addresses, streets, and phones in any spelling."""
    if person.id:
        yield re.escape(person.id)
    yield from (word_pattern(each.street) for each in person.addresses if each.street)
    yield from (re.escape(fold_any_length(normal_email(each) or each)) for each in person.emails)
    for phone in person.phones:
        number = normal_phone(phone, country)
        if number is None:
            yield word_pattern(phone)
            continue
        digits = number.lstrip("+")
        for code in (digits[:length] for length in (1, 2, 3)):
            rest = spaced_digits(digits[len(code) :])
            yield rf"(?<!\d)(?:\+|00)?{spaced_digits(code)}(?:{BETWEEN}0)?{BETWEEN}{rest}(?!\d)"
        yield from (rf"(?<!\d)0{BETWEEN}{spaced_digits(digits[length:])}(?!\d)" for length in (1, 2, 3))


def spaced_digits(digits: str) -> str:
    """Digits with anything between them that people write there."""
    return BETWEEN.join(digits)


def name_part_patterns(person: Contact) -> Iterator[str]:
    """Every part of the name that says who it is."""
    parts = re.split(r"[\s\-_.]+", fold_any_length(person.name))
    yield from (word_pattern(part) for part in parts if len(part) >= SHORTEST and part not in PARTICLES)


def title_patterns(person: Contact) -> Iterator[str]:
    """The family name after a form of address: what stands in somebody else's record."""
    if person.kind is ContactKind.PERSON and len(person.name.split()) > 1:
        yield rf"(?<![^\W_]){TITLES}\.?\s+{word_pattern(person.name.split()[-1])}"
