"""Patterns that match a person in texts, in any spelling: names, e-mails, phones, streets, the id."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crmcli.domain.model.record_types import Contact, ContactKind
from crmcli.domain.records.contact_matching import normal_email, normal_phone
from crmcli.domain.values.folding import strip_accents

INSTEAD = {"fr": "[effacé]", "de": "[gelöscht]", "en": "[erased]"}
BETWEEN = r"[\s.\-_/()\u00a0\u202f]*"  # separators between the digits of a phone
APART = r"[\s\-_.,]+"  # separators between the words of a name
TITLES = r"(?:mme|madame|mlle|melle|m|mr|monsieur|famille|mrs|ms|family|maitre|dr)"
SHORTEST = 3  # minimum letters of a distinctive part of a name
PARTICLES = {"des", "les", "van", "von", "der", "den", "the", "and", "sarl", "sas", "eurl", "scop", "sci"}


class Patterns:
    """The patterns of one contact, and the text that replaces a match."""

    def __init__(self, patterns: Iterable[str], language: str) -> None:
        self.instead = INSTEAD.get(language, INSTEAD["en"])
        self.pattern = re.compile("|".join(patterns))

    def found(self, text: str) -> bool:
        """Tell whether a text contains a match."""
        return self.pattern.search(fold_any_length(text)) is not None

    def without(self, text: str) -> str:
        """Return the text with every match replaced."""
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
    """The patterns of one contact for their own records, for other records, and for those of namesakes."""

    own: Patterns  # matches each part of the name
    others: Patterns
    namesakes: Patterns  # matches no names


def patterns_for(person: Contact, alone: Contact, country: str | None, language: str) -> PersonPatterns:
    """Return the patterns of a contact for the texts of a workspace.

    `alone` is the same contact with only the data that no other contact has: the phone of a household, or a
    street without a number, does not identify one person in the records of another.
    """
    own = [*contact_patterns(person, country), *name_patterns(person), *name_part_patterns(person)]
    others = [*contact_patterns(alone, country), *name_patterns(person), *title_patterns(person)]
    found = (own, others, contact_patterns(alone, country))
    return PersonPatterns(*(Patterns(each, language) for each in found))


def fold_any_length(text: str) -> str:
    """Return a text of any length without case and accents."""
    return strip_accents(text).casefold()


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the position in the original text."""
    found: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        plain = fold_any_length(char)
        found.append(plain)
        places += [place] * len(plain)
    return "".join(found), places


def word_pattern(text: str) -> str:
    """Return a pattern for a text as whole words, with any separators between them."""
    parts = [re.escape(part) for part in re.split(r"[\s\-_.]+", fold_any_length(text)) if part]
    return rf"(?<![^\W_]){APART.join(parts)}(?![^\W_])"


def name_patterns(person: Contact) -> Iterator[str]:
    """Yield patterns for the whole name, also with its words rotated, such as the family name first."""
    names = person.name.split()
    if len(names) > 1 or len(person.name) >= SHORTEST:
        yield word_pattern(person.name)
    for place in range(1, len(names)):
        yield word_pattern(" ".join([*names[place:], *names[:place]]))


def contact_patterns(person: Contact, country: str | None) -> Iterator[str]:
    """Yield patterns for the id, e-mail addresses, streets, and phones in any spelling."""
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
    """Return a pattern for digits with any separators between them."""
    return BETWEEN.join(digits)


def name_part_patterns(person: Contact) -> Iterator[str]:
    """Yield a pattern for each distinctive part of the name."""
    parts = re.split(r"[\s\-_.]+", fold_any_length(person.name))
    yield from (word_pattern(part) for part in parts if len(part) >= SHORTEST and part not in PARTICLES)


def title_patterns(person: Contact) -> Iterator[str]:
    """Yield a pattern for the family name after a form of address, for the records of others."""
    if person.kind is ContactKind.PERSON and len(person.name.split()) > 1:
        yield rf"(?<![^\W_]){TITLES}\.?\s+{word_pattern(person.name.split()[-1])}"
