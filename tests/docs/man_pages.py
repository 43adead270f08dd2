"""The manual pages, from the command table and the help of each command: `make man` writes docs/man.

`crm(1)` has the options that every command has, and the topics of `crm help`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from click import Context
from click.core import Parameter

from crmcli import __version__
from crmcli.cli.app import build_command, build_program, common_params
from crmcli.cli.command_table import COMMANDS, SECTIONS, Listed
from crmcli.cli.commands.help import TOPICS

FOLDER = Path(__file__).parents[2] / "docs" / "man"
COMMON = Listed("", "", "", "")  # has only the options of all commands
ALWAYS = ("--help",)


def write_pages() -> dict[str, str]:
    """The text of each page, by the name of its file."""
    pages = {"crm.1": "\n".join(format_main()) + "\n"}
    for name, listed in COMMANDS.items():
        pages[f"crm-{name.replace(' ', '-')}.1"] = "\n".join(format_command(name, listed)) + "\n"
    return pages


def format_main() -> Iterator[str]:
    """The page of the program itself."""
    yield from format_head("crm", "a sales pipeline in plain files")
    yield from (".SH SYNOPSIS", r".B crm", r"[\-C DIR] COMMAND [ARGUMENTS] [OPTIONS]")
    yield from (
        ".SH DESCRIPTION",
        escape("Every opportunity is one YAML file in a directory that git can keep."),
    )
    yield escape("Each command has a page of its own, such as crm-list(1) and crm-contact-create(1).")
    yield ".SH COMMANDS"
    for section in SECTIONS:
        rows = [(name, each.help) for name, each in COMMANDS.items() if each.section == section]
        yield from (f".SS {escape(section)}", *format_terms((f"crm {name}", help) for name, help in rows))
    yield ".SH OPTIONS"
    yield "Every command has these."
    context = Context(build_program(), info_name="crm")
    yield from format_terms(list_records(common_params(COMMON), context))
    for topic, text in TOPICS.items():
        _, _, body = text().partition("\n\n")
        yield from (f".SH {escape(topic.upper())}", ".nf", *map(escape, body.rstrip().splitlines()), ".fi")


def format_command(name: str, listed: Listed) -> Iterator[str]:
    """The page of a command."""
    command = build_command(name, listed)
    parent = Context(build_program(), info_name="crm")
    if " " in name:
        parent = Context(parent.command, info_name=name.partition(" ")[0], parent=parent)
    context = Context(command, info_name=name.rpartition(" ")[2], parent=parent)
    yield from format_head(f"crm-{name.replace(' ', '-')}", listed.help[0].lower() + listed.help[1:])
    yield from (
        ".SH SYNOPSIS",
        f".B crm {escape(name)}",
        escape(" ".join(command.collect_usage_pieces(context))),
    )
    told, _, examples = (command.help or "").partition("\b\nExamples:\n")
    yield ".SH DESCRIPTION"
    for index, paragraph in enumerate(told.strip().split("\n\n")):
        yield from ([".PP"] if index else [])
        yield from map(escape, paragraph.replace("\b\n", "").splitlines())
    if examples:
        yield from (
            ".SH EXAMPLES",
            ".nf",
            *(escape(line[2:]) for line in examples.rstrip().splitlines()),
            ".fi",
        )
    common = {each.name for each in common_params(COMMON)}
    own = [each for each in command.params if each.name not in common]
    arguments = [each for each in own if each.param_type_name == "argument"]
    options = [each for each in own if each.param_type_name == "option" and each.opts[0] not in ALWAYS]
    for heading, params in (("ARGUMENTS", arguments), ("OPTIONS", options)):
        rows = list(list_records(params, context))
        yield from (f".SH {heading}", *format_terms(rows)) if rows else ()
    yield from (".SH SEE ALSO", escape("crm(1), for the options that every command has"))


def list_records(params: "list[Parameter]", context: Context) -> Iterator[tuple[str, str]]:
    """The names of parameters and their help, as `--help` shows them."""
    return (record for each in params if (record := each.get_help_record(context)))


def format_head(name: str, what: str) -> Iterator[str]:
    """The title of a page, without a date: the same sources give the same page."""
    yield f'.TH "{escape(name.upper())}" "1" "" "crm {__version__}" "crm"'
    yield from (".SH NAME", f"{escape(name)} \\- {escape(what)}")


def format_terms(rows: "Iterator[tuple[str, str]] | list[tuple[str, str]]") -> Iterator[str]:
    """A list of terms with their explanations."""
    for term, text in rows:
        yield from (".TP", f".B {escape(term)}", escape(" ".join(text.split()) or "-"))


def escape(text: str) -> str:
    """A line of text as troff takes it literally."""
    told = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return f"\\&{told}" if told.startswith((".", "'")) else told


def main() -> None:
    """Write the pages, and remove those of commands that are gone."""
    pages = write_pages()
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.1"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text, "utf-8")
    sys.stdout.write(f"{len(pages)} pages in docs/man\n")


if __name__ == "__main__":
    main()
