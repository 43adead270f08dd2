"""What a command line can go on with: asked by the shell at every <TAB>, so it imports next to nothing.

Only where options are asked for is the command itself imported, to be asked which it has.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from crmcli.cli import insertion
from crmcli.cli.commands import CHANGING, COMMANDS, GROUPS
from crmcli.cli.conditions import conditions, saved
from crmcli.cli.lists import Candidate, Lists, labelled, plain, under
from crmcli.cli.options import TAKING_VALUES
from crmcli.domain import keys
from crmcli.store.reading import Reading
from crmcli.store.workspace import find

SHELLS = ("bash", "zsh", "fish")
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "yaml", "md", "ids")
WHEN = ("today", "tomorrow", "3d", "1w", "2bd", "eom")
SPANS = ("1d", "2bd", "1w", "2w", "1mo", "1y")
ONE_RECORD = {
    *("show", "edit", "why", "next", "email preview"),
    *("questionnaire show", "questionnaire fill", "questionnaire render"),
}
ON_ACTIVITIES = {"done", "activity edit", "activity snooze", "activity reassign", "activity cancel"}
ON_RECORDS = (CHANGING - ON_ACTIVITIES) | ONE_RECORD
ASKING = {"list", "duplicates", "due", "board", "report pipeline", "activity list", "tick"}
ON_CONTACTS = {
    *(
        "contact show",
        "contact set",
        "contact opportunities",
        "contact edit",
        "contact note",
        "contact merge",
    ),
    *("contact new-opportunity", "contact export", "contact erase", "export vcf"),
}
Offer = Callable[["Line"], Iterable[Candidate]]


class Line:
    """A command line up to the cursor: its last word is the one to complete."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self.current = self.words[-1] if len(self.words) > 1 else ""
        self.command, self.rest = self.parsed(self.words[1:-1])

    def parsed(self, words: Sequence[str]) -> tuple[str, list[str]]:
        """The command, a group's name where it ends in one, and the words that follow it."""
        name, taken = "", 0
        while taken < len(words):
            word = words[taken]
            if word.startswith("-"):
                taken += 1 + (word in TAKING_VALUES)
                continue
            together = f"{name} {word}".strip()
            taken += 1
            is_group = together in GROUPS and not name
            name = together
            if not is_group:
                break  # a command, or anything else
        return name, list(words[taken:])

    @property
    def option(self) -> str:
        """The option whose value is to be completed, in a word of its own or behind `=`."""
        name, equals, _ = self.current.partition("=")
        if equals and name.startswith("--"):
            return name if name in TAKING_VALUES else ""
        last = self.words[-2] if len(self.words) > 2 else ""
        return last if last in TAKING_VALUES else ""

    @cached_property
    def references(self) -> list[str]:
        """The words behind the command that are neither options nor their values."""
        found, skip = [], False
        for word in self.rest:
            if skip or word.startswith("-"):
                skip = not skip and word in TAKING_VALUES
            else:
                found.append(word)
        return found

    @cached_property
    def lists(self) -> Lists:
        """What the workspace has that the command would work on."""
        directory = next((b for a, b in zip(self.words, self.words[1:], strict=False) if a == "-C"), "")
        return Lists(Reading(find(directory, os.environ.get("CRM_WORKSPACE"), Path.cwd())))

    def candidates(self) -> Iterator[Candidate]:
        """What the line can go on with."""
        if self.option:
            yield from self.values()
        elif self.current.startswith("-"):
            yield from self.options()
        elif self.command in COMMANDS:
            yield from self.arguments()
        elif self.command in GROUPS:
            yield from names(f"{self.command} ")
        elif not self.command:
            yield from names("")

    def values(self) -> Iterator[Candidate]:
        """What the option can be given."""
        offer = OFFERS.get((self.command, self.option)) or OFFERS.get(("", self.option))
        if offer is None:
            return
        lead = f"{self.option}=" if self.current.startswith(f"{self.option}=") else ""
        whole, self.current = self.current, self.current.removeprefix(lead)
        offered = list(offer(self))
        self.current = whole
        yield from under(lead, offered)

    def options(self) -> Iterator[Candidate]:
        """The options of the command."""
        from typer import Context

        from crmcli.cli import app

        command = app.program()
        for word in self.command.split():
            context = Context(command)
            command = command.get_command(context, word)  # type: ignore[attr-defined]
        for param in command.params:
            help = getattr(param, "help", "") or ""
            yield from (Candidate(each, help) for each in param.opts if each.startswith("-"))
        yield Candidate("--help", "show the help")

    def arguments(self) -> Iterator[Candidate]:
        """What the command works on."""
        if self.command in ON_RECORDS:
            yield from ASSIGNED[self.command](self) if self.command in ASSIGNED and self.references else ()
            yield from self.lists.questionnaires() if self.command == "questionnaire render" else ()
            if self.command not in ONE_RECORD or not self.references:
                yield from self.lists.records(self.current)
                yield from self.asked()
        elif self.command in ASKING | ON_ACTIVITIES:
            yield from self.lists.planned(self.current) if self.command in ON_ACTIVITIES else ()
            yield from conditions(self.lists, self.current)
        elif self.command in ON_CONTACTS:
            yield from self.lists.contacts(self.current)
        elif self.command in ARGUMENTS:
            yield from ARGUMENTS[self.command](self)

    def asked(self) -> Iterator[Candidate]:
        """The conditions that a command on records takes beside references; of one record a saved query."""
        if self.command in ONE_RECORD:
            return saved(self.lists) if self.current.startswith("@") else iter(())
        return conditions(self.lists, self.current) if self.current else iter(())

    def assignments(self) -> Iterator[Candidate]:
        """Fields to set, or the values that a field can have."""
        name, equals, value = self.current.partition("=")
        if equals:
            field = name.removesuffix("+").removesuffix("-")
            yield from under(f"{name}=", self.assigned(field, value))
            return
        from crmcli.domain.editing import ALIASES, EDITABLE

        own = (f"fields.{each.name}" for each in self.lists.config.fields)
        yield from plain(f"{field}=" for field in sorted([*EDITABLE, *ALIASES, "tags", *own]))

    def assigned(self, field: str, value: str) -> Iterator[Candidate]:
        """What a field can be set to."""
        from crmcli.cli.conditions import known

        prefix, _, rest = field.partition(".")
        if prefix == "fields":
            return iter(self.lists.values_of_field(rest))
        key = keys.by_name().get(field)
        return iter(known(self.lists, key, value)) if key else iter(())

    def answers(self) -> Iterator[Candidate]:
        """Questions to answer, or the answers that one can have."""
        asked = self.lists.asked_of(self.references[0])
        name, equals, _ = self.current.partition("=")
        if not equals:
            return (Candidate(f"{each.id}=", each.title) for each in asked)
        question = next((each for each in asked if each.id == name), None)
        return under(f"{name}=", self.lists.answers_to(question) if question else ())

    def field(self) -> Iterator[Candidate]:
        """A field of one's own with its value, as `--field` takes it."""
        name, equals, _ = self.current.partition("=")
        if equals:
            return under(f"{name}=", self.lists.values_of_field(name))
        return (Candidate(f"{each.word}=", each.help) for each in self.lists.fields())


ASSIGNED: dict[str, Offer] = {"set": Line.assignments, "questionnaire answer": Line.answers}
OFFERS: dict[tuple[str, str], Offer] = {  # (command, or any, and option): what it can be given
    ("", "-o"): lambda line: plain(FORMATS),
    ("", "--output"): lambda line: plain(FORMATS),
    ("questionnaire render", "-o"): lambda line: plain(("text", "md", "html")),
    ("questionnaire render", "--output"): lambda line: plain(("text", "md", "html")),
    ("", "--questionnaire"): lambda line: line.lists.questionnaires(),
    ("", "--errors"): lambda line: plain(("text", "json")),
    ("move", "--to"): lambda line: line.lists.stages_for(line.references),
    ("qualify", "--to"): lambda line: line.lists.stages_for(line.references),
    ("reopen", "--to"): lambda line: labelled(
        [each for each in line.lists.config.stages if not each.outcome]
    ),
    ("activity reassign", "--to"): lambda line: [*line.lists.users(), Candidate("owner")],
    ("", "--stage"): lambda line: labelled(line.lists.config.stages),
    ("", "--pipeline"): lambda line: labelled(line.lists.config.pipelines),
    ("", "--plan"): lambda line: labelled(line.lists.config.plans),
    ("lose", "--reason"): lambda line: labelled(line.lists.config.lost_reasons),
    ("", "--owner"): lambda line: line.lists.users(),
    ("", "--assignee"): lambda line: [*line.lists.users(), Candidate("owner")],
    ("", "--as"): lambda line: line.lists.users(),
    ("", "--add"): lambda line: line.lists.tags(),
    ("", "--tag"): lambda line: line.lists.tags(),
    ("", "--remove"): lambda line: line.lists.tags_of(line.references),
    ("", "--type"): lambda line: labelled(line.lists.config.activity_types),
    ("", "--next"): lambda line: labelled(line.lists.config.activity_types),
    ("", "--campaign"): lambda line: labelled(line.lists.config.marketing.campaigns),
    ("", "--medium"): lambda line: labelled(line.lists.config.marketing.mediums),
    ("", "--source"): lambda line: labelled(line.lists.config.marketing.sources),
    ("", "--link"): lambda line: labelled(line.lists.config.referral.links),
    ("", "--contact"): lambda line: line.lists.contacts(line.current),
    ("", "--referred-by"): lambda line: line.lists.contacts(line.current),
    ("", "--company"): lambda line: line.lists.contacts(line.current),
    ("", "--like"): lambda line: line.lists.records(line.current),
    ("", "-t"): lambda line: line.lists.templates(),
    ("email preview", "--template"): lambda line: line.lists.templates(),
    ("email queue", "--template"): lambda line: line.lists.templates(),
    ("", "--priority"): lambda line: plain("0123"),
    ("", "--due"): lambda line: plain(WHEN),
    ("", "--on"): lambda line: plain(WHEN),
    ("", "--close"): lambda line: plain(WHEN),
    ("", "--every"): lambda line: plain(SPANS),
    ("activity snooze", "--by"): lambda line: plain(SPANS),
    ("due", "--by"): lambda line: plain(("assignee", "type", "stage", "state", "week")),
    ("activity list", "--by"): lambda line: plain(("assignee", "type", "stage", "state", "week")),
    ("report sources", "--by"): lambda line: plain(("source", "medium", "campaign")),
    ("reward list", "--state"): lambda line: plain(("due", "paid", "void")),
    ("", "--field"): Line.field,
    ("contact import", "--format"): lambda line: plain(("csv", "vcf")),
    ("contact import", "--key"): lambda line: plain(("id", "email", "phone", "name")),
}


def topics(line: Line) -> Iterator[Candidate]:
    """What can be explained."""
    from crmcli.cli.topics import TOPICS

    yield from (*(Candidate(topic, "topic") for topic in TOPICS), *names(""))


def schemas(line: Line) -> list[Candidate]:
    """What has a schema."""
    from crmcli.domain.schemas import SCHEMAS

    return plain(SCHEMAS)


ARGUMENTS: dict[str, Offer] = {
    "outbox show": lambda line: line.lists.mails(),
    "help": topics,
    "schema": schemas,
    "completion": lambda line: plain(SHELLS),
}


def names(prefix: str) -> Iterator[Candidate]:
    """The commands of a group, or all, groups standing for theirs."""
    for name, listed in COMMANDS.items():
        if name.startswith(prefix) and " " not in name.removeprefix(prefix):
            yield Candidate(name.removeprefix(prefix), listed.help)
    yield from () if prefix else (Candidate(name, help) for name, help in GROUPS.items())


def main(arguments: Sequence[str]) -> int:
    """`crm __complete SHELL WORDS…`: a candidate a line; nothing at all on any mistake.

    bash gives the line up to the cursor, and the part of its last word that it would replace.
    """
    shell, *words = arguments or [""]
    with suppress(Exception):  # nobody wants to read what is wrong while typing
        if shell not in SHELLS:
            return 2
        typed, quote = insertion.split("".join(words[:1])) if shell == "bash" else (words, "")
        line = Line(typed)
        found = [each for each in line.candidates() if each.word.startswith(line.current)]
        replaced = "".join(words[1:2])
        put = (
            insertion.in_bash(line.current, replaced, quote, found)
            if shell == "bash"
            else insertion.elsewhere(found)
        )
        sys.stdout.write("".join(f"{text}\n" for text in put))
    return 0
