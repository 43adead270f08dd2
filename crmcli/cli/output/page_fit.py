"""Pages at a terminal: long lines wrapped between words, below the place where their text begins."""

import re

from crmcli.cli.output.text_width import BREAK, text_width

LABEL = re.compile(
    r" *[^ ].*? {2,}(?=[^ ])"
)  # what stands before the text of a line, such as a label or a day
SHORT_PIECE = re.compile(
    r"(?<=[^ ]  )[^ ](?:[^ ]| (?! )){1,18}(?=  |$)"
)  # such as "for marie", "2 days late"
HOLDS = "\ue000"  # stands for a space at which a line does not end
DEEPEST = 0.5  # of the width, that a wrapped line is indented
STEP = 4


def fit_line(line: str, width: int) -> str:
    """Return a line, wrapped if it is too long; words stay whole, even those that are wider.

    >>> print(fit_line("Contact    Nolwenn KERLOC'H · Gîtes de Guerlédan", 32))
    Contact    Nolwenn KERLOC'H ·
               Gîtes de Guerlédan
    >>> print(fit_line("540,00\u00a0€ over 12 months", 16).replace("\u00a0", "_"))
    540,00_€ over 12
    months
    """
    if text_width(line) <= width:
        return line
    indent = " " * measure_indent(line, width)
    lines = [""]
    line = SHORT_PIECE.sub(lambda piece: hold_together(piece[0], width), line)
    words, gaps = BREAK.split(line), ["", *BREAK.findall(line)]
    for gap, word in zip(gaps, words, strict=True):
        longer = lines[-1] + gap + word
        if text_width(longer) <= width or not lines[-1].strip():
            lines[-1] = longer
        else:
            lines.append(indent + word)
    return "\n".join(lines).replace(HOLDS, " ")


def hold_together(piece: str, width: int) -> str:
    """Return a piece of a line that does not end within it, if it is short."""
    return piece.replace(" ", HOLDS) if text_width(piece) <= width * DEEPEST else piece


def measure_indent(line: str, width: int) -> int:
    """Return how far the text of a line stands from its beginning; less where little room would be left."""
    label = LABEL.match(line)
    indent = text_width(label[0]) if label else 0
    start = len(line) - len(line.lstrip())
    return indent if 0 < indent <= width * DEEPEST else start + STEP * bool(label)
