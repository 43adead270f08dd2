"""What a command line can go on with: asked by the shell at every <TAB>, so it imports next to nothing.

Only where options are asked for is the command itself imported, to be asked which it has.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from crmcli.cli.commands import COMMANDS, GROUPS
from crmcli.domain import keys
from crmcli.domain.config import Config
from crmcli.domain.documents import Document
from crmcli.domain.keys import IS_WORDS, Key, Type
from crmcli.domain.pipeline import Stage
from crmcli.store.reading import Reading
from crmcli.store.workspace import find

SHELLS = ("bash", "zsh", "fish")
HARMLESS = "_@%+=:,./-"
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "yaml", "md", "ids")
TAKING_VALUES = {
    *(
        "-C",
        "-o",
        "--output",
        "--fields",
        "--template",
        "--as",
        "--now",
        "--errors",
        "--to",
        "--stage",
        "--reason",
    ),
    *(
        "--owner",
        "--assignee",
        "--add",
        "--remove",
        "--tag",
        "--type",
        "-t",
        "--campaign",
        "--medium",
        "--source",
    ),
    *(
        "--link",
        "--contact",
        "--referred-by",
        "--company",
        "--like",
        "--summary",
        "--due",
        "--time",
        "-m",
        "--message",
    ),
    *(
        "--note",
        "--outcome",
        "--priority",
        "--probability",
        "--revenue",
        "--close",
        "--days",
        "--fix",
        "--timeout",
    ),
    *("--email", "--phone", "--job", "--street", "--postcode", "--city", "--field", "--description"),
}
DAYS = ("today", "tomorrow", "yesterday", "overdue", "..7d", "eom", "eoy", "none", "any")
ON_RECORDS = {
    *(
        "show",
        "edit",
        "set",
        "move",
        "win",
        "lose",
        "reopen",
        "qualify",
        "tag",
        "note",
        "delete",
        "why",
        "next",
    ),
    *("activity add", "email preview", "email queue"),
}
ONE_RECORD = {"show", "edit", "why", "next", "email preview"}
ASKING = {"list", "due", "board", "report pipeline", "activity list", "done"}
ON_CONTACTS = {"contact show", "contact set", "contact opportunities"}


class Candidate(NamedTuple):
    """A word that the line can go on with, and what it means."""

    word: str
    help: str = ""


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
                break  # a command, or what is none
        return name, list(words[taken:])

    @property
    def option(self) -> str:
        """The option whose value is to be completed."""
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
    def reading(self) -> Reading:
        """The workspace that the command would work on."""
        directory = next((b for a, b in zip(self.words, self.words[1:], strict=False) if a == "-C"), "")
        return Reading(find(directory, os.environ.get("CRM_WORKSPACE"), Path.cwd()))

    @property
    def config(self) -> Config:
        """Its configuration."""
        return self.reading.config

    def rows(self, sql: str, *parameters: str) -> list[Candidate]:
        """Two columns of the index as candidates."""
        return [
            Candidate(word, help or "") for word, help in self.reading.index.rows(sql, parameters) if word
        ]

    def candidates(self) -> Iterator[Candidate]:
        """What the line can go on with."""
        if self.option:
            yield from self.values_of(self.option)
        elif self.current.startswith("-"):
            yield from self.options()
        elif self.command in COMMANDS:
            yield from self.arguments()
        elif self.command in GROUPS:
            yield from names(f"{self.command} ")
        elif not self.command:
            yield from names("")

    def values_of(self, option: str) -> Iterator[Candidate]:
        """What an option can be given."""
        by_option: dict[str, Callable[[], Sequence[Candidate]]] = {
            "-o": lambda: [Candidate(each) for each in FORMATS],
            "--output": lambda: [Candidate(each) for each in FORMATS],
            "--errors": lambda: [Candidate("text"), Candidate("json")],
            "--to": self.legal_stages,
            "--stage": lambda: labelled(self.config.stages),
            "--reason": lambda: labelled(self.config.lost_reasons),
            "--owner": self.users,
            "--assignee": self.users,
            "--as": self.users,
            "--add": self.tags,
            "--tag": self.tags,
            "--remove": self.tags_to_remove,
            "--type": lambda: labelled(self.config.activity_types),
            "--campaign": lambda: labelled(self.config.marketing.campaigns),
            "--medium": lambda: labelled(self.config.marketing.mediums),
            "--source": lambda: labelled(self.config.marketing.sources),
            "--link": lambda: labelled(self.config.referral.links),
            "--contact": self.contacts,
            "--referred-by": self.contacts,
            "--company": self.contacts,
            "--like": self.records,
            "-t": self.templates,
            "--template": self.templates,
            "--priority": lambda: [Candidate(each) for each in "0123"],
            "--due": lambda: [Candidate(each) for each in ("today", "tomorrow", "3d", "1w", "2bd", "eom")],
            "--field": lambda: [Candidate(f"{each.name}=", each.label or "") for each in self.config.fields],
        }
        if option == "--template" and not self.command.startswith("email"):
            return
        yield from by_option[option]() if option in by_option else ()

    def options(self) -> Iterator[Candidate]:
        """The options of the command."""
        from typer import Context

        from crmcli.cli import app

        command = app.program()
        for word in self.command.split():
            context = Context(command)
            command = command.get_command(context, word)  # type: ignore[attr-defined]
        for param in command.params:
            yield from (
                Candidate(each, getattr(param, "help", "") or "")
                for each in param.opts
                if each.startswith("-")
            )
        yield Candidate("--help", "show the help")

    def arguments(self) -> Iterator[Candidate]:
        """What the command works on."""
        if self.command in ON_RECORDS:
            if self.command == "set" and self.references:
                yield from self.assignments()
            if self.command not in ONE_RECORD or not self.references:
                yield from self.records()
                yield from self.terms() if self.current and self.command not in ONE_RECORD else ()
        elif self.command in ASKING:
            yield from self.planned() if self.command == "done" else ()
            yield from self.terms()
        elif self.command in ON_CONTACTS:
            yield from self.contacts()
        elif self.command == "outbox show":
            files = (self.reading.root / "pipeline_data" / "outbox").glob("*.eml")
            yield from (Candidate(path.stem) for path in sorted(files))
        elif self.command == "help":
            from crmcli.cli.topics import TOPICS

            yield from (*(Candidate(topic, "topic") for topic in TOPICS), *names(""))
        elif self.command == "schema":
            from crmcli.domain.schemas import SCHEMAS

            yield from map(Candidate, SCHEMAS)
        elif self.command == "completion":
            yield from map(Candidate, ("bash", "zsh", "fish"))

    def records(self) -> list[Candidate]:
        """Records whose ids begin so, the latest news first, with their titles."""
        if not self.current.isalnum() and self.current:
            return []
        return self.rows(
            "SELECT id, title FROM record WHERE id GLOB ? ORDER BY lost IS NOT NULL, touched DESC LIMIT 200",
            f"{self.current}*",
        )

    def contacts(self) -> list[Candidate]:
        """Contacts whose ids or e-mails begin so, with their names."""
        beginning = f"{self.current.lower()}*" if not set(self.current) & set("*?[") else "-"
        found = self.rows("SELECT id, name FROM contact WHERE id GLOB ? ORDER BY folded LIMIT 200", beginning)
        return found + self.rows(
            "SELECT v.value, c.name FROM contact_value v JOIN contact c ON c.rowid = v.contact "
            "WHERE v.key = 'email' AND v.folded GLOB ? ORDER BY 1 LIMIT 200",
            beginning if self.current else "-",
        )

    def planned(self) -> list[Candidate]:
        """Activities that can be done, by deadline."""
        if not self.current.isalnum() and self.current:
            return []
        return self.rows(
            "SELECT id, COALESCE(due, '') || ' ' || COALESCE(summary, type) FROM activity "
            "WHERE state = 'planned' AND id GLOB ? ORDER BY COALESCE(due, '9') LIMIT 200",
            f"{self.current}*",
        )

    def users(self) -> list[Candidate]:
        """The users there are."""
        return [Candidate(user.id, user.name or "") for user in self.config.users]

    def tags(self) -> list[Candidate]:
        """The tags there are, those used most first."""
        used = self.rows(
            "SELECT value, COUNT(*) || '×' FROM tag GROUP BY value ORDER BY COUNT(*) DESC, value"
        )
        known = {each.word for each in used}
        return [*used, *(Candidate(tag) for tag in self.config.tags if tag not in known)]

    def tags_to_remove(self) -> list[Candidate]:
        """The tags that the records have, else all."""
        marks = ", ".join("?" * len(self.references))
        own = self.rows(
            "SELECT DISTINCT t.value, r.title FROM tag t JOIN record r ON r.rowid = t.record "  # noqa: S608
            f"WHERE r.id IN ({marks}) ORDER BY 1",
            *self.references,
        )
        return own or self.tags()

    def legal_stages(self) -> list[Candidate]:
        """The stages that the first record may enter, else all."""
        found = self.reading.index.kept(self.references[0]) if self.references else None
        held = {**found.held, **found.long} if found else {}
        return labelled([stage for stage in self.config.stages if not held or is_legal(stage, held)])

    def templates(self) -> list[Candidate]:
        """The e-mail templates there are."""
        folder = self.reading.root / "templates" / "email"
        return [Candidate(path.name.removesuffix(".j2")) for path in sorted(folder.glob("*.j2"))]

    def assignments(self) -> Iterator[Candidate]:
        """Fields to set, or the values that a field can have."""
        name, equals, _ = self.current.partition("=")
        if equals:
            known = keys.by_name().get(name.removesuffix("+").removesuffix("-"))
            values = self.known_values(known) if known else ()
            yield from (each._replace(word=f"{name}={each.word}") for each in values)
            return
        from crmcli.domain.editing import ALIASES, EDITABLE

        fields = [*EDITABLE, *ALIASES, "tags", *(f"fields.{each.name}" for each in self.config.fields)]
        yield from (Candidate(f"{field}=") for field in sorted(fields))

    def terms(self) -> Iterator[Candidate]:
        """Conditions of a query, or the values that a key can have."""
        lead = "not:" if self.current.startswith("not:") else ""
        typed = self.current.removeprefix(lead)
        if typed.startswith("+"):
            yield from (each._replace(word=f"{lead}+{each.word}") for each in self.tags())
        elif typed.startswith("@"):
            yield from (Candidate(f"@{name}", text) for name, text in self.config.queries.items())
        elif ":" not in typed:
            yield from (Candidate(f"{lead}{name}:", help) for name, help in self.key_names(lead))
        else:
            name, _, value = typed.partition(":")
            done = value[: value.rindex(",") + 1] if "," in value else ""
            yield from (
                each._replace(word=f"{lead}{name}:{done}{each.word}") for each in self.values_in(name)
            )

    def key_names(self, lead: str) -> Iterator[tuple[str, str]]:
        """The keys of queries, with what they mean."""
        yield from ((name, key.help) for name, key in keys.by_name().items())
        yield from ((f"field.{each.name}", each.label or "") for each in self.config.fields)
        yield from (("is", "open, won, lost, lead …"), ("text", "a word in any text"))
        if not lead:
            yield from (("not", "turns a condition round"), ("sort", "the order"), ("limit", "how many"))

    def values_in(self, name: str) -> Iterator[Candidate]:
        """What can stand behind a key."""
        name = name.removesuffix(".not")
        if name == "is":
            yield from (Candidate(word, what.help) for word, what in IS_WORDS.items())
        elif name == "sort":
            yield from (Candidate(f"{sign}{key.name}", key.help) for key in keys.KEYS for sign in ("", "-"))
        elif name.startswith("field."):
            field = self.config.custom_field(name.removeprefix("field."))
            yield from map(Candidate, field.choices if field else ())
        elif key := keys.by_name().get(name.partition(".")[0]):
            yield from self.known_values(key)

    def known_values(self, key: Key) -> Sequence[Candidate]:
        """The values that a key can have, as far as they can be listed."""
        if key.name == "tag":
            return self.tags()
        if key.name == "owner":
            return [*self.users(), Candidate("me")]
        if key.choices and (known := key.choices(self.config)):
            return [Candidate(each) for each in known]
        if key.type is Type.DATE:
            return [Candidate(each) for each in DAYS]
        return [Candidate("none"), Candidate("any")]


def names(prefix: str) -> Iterator[Candidate]:
    """The commands of a group, or all, groups standing for theirs."""
    for name, listed in COMMANDS.items():
        if name.startswith(prefix) and " " not in name.removeprefix(prefix):
            yield Candidate(name.removeprefix(prefix), listed.help)
    yield from () if prefix else (Candidate(name, help) for name, help in GROUPS.items())


def is_legal(stage: Stage, held: Document) -> bool:
    """May a record that holds this enter a stage, as far as fields and its own stage tell?"""
    filled = {key for key, value in {**held, **held.get("fields", {})}.items() if value != ""}
    own = held.get("stage")
    return stage.id != own and set(stage.require) <= filled and own in (stage.won_from or (own,))


def labelled(entries: Sequence[object]) -> list[Candidate]:
    """The entries of a list of the configuration."""
    return [Candidate(getattr(each, "id", ""), getattr(each, "label", None) or "") for each in entries]


def split(line: str) -> list[str]:
    """The words of a line as bash would read them; the last one may be unfinished."""
    for ending in ("", "'", '"'):
        with suppress(ValueError):
            words = shlex.split(line + ending)
            return [*words, ""] if not ending and (not line or line[-1].isspace()) else words
    return line.split(" ")


def main(arguments: Sequence[str]) -> int:
    """`crm __complete SHELL WORDS…`: a candidate a line; nothing at all on any mistake."""
    shell, *words = arguments or [""]
    with suppress(Exception):  # nobody wants to read what is wrong while typing
        if shell not in SHELLS:
            return 2
        line = Line(split("".join(words[:1])) if shell == "bash" else words)
        found = [each for each in line.candidates() if each.word.startswith(line.current)]
        sys.stdout.write("".join(f"{text}\n" for text in written(shell, line.current, found)))
        sys.stdout.flush()
    return 0


def can_be_put_in(shell: str, word: str) -> bool:
    """Is this a word that stays one when it stands in a command line?

    bash puts it in as it is: an address such as `$(reboot)@example.org` would be run. The other
    shells quote.
    """
    if shell != "bash":
        return word.isprintable()
    return all(char.isalnum() or char in HARMLESS for char in word)


def written(shell: str, current: str, found: Sequence[Candidate]) -> Iterator[str]:
    """Candidates as a shell takes them.

    bash replaces what follows the last `:` or `=` only, and shows no meanings: they stand behind the
    words where there are several to choose from, which it then does not put in.
    """
    from crmcli.cli.people import visible

    known = {each.word: each for each in found if can_be_put_in(shell, each.word)}.values()
    for word, help in known:
        meaning = " ".join(visible(help).split())
        if shell != "bash":
            yield f"{word}\t{meaning}" if meaning else word
            continue
        kept = max(current.rfind(sign) for sign in ":=@") + 1
        yield (
            f"{word[kept:]}  ({meaning})" if meaning and len(known) > 1 and word[-1:] != ":" else word[kept:]
        )
