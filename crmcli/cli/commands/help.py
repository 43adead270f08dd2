"""`crm help TOPIC`: what every command has in common, on one screen each."""

import re
import shutil
import textwrap
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.output import printing
from crmcli.domain.values.errors import Exit, NotFoundError
from crmcli.domain.values.suggest import suggest_name
from crmcli.query.is_words import IS_WORDS
from crmcli.query.keys import KEYS, PREFIXES

WIDEST = 100  # characters that help takes, where no terminal is narrower
COLUMN = re.compile(r"(?:^|(?<=\S)) {2,}(?=\S)")  # what stands between two columns of a topic
EXIT_CODES = """Exit codes

  0   done; an empty list too (-e makes that 1)
  1   failed
  2   wrong usage, or an invalid query
  3   not found
  4   ambiguous: several records fit, they are named
  5   refused by a rule of a stage, or by validation
  6   changed by two people at once in different ways
  7   partly done: the rest is named
  75  try again: another crm writes, or the disk cannot store (mail servers re-queue on it)

One line on stderr says what, where, and how to mend it; --errors json makes it an object:
  {"schema":"crm.error/1","code":3,"what":"no opportunity 'zzzzzzzz'","where":"","hint":""}
Warnings, and records that could not be changed under --keep-going, are crm.warning/1 then.
"""
DATES = """Dates

  2026-12-31                     a day
  2026-12, 2026-W10, 2026        in a query: all the days of a month, week or year
  today, tomorrow, yesterday
  monday … sunday                the next one
  7d, 2w, 1mo, 1y                from today; -7d is before it
  5bd                            working days
  eom, eoy                       the last day of the month, of the year
  overdue                        in a query: before today (..overdue too; nothing begins with it)
  ..7d   -2w..   2026-11..eom    in a query: ranges

In a French workspace also: aujourd'hui, demain, hier, lundi … dimanche, 7j, 2sem, 1mois, 1an,
5jo, retard. 25/11/2026 means different days in different countries: it is refused, unless
crm.yaml says date_order: dmy. Months and years are clamped: a month after 31 January is
28 February. Working days leave out weekends and the public holidays of the workspace's country.
"""
ENVIRONMENT = """Environment

  CRM_WORKSPACE     the workspace, where -C says none; else it is looked for from here upwards
  CRM_USER          acting user, unless --as names one; else git's address or the login
  CRM_NOW           the time to take for now, where --now says none (for tests and reports)
  CRM_LOCK_TIMEOUT  seconds to wait while another crm writes (10)
  CRM_STATE_DIR     where it is kept which programs are trusted; else $XDG_STATE_HOME/crm, else
                    ~/.local/state/crm. A relative path is ignored
  EDITOR, VISUAL    what crm edit opens
  COLUMNS           the width of boards, tables and help, instead of the terminal's
  NO_COLOR          no colour anywhere, if it is set to anything
  TERM              dumb: no colour and no progress bar that draws over itself
"""
SCRIPTING = """Scripting

  Data is on stdout, everything else on stderr; a pipe gets what a terminal gets, nothing cut off.
  -o jsonl | jq, -o csv, -o tsv, -o ids: stable names, plain numbers, ISO dates; see crm schema.
  Ids go from one command to another:  crm list stage:quoted -o ids | crm tag - --add relance
  Off a terminal a change takes full ids, paths, - or a query; one that finds several needs --yes.
  All or nothing in one command, unless --keep-going (exit 7 then). --dry-run shows it beforehand.
  crm undo takes the last command back. -q says nothing on success, -e makes an empty result exit 1.
  stdout closed early (| head -1) is not an error.
"""
FORMATS = """Formats: -o FORMAT

  table   columns for people; fits the terminal, whole in a pipe; money and dates as written here
  json    one array; one object for a single record        jsonl  one object a line
  csv     with a header line (--no-headers)                tsv    the same with tabs, one line a row
  yaml    a document a record                              md     a table for a page
  ids     one id a line, as every change takes them on -

  --fields a,b,c      only these, in this order
  --template JINJA    a line a record; filters: money, day, age (days since), and Jinja's own:
                      crm list --template '{{ id }} {{ touched|age }} {{ title|truncate(30) }}'
"""


def fitted(text: str) -> str:
    """A topic on lines that the terminal has room for; what goes on stands below what it goes on from."""
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    return "\n".join(piece for line in text.splitlines() for piece in wrapped(line, width)) + "\n"


def wrapped(line: str, width: int) -> list[str]:
    """A line in as many as it takes, indented as far as its last column begins."""
    if len(line) <= width:
        return [line]
    columns = [found.end() for found in COLUMN.finditer(line) if found.end() < width * 2 // 3]
    indent = " " * (columns[-1] if columns else 0)
    pieces = textwrap.wrap(
        line,
        width,
        subsequent_indent=indent,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
    return pieces or [line]


def query() -> str:
    """The query language, from its own table of keys."""
    return "\n".join(query_lines()) + "\n"


def query_lines() -> Iterator[str]:
    """The lines of the topic on queries."""
    yield "Queries: crm list stage:contacted revenue:5000.. due:..7d +rika not:tag:cold sort:-revenue"
    yield ""
    yield "  Every argument is a condition, and all must hold; a,b in a value is one or the other."
    yield "  key:value  key:x..y  key:x..  key:..y  key:none  key:any  key:~part  key:/pattern/  key:'text'"
    yield "  key.gt:x (ge, lt, le, before, after, not) needs no quoting; not:key:value turns one round."
    yield "  +tag is tag:tag, @name a saved query of crm.yaml; a word alone is looked for in all texts."
    yield "  Without is:, a closed stage or closed: a query means open records. --explain tells it in words."
    yield "  sort:key,-key puts in order, limit:n ends after n."
    for title, of_activity in (("Records", False), ("Activities, all of the same one", True)):
        yield ""
        yield title
        for key in KEYS:
            if key.of_activity is of_activity:
                names = ", ".join(name for name in key.aliases_and_name if "." not in name)
                yield f"  {names:<30} {key.type:<7} {key.help}"
    yield ""
    yield "Your own"
    yield from (f"  {f'{name}.NAME':<30} {'any':<7} {help}" for name, help in PREFIXES.items())
    yield ""
    yield "is:"
    yield from (f"  {name:<30} {word.help}" for name, word in IS_WORDS.items())


TOPICS: dict[str, Callable[[], str]] = {
    "query": query,
    "dates": lambda: DATES,
    "exit-codes": lambda: EXIT_CODES,
    "environment": lambda: ENVIRONMENT,
    "scripting": lambda: SCRIPTING,
    "formats": lambda: FORMATS,
}


def help(
    ctx: typer.Context,
    topic: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC]", help="a topic, or a command"), offers.TOPIC
    ] = None,
) -> int:
    """Explain a topic: query, dates, exit-codes, environment, scripting, formats; or a command.

    \b
    Examples:
      crm help query
      crm help dates
      crm help contact create
    """
    name = " ".join(topic or [])
    if name in TOPICS:
        printing.print_text(fitted(TOPICS[name]()))
        return Exit.OK
    command, context = ctx.find_root().command, ctx.find_root()
    for word in topic or []:
        known = command.list_commands(context) if hasattr(command, "list_commands") else []
        if word not in known:
            hint = (
                suggest_name(word, [*TOPICS, *known]) or f"there is: {', '.join(TOPICS)}, and every command"
            )
            raise NotFoundError(f"no help on {name!r}", hint=hint)
        command = command.get_command(context, word)  # type: ignore[attr-defined]
        context = context.__class__(command, info_name=word, parent=context)
    printing.print_text(command.get_help(context))
    if not topic:
        printing.print_text(fitted(f"\nTopics: crm help {', '.join(TOPICS)}"))
    return Exit.OK
