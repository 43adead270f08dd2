"""Choosing rows of a list at a terminal, with fzf where it is installed: `crm pick`, `crm list --pick`.

The rows are shown on the terminal itself, so the ids that are chosen can go down a pipe.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TextIO

from crmcli.cli.context import CommandContext
from crmcli.cli.output import printing
from crmcli.cli.output.column_choice import choose_columns
from crmcli.cli.output.columns import Column
from crmcli.cli.output.formats import as_ids, labels_of, show_cells
from crmcli.cli.output.table_layout import Room, choose_places, cut_cells, draw_table
from crmcli.cli.output.text_width import text_width
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import translate
from crmcli.domain.values.errors import Exit, RefusedError, UsageError
from crmcli.domain.values.folding import fold_text

TERMINAL = "/dev/tty"
CANCELLED = (1, 130)  # exit codes of fzf: nothing matches, and Escape
GAP = 2
NUMBERS = r"[0-9]+(?:-[0-9]+)?(?:[, ]+[0-9]+(?:-[0-9]+)?)*"


def pick_rows(
    call: CommandContext, documents: Sequence[Document], columns: Sequence[Column], view: str = ""
) -> int:
    """Let the user choose rows, print the ids, and return the exit code: 1 where none is chosen.

    An only row is chosen without asking. Raises UsageError without a terminal.
    """
    if not documents:
        return Exit.FAILURE
    chosen: Sequence[Document] = documents
    if len(documents) > 1:
        shown = choose_columns(call, documents, columns, view)
        with open_terminal() as terminal:
            whole = align([labels_of(shown), *show_cells(documents, shown)])
            if shutil.which("fzf"):
                places = pick_with_fzf(whole)
            else:
                width = os.get_terminal_size(terminal.typed.fileno()).columns
                places = pick_by_number(fit_rows(documents, shown, width), whole[1:], terminal)
        chosen = [documents[place] for place in places]
    if not chosen:
        return Exit.FAILURE
    if call.output.format != "table":
        return printing.print_rows(call, chosen, columns, view)
    printing.print_text(as_ids(chosen, columns, printing.layout_of(call)))
    return Exit.OK


class Terminal(NamedTuple):
    """What is typed at the terminal, and what it shows."""

    typed: TextIO
    shown: TextIO


def open_device(device: str) -> int | None:
    """Open a device for reading and writing; None if that is not possible."""
    try:
        return os.open(device, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None


@contextmanager
def open_terminal() -> Iterator[Terminal]:
    """Open the terminal that the command was started at.

    Raises UsageError where there is none.
    """
    names = [TERMINAL, *(os.ttyname(each) for each in (2, 0) if os.isatty(each))]
    device = next(filter(None, map(open_device, names)), None)
    if device is None:
        raise UsageError("--pick needs a terminal", hint="-o ids prints all ids")
    coding = {"encoding": "utf-8", "errors": "replace"}
    with open(device, **coding) as typed, open(device, "w", closefd=False, **coding) as shown:  # type: ignore[call-overload]
        yield Terminal(typed, shown)


def fit_rows(documents: Sequence[Document], columns: Sequence[Column], width: int) -> list[str]:
    """Return the headings and the rows of a list as lines that fit a terminal, with room for a number."""
    free = max(width - len(str(len(documents))) - GAP, 1)
    places = choose_places(show_cells(documents, columns), columns, measure_room(columns, free))
    kept = [columns[place] for place in places]
    cells = show_cells(documents, kept)
    return align([labels_of(kept), *(cut_cells(cells, kept, measure_room(kept, free)) or cells)])


def measure_room(columns: Sequence[Column], width: int) -> Room:
    """Return the room for columns in lines of a width."""
    return Room(width, [text_width(label) for label in labels_of(columns)])


def align(rows: Sequence[list[str]]) -> list[str]:
    """Return rows as lines, a line each, their cells below each other."""
    flat = [[" ".join(cell.split("\n")) for cell in row] for row in rows]
    return draw_table([], flat, [False] * len(flat[0]), None).split("\n")


def pick_with_fzf(lines: Sequence[str]) -> list[int]:
    """Return the places of the rows that are chosen with fzf; several with the tabulator.

    Raises RefusedError where fzf fails.
    """
    heading, *rows = lines
    command = ["fzf", "--multi", "--no-sort", "--reverse", "--delimiter=\t", "--with-nth=2..", "--header"]
    numbered = "".join(f"{place}\t{row}\n" for place, row in enumerate(rows))
    ended = subprocess.run(
        [*command, heading], input=numbered, stdout=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode not in (0, *CANCELLED):
        raise RefusedError(f"fzf exited with {ended.returncode}; nothing was chosen")
    return [int(line.partition("\t")[0]) for line in ended.stdout.splitlines()]


def pick_by_number(lines: Sequence[str], searched: Sequence[str], terminal: Terminal) -> list[int]:
    """Return the places of the rows whose numbers are typed; words narrow the list, nothing ends it.

    `lines` are the headings and the rows as they fit the terminal, `searched` the rows as they are.
    """
    heading, *rows = lines
    shown = list(range(len(rows)))
    wide, is_drawn = len(str(len(rows))), False
    while True:
        if not is_drawn:
            terminal.shown.write(f"{'':{wide}}  {heading}\n")
            terminal.shown.writelines(f"{place + 1:{wide}}  {rows[place]}\n" for place in shown)
        is_drawn = True
        terminal.shown.write(translate("Number, or words to search (empty: none): "))
        terminal.shown.flush()
        answer = terminal.typed.readline().strip()
        if not answer:
            return []
        if not re.fullmatch(NUMBERS, answer):
            words, texts = fold_text(answer).split(), map(fold_text, searched)
            found = [place for place, text in enumerate(texts) if all(word in text for word in words)]
            if found:
                shown, is_drawn = found, False
            else:
                terminal.shown.write(f"{translate('No row has {words}.', words=answer)}\n")
        elif wrong := [number for number in read_numbers(answer) if number - 1 not in shown]:
            terminal.shown.write(f"{translate('There is no row {number}.', number=wrong[0])}\n")
        else:
            return [number - 1 for number in read_numbers(answer)]


def read_numbers(answer: str) -> list[int]:
    """Return the numbers in an answer, each once.

    >>> read_numbers("3, 5-7 5")
    [3, 5, 6, 7]
    """
    found: dict[int, None] = {}
    for each in re.findall(r"[0-9-]+", answer):
        first, _, last = each.partition("-")
        found |= dict.fromkeys(range(int(first), min(int(last or first), int(first) + 1000) + 1))
    return list(found)
