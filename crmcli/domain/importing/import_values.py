"""Values of another program's file as texts that `crm set` takes; numbers and days are as declared."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from crmcli.domain.importing.import_map import ImportMap, MappedColumn, fold_words
from crmcli.domain.importing.import_targets import ANSWERS, QUESTIONNAIRE
from crmcli.domain.localization.days import fixed_day
from crmcli.domain.localization.times import TIME
from crmcli.domain.localization.translations import LANGUAGES, Language
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.config import UNSTATED, Config, FieldType
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.model.record_types import ContactKind, Instant, Kind, Money, Percent
from crmcli.domain.records.editing import EDITABLE, OWN
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.list_entries import Listed, Named, find_entry
from crmcli.domain.values.money import BLANKS, CURRENCY, parse_amount
from crmcli.domain.values.suggest import suggest_name
from crmcli.domain.values.values import NumberText

NOTHING = "-"  # in `values` of a mapping: a word that means no value
INSTANTS = ("created", "closed", "stage_since", "close_date")
SEVERAL = ("contact.email", "contact.phone", "tags", "external_id")  # joined by commas
DAYS = ("due", "recurs_on", "plan_day")
LONGEST_NUMBER = 15  # digits on either side of the decimal sign
NUMBER = r"[-+]?[0-9.,\s]*[0-9]"
TEXTS = ("description", "note")  # joined by blank lines
ITEMS = r"[,;\n]| ::: "  # between the items of a cell; the last is that of Google
ZONE = r"Z|UTC|[+-][0-9]{2}:?[0-9]{2}"
MOMENT = rf"(.+?)(?:[T ]\s*(?:à |at )?({TIME})(?::([0-5][0-9])(?:\.[0-9]+)?)?\s*({ZONE})?)?"
GROUPED = {  # the whole part of a number without blanks, by its decimal sign
    ".": r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15}",
    ",": r"[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,15}",
}
OPEN, WON, LOST = "open", "won", "lost"
STATUS = {
    **dict.fromkeys(("open", "ouvert", "ouverte", "en cours", "new", "active"), OPEN),
    **dict.fromkeys(
        ("won", "gagne", "gagnee", "closed won", "closedwon", "ferme gagne", "fermee gagnee", "conclu"), WON
    ),
    **dict.fromkeys(
        ("lost", "perdu", "perdue", "closed lost", "closedlost", "ferme perdu", "fermee perdue"), LOST
    ),
}
KINDS = {
    **dict.fromkeys(("lead", "piste", "prospect"), Kind.LEAD),
    **dict.fromkeys(("opportunity", "opportunite", "affaire", "deal"), Kind.OPPORTUNITY),
}
CONTACT_KINDS = {
    **dict.fromkeys(
        ("person", "personne", "particulier", "particuliere", "individual", "individu", "contact"),
        ContactKind.PERSON,
    ),
    **dict.fromkeys(
        ("company", "societe", "entreprise", "organisation", "organization", "professionnel", "org"),
        ContactKind.COMPANY,
    ),
}
STATES = {
    **dict.fromkeys(("planned", "a faire", "prevu", "prevue", "to do", "todo", "open"), "planned"),
    **dict.fromkeys(("done", "fait", "faite", "termine", "terminee", "true", "oui", "yes"), "done"),
    **dict.fromkeys(("cancelled", "canceled", "annule", "annulee"), "cancelled"),
}
WORDS: dict[str, Mapping[str, str]] = {"status": STATUS, "kind": KINDS, "state": STATES}


class ReadRow(msgspec.Struct):
    """A row as values by field: texts as `crm set` takes them, instants, and what is wrong with it."""

    line: int
    texts: dict[str, str] = {}
    instants: dict[str, Instant] = {}
    headings: dict[str, str] = {}  # of the columns, by field
    faults: list[str] = []  # each once
    unknown: list[str] = []  # its words that no list of the workspace has, with their fields
    unread: set[str] = set()  # the fields whose values could not be read

    @property
    def is_refused(self) -> bool:
        """Whether something is wrong with it."""
        return bool(self.faults or self.unknown)

    def name_fault(self, target: str, error: CrmError) -> UsageError:
        """Return what is wrong with the value of a field, with the heading of its column."""
        return UsageError(f"{self.headings.get(target, target)}: {error}")

    def refuse(self, target: str, error: CrmError) -> None:
        """Add what is wrong with the value of a field, with the heading of its column."""
        self.unread.add(target)
        self.add_fault(self.name_fault(target, error))

    def add_fault(self, error: CrmError) -> None:
        """Add what is wrong, unless it is known."""
        if str(error) not in self.faults:
            self.faults.append(str(error))

    @contextmanager
    def collecting_faults(self) -> Iterator[None]:
        """Add what goes wrong in this context, and go on."""
        try:
            yield
        except CrmError as error:
            self.add_fault(error)


class UnknownWord(msgspec.Struct, frozen=True):
    """A word that no list of the workspace has: its field, column and rows, and the nearest entry's id."""

    target: str
    heading: str
    word: str
    count: int
    line: int
    near: str


class FoundWord(NamedTuple):
    """A word as a file has it: the heading of its column, and its lines."""

    heading: str
    word: str
    lines: list[int]


class RowReader:
    """A reader of rows, by the columns and declarations of an import."""

    def __init__(
        self,
        config: Config,
        map: ImportMap,
        table: str,
        now: Instant,
        asked: Mapping[str, Questionnaire] | None = None,
    ) -> None:
        self.config = config
        self.now = now
        self.asked = asked or {}
        self.map = map
        self.words = fold_words(map.of(table))
        self.known_words = {**WORDS, "kind": CONTACT_KINDS} if table == "contacts" else WORDS
        self.dated = replace(config, date_order=map.date_order or config.date_order)
        self.zone: tzinfo = find_zone(map.timezone or config.timezone)
        self.unknown: dict[tuple[str, str], FoundWord] = {}  # by field and folded word

    def read(self, line: int, cells: Sequence[str], columns: Sequence[MappedColumn]) -> ReadRow:
        """Return the values of a row; empty cells, and words that mean nothing, are left out."""
        row = ReadRow(line)
        for place, heading, target in columns:
            row.headings.setdefault(target, heading)
            text = self.translate_word(target, cells[place] if place < len(cells) else "")
            if not text:
                continue
            try:
                self.take(row, target, text)
            except CrmError as error:
                row.refuse(target, error)
        return row

    def translate_word(self, target: str, text: str) -> str:
        """Return what a text of the file means by the mapping; empty for nothing."""
        known = self.words.get(target)
        if not known or not text:
            return text
        if target == "tags":
            parts = (each.strip() for each in re.split(ITEMS, text))
            said = (known.get(folded_name(each)) or each for each in parts)
            return ",".join(each for each in said if each != NOTHING)
        meant = known.get(folded_name(text)) or text
        return "" if meant == NOTHING else meant

    def take(self, row: ReadRow, target: str, text: str) -> None:
        """Add the value of a cell to a row.

        Raises UsageError for a value that its field cannot have.
        """
        if target in INSTANTS:
            at = self.read_instant(text)
            row.instants[target] = max(at, row.instants.get(target, at))  # won, after it had been lost
            return
        value = self.read_text(row, target, text)
        before = row.texts.get(target)
        if before and target in SEVERAL:
            value = f"{before},{value}"
        elif before and target in TEXTS:
            value = f"{before}\n\n{value}"
        elif before and before != value:
            raise UsageError(f"two columns give it, {before!r} and {value!r}")
        if value:
            row.texts[target] = str(value)  # no longer a number of its own kind

    def read_text(self, row: ReadRow, target: str, text: str) -> str:
        """Return the text of a value as `crm set` takes it; empty where it is an unknown word."""
        if target.startswith(ANSWERS):
            return self.read_answer(target.removeprefix(ANSWERS), text)
        kind = self.type_of(target)
        if kind in (Money, FieldType.MONEY):
            return f"{self.read_amount(text):f}"
        if kind in (Percent, FieldType.NUMBER):
            bare = text if isinstance(text, NumberText) else text.rstrip(" %")
            return f"{self.read_number(bare):f}"
        if kind in ("date", FieldType.DATE):
            return fixed_day(self.day_part(text), self.dated).isoformat()
        if target == "tags":
            return ",".join(self.read_tag(row, each) for each in re.split(ITEMS, text) if each.strip())
        if target in self.known_words:
            return self.known_word(row, target, text, self.known_words[target].get(folded_name(text)))
        if target == "stage":
            return self.read_stage(row, text)
        if (entries := self.entries_of(target)) is not None:
            found = find_entry(text, entries)
            if found is None and target == "lost" and is_unstated(text):
                return UNSTATED
            return self.known_word(row, target, text, found.id if found else None)
        return text

    def read_answer(self, question: str, text: str) -> str:
        """Return an answer as `crm questionnaire answer` takes it; its question is checked later."""
        found = (each.question(question) for each in self.asked.values())
        kinds = {each.type for each in found if each}
        if kinds == {FieldType.DATE}:
            return fixed_day(self.day_part(text), self.dated).isoformat()
        if isinstance(text, NumberText) and kinds and kinds <= {FieldType.NUMBER, FieldType.MONEY}:
            return f"{self.read_amount(text) if kinds == {FieldType.MONEY} else checked_number(text):f}"
        number = re.match(NUMBER, text)
        if number and self.map.decimal and kinds and kinds <= {FieldType.NUMBER, FieldType.MONEY}:
            return f"{self.read_number(number[0])} {text[number.end() :]}".strip()
        return text

    def type_of(self, target: str) -> Any:
        """Return the type of the values of a field; None for texts."""
        if target in DAYS:
            return "date"
        if target.startswith(OWN):
            custom = self.config.custom_field(target.removeprefix(OWN))
            return custom.type if custom else None
        if target not in EDITABLE:
            return None
        type = EDITABLE[target].spec.type
        return "date" if getattr(type, "__name__", "") == "date" else type

    def read_stage(self, row: ReadRow, text: str) -> str:
        """Return the id of a stage; words such as `Closed Won` give the status instead."""
        found = find_entry(text, self.config.stages)
        status = STATUS.get(folded_name(text.replace("-", " ")))
        if found is None and status in (WON, LOST):
            row.texts["status"] = status
            return ""
        return self.known_word(row, "stage", text, found.id if found else None)

    def read_tag(self, row: ReadRow, text: str) -> str:
        """Return a tag, with hyphens for blanks; empty for one that the workspace does not list."""
        tag = "-".join(text.split())
        if not self.config.tags:
            return re.sub(r"[:+]", "-", tag).lstrip("-")
        found = find_entry(tag, [Named(id=each) for each in self.config.tags])
        return self.known_word(row, "tags", text.strip(), found.id if found else None)

    def known_word(self, row: ReadRow, target: str, text: str, id: str | None) -> str:
        """Return the id of an entry; for an unknown word, remember it, and return an empty text."""
        if id is None:
            heading = row.headings.get(target, target)
            found = self.unknown.setdefault((target, folded_name(text)), FoundWord(heading, text, []))
            found.lines.append(row.line)
            row.unknown.append(f"{heading}: unknown {target} {text!r}")
            row.unread.add(target)
            return ""
        return id

    def entries_of(self, target: str) -> Sequence[Listed] | None:
        """Return the list of the workspace that the words of a field stand in; None for free words."""
        config = self.config
        lists: dict[str, Sequence[Listed]] = {
            "stage": config.stages,
            "lost": config.lost_reasons,
            "marketing.campaign": config.marketing.campaigns,
            "marketing.medium": config.marketing.mediums,
            "marketing.source": config.marketing.sources,
            "referral.link": config.referral.links,
            "type": config.activity_types,
            QUESTIONNAIRE: list(self.asked.values()),
        }
        if target in ("owner", "assignee"):
            return [UserName(each.id, (each.name or "", each.email or "")) for each in config.users] or None
        if target == "tags":
            return [Named(id=each) for each in config.tags]
        if target.startswith(OWN):
            custom = config.custom_field(target.removeprefix(OWN))
            return custom.entries if custom and custom.type is FieldType.CHOICE else None
        return lists.get(target)

    def list_unknown(self) -> list[UnknownWord]:
        """Return the words that no list has, each once, with the nearest entry."""
        return [
            UnknownWord(target, heading, word, len(lines), lines[0], self.find_near(target, word))
            for (target, _), (heading, word, lines) in self.unknown.items()
        ]

    def find_near(self, target: str, word: str) -> str:
        """Return the id of the entry whose id or name is spelled nearly so; empty where none is."""
        words = set(self.known_words.get(target, {}).values())
        entries = self.entries_of(target) or [Named(id=each) for each in words]
        names = {name: entry.id for entry in entries for name in (entry.id, *entry.shown_names) if name}
        said = suggest_name(word, names)
        near = said.removeprefix("did you mean ").removesuffix("?")
        return names.get(near, "") if said else ""

    def read_number(self, text: str) -> Decimal:
        """Return a number, by the declared decimal sign; without one, only where it is not ambiguous.

        Raises UsageError for anything else.
        """
        if isinstance(text, NumberText):
            return checked_number(text)
        bare = re.sub(BLANKS, "", text)
        sign, bare = ("-", bare[1:]) if bare.startswith("-") else ("", bare)
        decimal = self.map.decimal
        if decimal is None:
            if not re.fullmatch(r"[0-9]{1,15}([.,][0-9]{1,15})?", bare):
                raise UsageError(f"{text!r} is not a number", hint="like 120 or 2.5")
            return Decimal(f"{sign}{bare.replace(',', '.')}")
        whole, point, rest = bare.partition(decimal)
        if (
            not (whole or rest)
            or not re.fullmatch(GROUPED[decimal], whole or "0")
            or (point and not re.fullmatch("[0-9]{1,15}", rest))
        ):
            raise UsageError(f"{text!r} is not a number with the decimal sign {decimal!r}")
        return Decimal(f"{sign}{re.sub('[.,]', '', whole) or '0'}.{rest or '0'}")

    def read_amount(self, text: str) -> Decimal:
        """Return an amount in the workspace's currency, by the declared decimal sign.

        Raises UsageError for anything else, and for an amount in another currency.
        """
        if isinstance(text, NumberText):
            return parse_amount(f"{checked_number(text):.2f}")
        if self.map.decimal is None:
            return parse_amount(text, self.config.currency)
        named = re.search(CURRENCY, text)
        number = self.read_number(re.sub(CURRENCY, "", text, count=1).strip())
        return parse_amount(f"{number:.2f} {named[0] if named else ''}".strip(), self.config.currency)

    def day_part(self, text: str) -> str:
        """Return the day of a text that may have a time of day after it."""
        found = re.fullmatch(MOMENT, text.strip())
        return found[1] if found else text

    def read_instant(self, text: str) -> Instant:
        """Return an instant; a time without a zone is in the declared one.

        A day alone means noon, but today before noon means now: what a program tells has happened.

        Raises UsageError for anything else.
        """
        found = re.fullmatch(MOMENT, text.strip())
        day = fixed_day(found[1] if found else text, self.dated)
        if found is None or found[2] is None:
            noon = datetime.combine(day, time(12), self.zone).astimezone(UTC)
            is_today = self.now.astimezone(self.zone).date() == day
            return min(noon, self.now) if is_today else noon
        hour, minute, second, zone = int(found[3]), int(found[4] or 0), int(found[5] or 0), found[6]
        at = datetime.combine(day, time(hour, minute, second), self.zone)
        if zone:
            given = "+00:00" if zone in ("Z", "UTC") else zone
            at = datetime.fromisoformat(f"{day.isoformat()}T{hour:02d}:{minute:02d}:{second:02d}{given}")
        return at.astimezone(UTC)


def checked_number(text: NumberText) -> Decimal:
    """Return a number of a program.

    Raises UsageError for one that no field holds.
    """
    number = Decimal(text)
    if number and abs(number.adjusted()) > LONGEST_NUMBER:
        raise UsageError(f"{text[:40]!r} is too large a number, or too small")
    return number


def is_unstated(text: str) -> bool:
    """Tell whether a lost reason is that of a loss without one: its id, or what people are shown.

    >>> is_unstated("unstated"), is_unstated("Sans motif"), is_unstated("price")
    (True, True, False)
    """
    shown = (Language(code).translate("no reason given") for code in LANGUAGES)
    return folded_name(text) in map(folded_name, (UNSTATED, *shown))


class UserName(NamedTuple):
    """A user as the words of a file name them: by id, name or e-mail."""

    id: str
    names: tuple[str, ...]

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The name and the e-mail, where they are there."""
        return tuple(filter(None, self.names))
