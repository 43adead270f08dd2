"""The program: a command group that imports commands when they are called, and the handling of errors."""

import re
import shlex
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from crmcli import __version__
from crmcli.cli import streams
from crmcli.cli.command_table import COMMANDS, GROUPS, SECTIONS, Listed
from crmcli.cli.mail_delivery import begin_delivery, end_delivery, is_delivery
from crmcli.cli.output.messages import language_of_messages, print_error
from crmcli.cli.typer_internals import (
    ClickException,
    Command,
    Context,
    HelpFormatter,
    MissingParameter,
    NoSuchOption,
    Parameter,
)
from crmcli.domain.values.errors import CrmError, Exit, StoppedError, UsageError
from crmcli.domain.values.suggest import suggest_name

OTHER_WORDS = {  # commands of other programs
    "add": "create",
    "find": "list",
    "ls": "list",
    "new": "create",
    "postpone": "snooze",
    "remove": "delete",
    "rm": "delete",
    "search": "list",
}
MOST_ELSEWHERE = 3  # commands of other groups that are suggested together
WORD = r"-[^\W\d_][\w-]+"
NEGATED = r"-[a-z_]+[a-z_.-]*:.*"
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class CrmCommand(TyperCommand):
    """A command that takes the common options besides its own; `ctx.obj` is their CommandContext."""

    own: frozenset[str]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the arguments; an option whose value may be left out, `[PATH]`, gets an empty one."""
        optional = {
            name
            for param in self.params
            if param.param_type_name == "option" and str(param.metavar or "").startswith("[")
            for name in param.opts
        }
        return super().parse_args(ctx, give_empty_values(args, optional) if optional else args)

    def invoke(self, ctx: Context) -> Any:
        """Run the command with its own options; the common ones are passed in `ctx.obj`."""
        from crmcli.cli.context import CommandContext

        options = {name: ctx.params.pop(name) for name in list(ctx.params) if name not in self.own}
        before = ctx.find_root().params  # given before the command's name
        given = {"directory": before.get("directory") or "", "errors": before.get("errors") or "text"}
        ctx.obj = CommandContext({**options, **{name: options[name] or given[name] for name in given}})
        try:
            code = super().invoke(ctx)
        except KeyboardInterrupt:  # the parser would turn it into a silent exit
            raise StoppedError("interrupted") from None
        return Exit.PARTLY if ctx.obj.request.is_partly_done and not code else code


class CrmGroup(TyperGroup):
    """A group whose commands are imported when they are called."""

    def prefixed(self) -> str:
        """Return the prefix of this group's commands in the table; it is empty for the program itself."""
        return f"{self.name} " if self.name in GROUPS else ""

    def listed(self) -> dict[str, Listed]:
        """Return the commands of this group by their last word; commands of subgroups are left out."""
        prefix = self.prefixed()
        return {
            name.removeprefix(prefix): listed
            for name, listed in COMMANDS.items()
            if name.startswith(prefix) and " " not in name.removeprefix(prefix)
        }

    def list_commands(self, ctx: Context) -> list[str]:
        """Return the names of all commands and groups, for help and suggestions."""
        return [*self.listed(), *([] if self.prefixed() else GROUPS)]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return the command or group with this name; the command's module is imported now."""
        if not self.prefixed() and cmd_name in GROUPS:
            return build_group(cmd_name)
        listed = self.listed().get(cmd_name)
        if listed is None and not ctx.resilient_parsing:
            hint = suggest_command(cmd_name, self.list_commands(ctx)) or f"{ctx.command_path} --help"
            raise UsageError(f"no command {cmd_name!r}", hint=hint)
        return build_command(f"{self.prefixed()}{cmd_name}", listed) if listed else None

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the commands by section, without importing any."""
        sections: dict[str, list[tuple[str, str]]] = {section: [] for section in SECTIONS}
        for name, listed in self.listed().items():
            sections[listed.section].append((name, listed.help))
        for name, help in GROUPS.items() if not self.prefixed() else ():
            first = next(each for full, each in COMMANDS.items() if full.startswith(f"{name} "))
            sections[first.section].append((f"{name} …", help))
        for section, rows in sections.items():
            if not rows:
                continue
            with formatter.section(section):
                formatter.write_dl(rows)


def give_empty_values(args: Sequence[str], names: set[str]) -> list[str]:
    """Return arguments in which these options have an empty value where none follows.

    >>> give_empty_values(["--fix", "-q"], {"--fix"}), give_empty_values(["--fix", "a.yaml"], {"--fix"})
    (['--fix', '', '-q'], ['--fix', 'a.yaml'])
    """
    given: list[str] = []
    for word, following in zip(args, [*args[1:], "-"], strict=False):
        given += [word, ""] if word in names and following.startswith("-") else [word]
    return given


def build_command(name: str, listed: Listed) -> Command:
    """Return a command, with the common options after its own."""
    module = import_module(f"crmcli.cli.commands.{listed.module}")
    function = getattr(module, listed.function)
    built = build_parser(function, name.rpartition(" ")[2], CrmCommand)
    assert isinstance(built, CrmCommand)
    built.own = frozenset(param.name for param in built.params if param.name)
    common = [param for param in common_params(listed) if param.name not in built.own]
    built.params = [*built.params, *common]
    return built


def build_parser(function: Any, name: str, cls: type[TyperCommand]) -> Command:
    """Return the parser of a function."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=SETTINGS)
    app.command(name, cls=cls)(function)
    return typer.main.get_command(app)


def common_params(listed: Listed) -> list[Parameter]:
    """Return the common options of a command: of all commands, of those that write, of those with a query."""
    from crmcli.cli import context

    wanted = {
        context.query_options: listed.asks,
        context.write_options: listed.writes,
        context.common_options: True,
    }
    sources = [source for source, is_wanted in wanted.items() if is_wanted]
    return [param for source in sources for param in build_parser(source, "options", TyperCommand).params]


def build_group(name: str) -> Command:
    """Return a group of commands, such as `contact`."""
    return CrmGroup(
        name=name,
        help=GROUPS[name],
        rich_markup_mode=None,
        no_args_is_help=True,
        context_settings=SETTINGS,
    )


def root_command(
    ctx: typer.Context,
    directory: str = typer.Option("", "-C", metavar="DIR", help="workspace directory"),
    errors: str = typer.Option("text", "--errors", metavar="FORMAT", help="print errors as text or json"),
    version: bool = typer.Option(False, "--version", help="print the version"),
) -> None:
    """A sales pipeline in plain files: every opportunity is one YAML file."""
    if version:
        sys.stdout.write(f"crm {__version__}\n")
        raise typer.Exit()
    if ctx.invoked_subcommand is None:
        sys.stdout.write(f"{ctx.get_help()}\n")


def build_program() -> Command:
    """Return the whole command line; no command is imported yet."""
    app = typer.Typer(
        cls=CrmGroup,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )
    app.callback(invoke_without_command=True)(root_command)
    built = typer.main.get_command(app)
    built.name = "crm"
    return built


def run_program() -> int:
    """Run the command line and return its exit code; a mail program gets one that it understands."""
    arguments = sys.argv[1:]
    streams.open_all()
    begin_delivery(arguments)
    try:
        code = run_command()
    except Exception as error:  # unexpected; a person sees where it happened
        if not is_delivery(arguments):
            raise
        print_error(CrmError(f"{type(error).__name__}: {error}"))
        code = Exit.FAILURE
    return end_delivery(arguments, code)


def run_command() -> int:
    """Run the command line and return its exit code; an expected failure is printed on one line."""
    try:
        refuse_what_is_no_text(sys.argv[1:])
        result = build_program().main(prog_name="crm", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else Exit.OK
    except CrmError as error:
        print_error(error)
        return error.code
    except ClickException as error:
        print_error(
            suggest_negation(sys.argv[1:])
            or unknown_option(error)
            or missing_value(error)
            or UsageError(lower_message(error.format_message()))
        )
        return Exit.USAGE
    except typer.Abort:
        print_error(CrmError(language_of_messages().translate("stopped, nothing was changed")))
        return Exit.FAILURE
    except (BrokenPipeError, SystemExit):  # the parser turns BrokenPipeError into SystemExit
        streams.silence_output()
        return Exit.OK
    except OSError as error:
        streams.silence_output()
        print_error(CrmError(str(error.strerror), where=str(error.filename or "output")))
        return Exit.FAILURE
    except KeyboardInterrupt:
        print_error(StoppedError("interrupted"))
        return Exit.INTERRUPTED


def refuse_what_is_no_text(arguments: list[str]) -> None:
    """Check that the arguments are valid UTF-8, so that they can be written into files.

    Raises UsageError for bytes that are not UTF-8.
    """
    for number, argument in enumerate(arguments, start=1):
        if any("\ud800" <= char <= "\udfff" for char in argument):
            raise UsageError("is not UTF-8", where=f"argument {number}")


def suggest_command(name: str, here: Sequence[str]) -> str:
    """Return the command meant by an unknown one: one of this group, else those so called elsewhere."""
    meant = OTHER_WORDS.get(name, name)
    form = name.rpartition(".")[2]  # a file where the form of its content is missing: crm import deals.csv
    if form != name and form in here:
        return f"did you mean {form} {name}?"
    if meant in here:
        return f"did you mean {meant}?"
    elsewhere = [each for each in COMMANDS if each.rpartition(" ")[2] == meant]
    if 0 < len(elsewhere) <= MOST_ELSEWHERE:
        return f"did you mean {' or '.join(f'crm {each}' for each in elsewhere)}?"
    return suggest_name(name, here)


def suggest_negation(arguments: list[str]) -> UsageError | None:
    """Return the error for a condition negated as `-key:value`, with the hint `not:key:value`, or None."""
    term = next((each for each in arguments if re.fullmatch(NEGATED, each)), None)
    return UsageError(f"{term!r} is not a valid condition", hint=f"not:{term[1:]}") if term else None


def unknown_option(error: ClickException) -> UsageError | None:
    """Return the error for an unknown option or a word such as `-tag`, with a hint; None for other errors."""
    if not isinstance(error, NoSuchOption):
        return None
    name = error.option_name
    word = next((each for each in sys.argv[1:] if re.fullmatch(WORD, each) and each.startswith(name)), "")
    if word:
        return UsageError(f"no option {word!r}", hint=f"not:+{word[1:]} for those without that tag")
    known = [each for param in error.ctx.command.params for each in param.opts] if error.ctx else []
    longs = [each.removeprefix("--") for each in known if each.startswith("--")]
    near = suggest_name(name.lstrip("-"), longs).replace("did you mean ", "did you mean --")
    return UsageError(
        f"no option {name!r}", hint=near or (f"{error.ctx.command_path} --help" if error.ctx else "")
    )


def missing_value(error: ClickException) -> UsageError | None:
    """Return the error for a missing argument or option, with what was typed completed; None for others."""
    if not isinstance(error, MissingParameter) or error.ctx is None or error.param is None:
        return None
    said = lower_message(error.format_message())
    option = next((each for each in error.param.opts if each.startswith("--")), "")
    value = error.param.make_metavar(error.ctx)
    typed = shlex.join(["crm", *sys.argv[1:]])
    hint = f"{typed} {option} {value}" if option else f"{error.ctx.command_path} {value}"
    return UsageError(said, hint=hint if "\n" not in hint else f"{error.ctx.command_path} --help")


def lower_message(message: str) -> str:
    """Return a message of the parser in the style of crm: a lower-case first letter, no full stop."""
    return (message[:1].lower() + message[1:]).rstrip(".")
