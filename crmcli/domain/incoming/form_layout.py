"""The layout of a form in a mail: which line holds a label, and which text is its value.

Labels stand before their value, above it, or in the cell on its left; a line may hold several. Every line is
looked at once, without regular expressions, so that no text takes longer than its length.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from crmcli.domain.incoming.form_fields import LONGEST_LABEL, label_key
from crmcli.domain.values.folding import fold_text

MOST_LINES = 2_000
LONGEST_TEXT = 256 * 1024  # characters of a mail that are read
LONGEST_LINE = 2_000  # characters in which a second label is looked for
MOST_IN_LINE = 12  # labels on one line
LONGEST_SHORTENED = 5  # characters of a label that ends with a full stop, such as `Tél.`
LONGEST_UNKNOWN = 60  # characters of a label that is not listed
MARKS = "*_`#•·–- \t>\u00a0"  # around labels: Markdown, bullets
SEPARATORS = (":", "=", "：")
CELLS = (" | ", "\t")
BETWEEN = ("|", ";", ",", "\t", " - ", " / ", "  ", " – ", " • ")
MULTILINE = ("message", "street")
FREE = ("message", "subject")  # fields whose value may hold anything
DELIMITERS = set("-_=*—–~# ")
TECHNICAL_WORDS = (
    "date|heure|time|date et heure|agent utilisateur|user agent|ip distante|remote ip|adresse ip|ip|"
    "ip address|motorise par|powered by|submitted on|envoye le|envoye depuis|form name|form id|"
    "submission id|entry id|site|user ip|referer|referrer|id|reference|form|formulaire|submitted at|"
    "submission date|date de soumission|navigateur|browser"
)
TECHNICAL = frozenset(TECHNICAL_WORDS.split("|"))
SURE_FOOTERS = (  # also without a blank line before them
    "you can edit this submission",
    "manage submissions",
    "view submission",
    "does this submission",
    "this e-mail was sent from",
    "this email was sent from",
    "cet e-mail a ete envoye",
    "cet email a ete envoye",
    "ce message a ete envoye automatiquement",
    "submitted at ",
)
FOOTERS = (
    *SURE_FOOTERS,
    "cet e-mail ",
    "cet email ",
    "ce message ",
    "ce courriel ",
    "this e-mail ",
    "this email ",
    "this message ",
    "sent via ",
    "(sent via ",
    "sent from ",
    "envoye depuis ",
    "message envoye depuis ",
    "envoye par le formulaire",
    "vous recevez cet ",
    "vous avez recu ce ",
    "you are receiving ",
    "you can edit ",
    "you received this ",
    "pour repondre ",
    "repondez ",
    "repondre a ",
    "reply directly",
    "manage submissions",
    "manage your ",
    "view submission",
    "view in ",
    "voir la demande",
    "voir ce message",
    "gerer ",
    "© ",
    "copyright ",
)


class Entry(NamedTuple):
    """A label as written, the field it stands for (empty if unknown), and the lines of its value."""

    label: str
    name: str
    lines: list[str]
    is_above: bool = False  # the label stands on a line of its own

    @property
    def text(self) -> str:
        """The value: all lines of a message, the first paragraph of other fields."""
        lines = self.lines if self.name == "message" else self.first_lines
        return "\n".join(lines).strip()

    @property
    def first_lines(self) -> list[str]:
        """The lines up to the next blank one; of a field that takes one line, the first of them."""
        start = next((number for number, line in enumerate(self.lines) if line), len(self.lines))
        end = next((number for number in range(start, len(self.lines)) if not self.lines[number]), None)
        first = self.lines[start:end]
        is_short = self.name and self.name not in MULTILINE and not self.name.startswith("fields.")
        return first[:1] if is_short else first

    @property
    def left_lines(self) -> list[str]:
        """The lines that do not belong to the value."""
        if self.name == "message":
            return []
        start = next((number for number, line in enumerate(self.lines) if line), len(self.lines))
        return self.lines[start + len(self.first_lines) :]


def form_entries(text: str, labels: Mapping[str, str]) -> Iterator[Entry]:
    """Yield the labels of a text with their values, from the first label that is known.

    `labels` holds the field of each label, by the label's key.
    """
    lines = [line.strip() for line in text[:LONGEST_TEXT].strip().splitlines()[:MOST_LINES]]
    current: Entry | None = None
    for number, line in enumerate(lines):
        found = line_entries(line, labels)
        if found and continues_message(found[0], current, lines[number - 1]):
            found = []
        if not found and current is not None:
            if ends_form(lines, number, current, labels):
                yield current
                current = Entry("", "", [])
                continue
            found = unknown_entry(line, current)
        if not found:
            if current is not None:
                current.lines.append(line)
            continue
        if current is not None:
            yield current
        yield from found[:-1]
        current = found[-1]
    if current is not None:
        yield current


def continues_message(found: Entry, current: Entry | None, before: str) -> bool:
    """Tell whether a line is part of a message although it reads like a label above its value."""
    is_inside = current is not None and current.name == "message" and not current.is_above
    return is_inside and found.is_above and bool(before) and not found.label.endswith(":")


def is_heading(line: str) -> bool:
    """Tell whether a line without a colon may be a label: a capital first, and no sentence."""
    bare = line.strip(MARKS)
    is_sentence = bare.endswith((".", ",", "!", "…")) and len(bare) > LONGEST_SHORTENED
    return (bare[:1].isupper() or line[:1] in "*[_") and not is_sentence


def line_entries(line: str, labels: Mapping[str, str]) -> list[Entry]:
    """Return the known labels on a line, with what stands after each; empty for other lines."""
    if not line or len(line) > LONGEST_LINE:
        pair = split_label(line[:LONGEST_LINE], labels) if line else None
        return (
            [Entry(pair[0], labels[label_key(pair[0])], [line[len(line) - len(pair[1]) :]])] if pair else []
        )
    found: list[Entry] = []
    for cell in split_cells(line):
        more = cell_entries(cell, labels)
        if more:
            found += more
        elif not found:
            return []
        elif cell:
            last = found[-1]
            found[-1] = last._replace(lines=[" ".join(filter(None, [*last.lines, cell]))], is_above=False)
    return found


def split_cells(line: str) -> list[str]:
    """Return the cells of a line of a table; a line without cells as one."""
    cells = [line.strip("|").strip() if line.startswith("|") else line]
    for mark in CELLS:
        cells = [part.strip() for cell in cells for part in cell.split(mark)]
    return [cell for cell in cells if cell != ":"] if len(cells) > 1 else cells


def cell_entries(cell: str, labels: Mapping[str, str]) -> list[Entry]:
    """Return the labels in a text without cells, each with the text up to the next."""
    pair = split_label(cell, labels)
    if pair is None:
        name = labels.get(label_key(cell)) if is_heading(cell) else None
        return [Entry(cell, name, [], is_above=True)] if name else []
    found = [pair]
    while len(found) < MOST_IN_LINE and labels[label_key(found[-1][0])] not in FREE:
        label, value = found[-1]
        cut = next_label(value, labels)
        if cut is None:
            break
        before, following, after = cut
        found[-1:] = [(label, before), (following, after)]
    return [
        Entry(label, labels[label_key(label)], [value] if value else [], is_above=not value)
        for label, value in found
    ]


def split_label(text: str, labels: Mapping[str, str]) -> tuple[str, str] | None:
    """Return a known label and the text after it; None for a text without one.

    >>> split_label("*Nom* : Jeanne", {"nom": "name"}), split_label("[nom] => Jeanne", {"nom": "name"})
    (('*Nom*', 'Jeanne'), ('[nom]', 'Jeanne'))
    """
    places = sorted(
        place for place in (text.find(mark, 0, LONGEST_LABEL + 1) for mark in SEPARATORS) if place > 0
    )
    for place in places:
        label = text[:place].strip()
        if label_key(label) in labels:
            return label, text[place + 1 :].lstrip("> ").strip().strip("*").strip()
    return split_unmarked(text, labels)


def split_unmarked(text: str, labels: Mapping[str, str]) -> tuple[str, str] | None:
    """Return a label and a phone number or an address that follows it without a colon."""
    head = text[: LONGEST_LABEL + 1]
    digit = next((place for place, char in enumerate(head) if char.isdigit() or char == "+"), 0)
    if digit and labels.get(label_key(text[:digit])) == "phone":
        return text[:digit].strip(), text[digit:]
    words = head.split()
    at = next((number for number, word in enumerate(words) if "@" in word), 0)
    if at and labels.get(label_key(" ".join(words[:at]))) == "email":
        return " ".join(words[:at]), words[at]
    return None


def next_label(value: str, labels: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return a value up to the next label in it, that label, and the text after it; None without one."""
    place = value.find(":")
    for _ in range(MOST_IN_LINE):
        if place < 0:
            return None
        before = value[:place]
        start = max((before.rfind(mark) + len(mark) for mark in BETWEEN if mark in before), default=0)
        for cut in (start, *word_starts(before)):
            label = before[cut:].strip()
            is_label = label_key(label) in labels and (cut == start > 0 or label[:1].isupper())
            if is_label and before[:cut].strip():
                return before[:cut].strip(" |;,-/–•\t"), label, value[place + 1 :].strip()
        place = value.find(":", place + 1)
    return None


def word_starts(text: str) -> list[int]:
    """Return where the last three, two and one words of a text begin."""
    tail = text[-LONGEST_LABEL:].rstrip()
    offset = len(text) - len(text[-LONGEST_LABEL:])
    starts = [place + 1 for place, char in enumerate(tail) if char == " "]
    return [offset + start for start in starts[-4:]]


def unknown_entry(line: str, current: Entry) -> list[Entry]:
    """Return a line `label: value` with an unknown label; none within a message, where it is text."""
    label, colon, value = line.partition(":")
    label = label.strip(MARKS)
    is_label = colon and label[:1].isalpha() and len(label) <= LONGEST_UNKNOWN and not value.startswith("//")
    if not is_label or current.name == "message":
        return []
    return [Entry(label, "", [value.strip().strip("*").strip()])]


def ends_form(lines: Sequence[str], number: int, current: Entry, labels: Mapping[str, str]) -> bool:
    """Tell whether a line ends the form: a sentence of its footer, or a rule with technical data after it."""
    line = lines[number]
    after_blank = number == 0 or not lines[number - 1] or is_delimiter(lines[number - 1])
    phrases = FOOTERS if after_blank else SURE_FOOTERS
    if line and fold_text(line[:40]).lstrip(MARKS).startswith(phrases):
        return bool(current.lines or not current.is_above)
    if not is_delimiter(line):
        return False
    following = next((each for each in lines[number + 1 : number + 4] if each), "")
    label = label_key(following.partition(":")[0])
    is_footer = fold_text(following[:40]).startswith(FOOTERS)
    return not following or is_footer or (":" in following and (label in TECHNICAL or label in labels))


def is_delimiter(line: str) -> bool:
    """Tell whether a line is a rule of dashes or the like, or ends a list printed by PHP."""
    is_rule = 2 <= len(line) <= LONGEST_LINE and not set(line) - DELIMITERS
    return line == ")" or (is_rule and bool(line.strip()))
