"""`crm help TOPIC`: topics that concern all commands, one screen each."""

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

WIDEST = 100  # characters; less on a narrower terminal
COLUMN = re.compile(r"(?:^|(?<=\S)) {2,}(?=\S)")  # the gap between two columns of a topic
EXIT_CODES = """Exit codes

  0   success; also for an empty result (-e makes that 1)
  1   failure
  2   wrong usage, or an invalid query
  3   not found
  4   ambiguous: several records match; they are listed
  5   refused by a stage requirement or a check
  6   conflict: two people changed the same thing in different ways
  7   partly done: what failed is listed
  75  try again: another crm is writing, or the disk is full or failing (mail servers then retry)

Errors are one line on stderr: what, where, and how to fix it. With --errors json they are an object:
  {"schema":"crm.error/1","code":3,"what":"no opportunity 'zzzzzzzz'","where":"","hint":""}
Warnings, and records that failed under --keep-going, are crm.warning/1 objects then.
"""
DATES = """Dates

  2026-12-31                     a day
  2026-12, 2026-W10, 2026        in a query: all days of a month, week or year; december 2026, 12/2026
  today, tomorrow, yesterday
  monday … sunday, mon, fri      the next one
  5 december, dec 5, 5/12        with a year or without: the next one, in a query for what has passed the last
  in 3 days, 2 weeks ago         as crm shows them; day after tomorrow
  7d, 2w, 1mo, 1y                from today; -7d is before it
  5bd                            working days
  eom, eoy                       the last day of the month, of the year
  overdue                        in a query: before today (..overdue is the same)
  this-week, last-month, next-quarter, last-year, q3, 2026-q3
                                 in a query: all days of the period; a week begins on Monday
  ..7d   -2w..   2026-11..eom    in a query: ranges
  created:30d..                  days that lie in the past count backwards: the last 30 days

today in due: is the day of each activity's assignee, elsewhere that of the workspace.
+4h                            as a deadline: at that time; 14h is a time of day
Spans that elapse (--by, --escalate, in and stale_after of rules) can be in hours: 4h.
Also 7j, 2sem, 1mois, 1an, 5jo; in a French workspace aujourd'hui, demain, après-demain, hier,
lundi … dimanche, lun, 5 déc., dans 3 jours, il y a 2 semaines, retard, cette semaine, mois dernier,
t3. What can be two days is refused, with both: vendredi prochain on a Thursday.
05/11/2026 is the 5th of November with date_order: dmy in crm.yaml, as crm init writes it; without
date_order it is refused, and 30/11/2026 is not, for it can be read in one way only.
Months and years are clamped: a month after 31 January is 28 February. Working days exclude
weekends and the public holidays of the workspace's country.
"""
ENVIRONMENT = """Environment

  CRM_WORKSPACE     workspace directory, unless -C is given; default: the nearest directory above
                    that has pipeline_data/crm.yaml
  CRM_USER          acting user, unless --as is given; default: git's user.email, or the login name
  CRM_NOW           current time, unless --now is given (for tests and reports)
  CRM_LANG          en or fr: language of tables, pages and questions; default: that of the workspace's
                    locale, else LC_ALL, LC_MESSAGES or LANG. Errors, help and JSON are English
  CRM_LOCK_TIMEOUT  seconds to wait while another crm is writing (10)
  CRM_STATE_DIR     where trusted programs are remembered; default: $XDG_STATE_HOME/crm, or
                    ~/.local/state/crm. A relative path is ignored
  CRM_SMTP_PASSWORD password for the mail server, without mail.password_command in crm.yaml
  EDITOR, VISUAL    editor of crm edit, crm email write and crm reply
  COLUMNS           width of boards, tables and help; default: that of the terminal
  NO_COLOR          if set to anything, no colour, unless --color is given
  CLICOLOR_FORCE    if set and not 0, colour also in a pipe
  TERM              dumb: no colour and no progress bar
"""
SCRIPTING = """Scripting

  Data is on stdout, everything else on stderr. Output to a pipe is complete; nothing is cut off.
  -o jsonl | jq, -o csv, -o tsv, -o ids: stable names, plain numbers, ISO dates; see crm schema.
  Pass ids from one command to another: crm list stage:quoted -o ids | crm tag - --add relance
  -o ids of a command that writes: the ids of what it made, else of what it changed.
  Without a terminal, changes take full ids, paths, - or a query; several matches need --yes.
  A command changes all records or none, unless --keep-going is given (then exit 7). --dry-run previews.
  crm undo undoes the last command. -q prints nothing on success, -e makes an empty result exit 1.
  Closing stdout early (| head -1) is not an error.
"""
FORMATS = """Formats: -o FORMAT

  table   columns for people, money and dates by locale; complete in a pipe. At a terminal a line
          for each row: what has no room is left out and named, long texts are cut
  json    one array; one object for a single record        jsonl  one object per line
  csv     with a header line (--no-headers)                tsv    the same with tabs, one row per line
  yaml    one document per record                          md     a Markdown table
  ids     one id per line, as commands read them from -

  --columns a,b,c     only these, in this order, by key or heading; --fields is the same option.
                      +a,-b adds to the usual columns and removes. views: in crm.yaml names columns
                      with a query and an order: crm list @matin
  --excel             csv as spreadsheets of the workspace's country read it: ; and decimal commas
  --wide, --vertical  in a table, all columns with their texts wrapped; a line for each value
  --color WHEN        auto (at a terminal), always, never; see crm help environment
  --template JINJA    one line per record; filters: money, day, age (days since), and those of Jinja:
                      crm list --template '{{ id }} {{ touched|age }} {{ title|truncate(30) }}'
"""


def fitted(text: str) -> str:
    """Return a topic wrapped to the width of the terminal, with continuation lines indented."""
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    return "\n".join(piece for line in text.splitlines() for piece in wrapped(line, width)) + "\n"


def wrapped(line: str, width: int) -> list[str]:
    """Return a line wrapped to a width; continuation lines are indented to its last column."""
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
    """Return the topic on the query language, from the table of its keys."""
    return "\n".join(query_lines()) + "\n"


def query_lines() -> Iterator[str]:
    """Yield the lines of the topic on queries."""
    yield "Queries: crm list stage:contacted revenue:5000.. due:..7d +rika not:tag:cold sort:-revenue"
    yield ""
    yield "  Each argument is a condition; all must be true. a,b in a value means a or b."
    yield "  key:value  key:x..y  key:x..  key:..y  key:none  key:any  key:~part  key:/pattern/  key:'text'"
    yield "  key.gt:x (ge, lt, le, before, after, not) needs no quoting; not:key:value negates."
    yield "  +tag means tag:tag, @name a saved query or view of crm.yaml; a single word searches all texts."
    yield "  Only open records match, unless the query has is:, closed: or a closed stage; see --explain."
    yield "  sort:key,-key sorts, limit:n limits."
    for title, of_activity in (
        ("Records", False),
        ("Activities; all conditions must match the same activity", True),
    ):
        yield ""
        yield title
        for key in KEYS:
            if key.of_activity is of_activity:
                names = ", ".join(name for name in key.aliases_and_name if "." not in name)
                yield f"  {names:<30} {key.type:<7} {key.help}"
    yield ""
    yield "Custom fields and answers"
    yield from (f"  {f'{name}.NAME':<30} {'any':<7} {help}" for name, help in PREFIXES.items())
    yield ""
    yield "is:"
    yield from (f"  {name:<30} {word.help}" for name, word in IS_WORDS.items())


def reports() -> str:
    """Return the topic on reports, from the definitions of their figures."""
    from crmcli.report.definitions import explain_figures  # needed by this topic only

    return explain_figures()


TOPICS: dict[str, Callable[[], str]] = {
    "query": query,
    "dates": lambda: DATES,
    "exit-codes": lambda: EXIT_CODES,
    "environment": lambda: ENVIRONMENT,
    "scripting": lambda: SCRIPTING,
    "formats": lambda: FORMATS,
    "reports": reports,
}


def help(
    ctx: typer.Context,
    topic: Annotated[
        list[str] | None, typer.Argument(metavar="[TOPIC]", help="a topic, or a command"), offers.TOPIC
    ] = None,
) -> int:
    """Explain a topic: query, dates, exit-codes, environment, scripting, formats, reports; or a command.

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
