"""What the writer of a mail wrote: without quoted mails and without signatures.

Answers between the lines of a quotation are kept, together with the lines that they answer.
"""

from collections.abc import Sequence
from functools import lru_cache

from crmcli.domain.incoming.quotations import (
    count_attribution,
    find_block,
    fold_line,
    skip_blank,
)

LONGEST = 64 * 1024  # characters of a text that are looked at
LONGEST_SIGNATURE = 25  # lines after `-- `
LAST_LINES = 8  # after a line like "Envoyé de mon iPhone"
SHORT_QUOTE = 3  # quoted lines that are kept above an answer below them
SENT_WITH = (
    "envoye de mon ",
    "envoye depuis ",
    "envoye a partir de ",
    "envoye avec ",
    "envoye de l'application ",
    "envoye par ",
    "sent from ",
    "sent with ",
    "sent via ",
    "get outlook for ",
    "telecharger outlook ",
    "obtenir outlook ",
    "obtenez outlook ",
    "garanti sans virus",
    "sans virus.",
    "virus-free.",
    "provenance : courrier pour windows",
    "provenance : courrier",
)
DISCLAIMERS = (
    "ce message et ses pieces jointes ",
    "ce message et toutes les pieces jointes",
    "ce message, ainsi que ",
    "ce courriel et ses pieces jointes ",
    "ce courriel et toute",
    "cet e-mail et ses ",
    "les informations contenues dans ce ",
    "l'integrite de ce message",
    "this message and any attach",
    "this e-mail and any attach",
    "this email and any attach",
    "this message is confidential",
    "this email is confidential",
    "this e-mail is confidential",
    "this message (including any attachments)",
    "the information contained in this ",
    "pensez a l'environnement",
    "avant d'imprimer ",
    "n'imprimez ce ",
    "n'imprimer ce ",
    "please consider the environment",
    "afin de contribuer au respect de l'environnement",
)
ANSWERS_BELOW = (
    "reponses en rouge",
    "reponse en rouge",
    "reponses en bleu",
    "reponses en vert",
    "reponses en gras",
    "reponses dans le texte",
    "reponse dans le texte",
    "reponses dans votre",
    "reponses ci-dessous",
    "reponses ci dessous",
    "reponses plus bas",
    "reponses dans le corps",
    "reponds dans le texte",
    "reponds ci-dessous",
    "reponds dans votre",
    "see my answers below",
    "my answers below",
    "answers below",
    "answers inline",
    "comments inline",
    "replies inline",
    "answered inline",
    "see inline",
    "see below in red",
    "answers in red",
    "in red below",
)


def trim_message(text: str) -> str:
    """Return what is shown of a mail: its own words without the signature; the whole if that leaves nothing.

    >>> trim_message("Oui, à 14 h.\\n\\nLe 23/11/2026 à 09:12, Marie a écrit :\\n> Demain ?\\n")
    'Oui, à 14 h.'
    """
    own = own_words(text)
    return trim_signature(own) or own or text.strip("\n")


@lru_cache(maxsize=4)  # asked several times about one message
def own_words(text: str) -> str:
    """Return a text without quoted mails; empty if it quotes only."""
    lines = text[:LONGEST].split("\n")
    if is_answered_below(lines):
        return text.strip("\n")
    block = find_block(lines)
    if block is not None:
        lines = strip_rule(lines[: block.start])
    return "\n".join(without_quotes(lines)).strip("\n") + (text[LONGEST:] if block is None else "")


def is_answered_below(lines: Sequence[str]) -> bool:
    """Tell whether the first lines say that the answers stand in the quotation."""
    folded = [fold_line(line) for line in lines[:8]]
    return any(phrase in line for line in folded for phrase in ANSWERS_BELOW)


def strip_rule(lines: list[str]) -> list[str]:
    """Return the lines without a rule of underscores or dashes at their end."""
    end = len(lines)
    while end and not lines[end - 1].strip("_-—– \t"):
        end -= 1
    return lines[:end]


def without_quotes(lines: list[str]) -> list[str]:
    """Return the lines without quoted ones (`>`) and what announces them.

    Quoted lines above an answer are kept where answers stand between them, and where they are few.
    """
    groups = group_lines(lines)
    quotes = [number for number, (is_quote, _) in enumerate(groups) if is_quote]
    if not quotes:
        return drop_final_attribution(lines)
    after = [n for n in range(quotes[0] + 1, len(groups)) if not groups[n][0] and is_words(groups[n][1])]
    last = after[-1] if after else quotes[0]
    is_between = len(after) > 1
    kept: list[str] = []
    for is_quote, group in groups[: last + 1] if after else groups[: quotes[0]]:
        if is_quote and not is_between and len(group) > SHORT_QUOTE:
            continue
        kept += group if is_quote else drop_final_attribution(group)
    return kept


def group_lines(lines: Sequence[str]) -> list[tuple[bool, list[str]]]:
    """Return the runs of quoted and of other lines; blank lines belong to the run before them."""
    groups: list[tuple[bool, list[str]]] = []
    for line in lines:
        is_quote = line.lstrip().startswith(">")
        if groups and (groups[-1][0] == is_quote or not line.strip()):
            groups[-1][1].append(line)
        else:
            groups.append((is_quote, [line]))
    return groups


def is_words(lines: Sequence[str]) -> bool:
    """Tell whether lines say something besides a signature."""
    return bool(trim_signature("\n".join(lines)).strip()) and not is_signature(lines)


def is_signature(lines: Sequence[str]) -> bool:
    """Tell whether lines are a signature only."""
    start = skip_blank(lines, 0)
    return start < len(lines) and (
        is_delimiter(lines[start]) or fold_line(lines[start]).startswith(SENT_WITH)
    )


def drop_final_attribution(lines: list[str]) -> list[str]:
    """Return the lines without an announcement such as `Le …, … a écrit :` and what follows it.

    Without `>` after it, an announcement counts if a day or an address stands in it.
    """
    for number in range(len(lines)):
        if count_attribution(lines, number):
            return lines[:number]
    return lines


def trim_signature(text: str) -> str:
    """Return a text without its signature, what a mail program adds below, and legal notices.

    >>> trim_signature("Bonjour\\n\\n-- \\nJeanne")
    'Bonjour'
    """
    lines = text.split("\n")
    end = len(lines)
    for number in range(len(lines)):
        rest = len(lines) - number
        if is_delimiter(lines[number]) and rest <= LONGEST_SIGNATURE:
            end = number
            break
        folded = fold_line(lines[number]).lstrip("*_[( ")
        is_added = folded.startswith(SENT_WITH) and rest <= LAST_LINES
        if is_added or folded.startswith(DISCLAIMERS):
            end = number
            break
    return "\n".join(strip_rule(lines[:end])).strip("\n") if end < len(lines) else text.strip("\n")


def is_delimiter(line: str) -> bool:
    """Tell whether a line begins a signature: `-- ` (RFC 3676, section 4.3), also without the blank."""
    return line.rstrip() == "--"
