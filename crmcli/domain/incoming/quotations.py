"""Quoted mails in a text: the lines with which mail programs announce them, in French and English.

Every line is looked at once and without regular expressions; lines are compared folded and shortened.
"""

from collections.abc import Sequence
from typing import NamedTuple

from crmcli.domain.values.folding import fold_text

LONGEST_LINE = 300  # characters of a line that are compared
MOST_LINES = 4  # of an announcement such as "Le …, … a écrit :"
LONGEST_BLOCK = 12  # lines of a block of headers
AROUND = "-_*=> \t\u00a0"
WROTE = (
    "a ecrit :",
    "a ecrit:",
    "ecrit :",
    "ecrit:",
    "wrote:",
    "wrote :",
    "schrieb:",
    "ha scritto:",
    "escribio:",
    "schreef:",
    "escreveu:",
)
STARTS = ("le ", "on ", "am ", "el ", "il ", "op ", "em ")
MARKERS_WORDS = (
    "message d'origine|original message|message original|mail original|mail d'origine|"
    "courriel original|courriel d'origine|e-mail d'origine|e-mail original|email original|"
    "message transfere|message reexpedie|mail transfere|forwarded message|forwarded mail|"
    "message initial|message precedent|original mail|original email|ursprungliche nachricht|"
    "weitergeleitete nachricht|original appointment|rendez-vous d'origine|message envoye"
)
MARKERS = frozenset(MARKERS_WORDS.split("|"))
ANNOUNCED = ("debut du message transfere :", "debut du message reexpedie :", "begin forwarded message:")
LABELS = {
    "de": "from",
    "from": "from",
    "von": "from",
    "expediteur": "from",
    "envoye": "date",
    "envoye le": "date",
    "sent": "date",
    "date": "date",
    "gesendet": "date",
    "a": "to",
    "to": "to",
    "pour": "to",
    "an": "to",
    "destinataire": "to",
    "destinataires": "to",
    "cc": "cc",
    "copie a": "cc",
    "cci": "cc",
    "objet": "subject",
    "subject": "subject",
    "sujet": "subject",
    "betreff": "subject",
    "importance": "other",
    "priorite": "other",
    "pieces jointes": "other",
    "attachments": "other",
    "reply-to": "reply_to",
    "repondre a": "reply_to",
    "organisation": "other",
}


class Block(NamedTuple):
    """The headers that stand above a quoted mail, by what they say, and where the mail begins."""

    start: int
    body: int
    headers: dict[str, str]


def fold_line(line: str) -> str:
    """Return a line as it is compared, at most 300 characters of it."""
    return " ".join(fold_text(line[:LONGEST_LINE]).split())


def find_block(lines: Sequence[str], first: int = 0) -> Block | None:
    """Return the first quoted mail without `>`: announced by its headers, a marker or both."""
    for number in range(first, len(lines)):
        block = read_block(lines, number)
        if block is not None:
            return block
    return None


def read_block(lines: Sequence[str], number: int) -> Block | None:
    """Return the quoted mail that is announced at a line; None if the line announces none."""
    line = lines[number]
    if not line or line.lstrip().startswith(">"):
        return None
    if is_marker(line):
        following = skip_blank(lines, number + 1)
        block = read_headers(lines, following)
        body = block.body if block else skip_attribution(lines, following)
        return Block(number, body, block.headers if block else {})
    block = read_headers(lines, number)
    return block if block and {"from", "date"} <= block.headers.keys() and len(block.headers) > 2 else None


def is_marker(line: str) -> bool:
    """Tell whether a line is one like `-----Message d'origine-----`."""
    bare = line.strip()
    if not bare or len(bare) > LONGEST_LINE:
        return False
    folded = fold_line(bare)
    return folded in ANNOUNCED or (bare[0] in "-_*=" and folded.strip(AROUND + ":") in MARKERS)


def read_headers(lines: Sequence[str], number: int) -> Block | None:
    """Return the block of lines like `De : …` that begins at a line; None if none does."""
    headers: dict[str, str] = {}
    place, last = number, ""
    while place < len(lines) and place - number < LONGEST_BLOCK:
        name, value = header_of(lines[place])
        if name and not (name in headers and name != "other"):
            headers[name], last = value, name
        elif lines[place].strip() and last in ("to", "cc") and "@" in lines[place]:
            headers[last] += f" {lines[place].strip()}"  # a long list of recipients
        elif lines[place].strip() or not header_of(next_line(lines, place))[0] or not headers:
            break
        place += 1
    return Block(number, skip_blank(lines, place), headers) if headers else None


def header_of(line: str) -> tuple[str, str]:
    """Return what a line like `Objet : Devis` says, and its value; empty for other lines.

    >>> header_of("*Envoyé :* lundi 23 novembre 2026 09:12")
    ('date', 'lundi 23 novembre 2026 09:12')
    """
    label, colon, value = line[:2000].partition(":")
    name = LABELS.get(fold_line(label[:40]).strip("* \u00a0|")) if colon and len(label) < 40 else None
    return (name, value.strip("* \u00a0|")) if name else ("", "")


def next_line(lines: Sequence[str], number: int) -> str:
    """Return the line after another one; empty at the end."""
    return lines[number + 1] if number + 1 < len(lines) else ""


def skip_blank(lines: Sequence[str], number: int) -> int:
    """Return the number of the first line that is not blank, from a line on."""
    while number < len(lines) and not lines[number].strip():
        number += 1
    return number


def skip_attribution(lines: Sequence[str], number: int) -> int:
    """Return the number of the line after `Le …, … a écrit :`, or of the line itself."""
    return number + count_attribution(lines, number)


def count_attribution(lines: Sequence[str], number: int) -> int:
    """Return how many lines an announcement takes, like `Le 23/11, Marie a écrit :`; 0 for others.

    >>> count_attribution(["Le 23 nov. 2026 à 09:12,", "Marie <marie@example.org> a écrit :", "> x"], 0)
    2
    """
    joined = ""
    for count, line in enumerate(lines[number : number + MOST_LINES], start=1):
        if not line.strip():
            return 0
        joined = f"{joined} {fold_line(line)}".strip(" >")
        if not count > 1 and not is_opening(joined):
            return 0
        if joined.endswith(WROTE) or (" schrieb " in joined and joined.endswith(":")):
            is_quoting = next_line(lines, number + count - 1).lstrip().startswith(">")
            return count if is_quoting or is_dated(joined) else 0
    return 0


def is_opening(line: str) -> bool:
    """Tell whether a folded line can begin an announcement."""
    return line.startswith(STARTS) or "@" in line or line.endswith(WROTE)


def is_dated(line: str) -> bool:
    """Tell whether a folded announcement names a day or an address."""
    return "@" in line or any(char.isdigit() for char in line)
