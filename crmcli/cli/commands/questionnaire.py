"""`crm questionnaire …`: the questions about each kind of project, and their answers."""

import json
import re
import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from crmcli.checks import questionnaire_checks
from crmcli.cli import streams
from crmcli.cli.commands.check import reported
from crmcli.cli.commands.show import Ref, named
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.cli.pages import answer_pages
from crmcli.cli.selection import KeepGoing, Refs, Yes, change_each
from crmcli.domain.documents.answer_documents import AnswerDocument, QuestionnaireDocument
from crmcli.domain.model.answer_types import Given
from crmcli.domain.model.questionnaires import questionnaire_by_id
from crmcli.domain.records import questionnaire_sheet
from crmcli.domain.records.answer import asked_of
from crmcli.domain.values.errors import Exit, UsageError
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.list_entries import find_entry
from crmcli.domain.values.values import Plain
from crmcli.domain.values.visible_text import visible
from crmcli.mail.outgoing import questionnaire_templates
from crmcli.operations import opportunities
from crmcli.store.codec.parser import BadYaml, parse_yaml

ANSWER = r"(?s)([^\W\d][^=:\n]*?)\s*=(.*)"  # the id of a question, or its label
LONGEST_NUMBER = 20  # exponent below which numbers in JSON are written out: 1e2 is 100


def format_kind(kind: dict[str, Any] | None) -> str:
    """Return the projects that a questionnaire is for, as text."""
    return f"{kind['field']}: {', '.join(kind['is'])}" if kind else ""


def list_questionnaires(ctx: typer.Context) -> int:
    """List questionnaires, the projects that each is for, and how many open records use it.

    \b
    Examples:
      crm questionnaire list
      crm questionnaire list -o ids
      crm questionnaire list -o json
    """
    call: CommandContext = ctx.obj
    reading = call.request.reading()
    asked = reading.index.asked(call.query(["is:open"]), call.request.viewing)
    rows = [
        answer_pages.of_questionnaire(each, asked.get(id, 0)) for id, each in reading.questionnaires.items()
    ]
    for error in reading.questionnaires.unreadable.values():
        messages.print_warning(f"{error}; skipped")
    return printing.print_rows(call, rows, columns_of(QuestionnaireDocument, shown={"for": format_kind}))


def show(ctx: typer.Context, reference: Ref) -> int:
    """Show the answers about a record's project, and what is missing.

    \b
    Examples:
      crm questionnaire show xgcej9p8
      crm questionnaire show enpgbmme
      crm questionnaire show xgcej9p8 -o json --fields done,missing
    """
    call: CommandContext = ctx.obj
    facts = named(call, call.request.reading(), reference)
    sheet = questionnaire_sheet.sheet_of(asked_of(facts), facts.opportunity)
    document = answer_pages.build_answers_document(facts, sheet)
    if call.output.format in ("table", "json") and not (
        call.output.columns and call.output.format == "table"
    ):
        return printing.print_page(
            call, document, lambda: answer_pages.format_answer_page(facts, sheet), columns_of(AnswerDocument)
        )
    return printing.print_rows(call, document.questions, columns_of(AnswerDocument))


def check(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]…", help="default: all of the workspace")
    ] = None,
) -> int:
    """Check the questionnaire files and report every mistake with its line. Exit 5 on problems.

    \b
    Examples:
      crm questionnaire check
      crm questionnaire check questionnaires/pag.yaml
      crm questionnaire check -o json
    """
    call: CommandContext = ctx.obj
    if not paths:
        return reported(call, questionnaire_checks.of_workspace(call.request.workspace))
    files = [path if Path(path).suffix else f"{path}.yaml" for path in paths]
    return reported(
        call,
        [
            found
            for each in files
            for found in questionnaire_checks.of_file(each, Path(each), call.request.config)
        ],
    )


def answer(
    ctx: typer.Context,
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="REF… KEY=VALUE…", help="key= clears; REF - reads JSON or YAML from stdin"),
        offers.ANSWERS,
    ],
    questionnaire: Annotated[
        str,
        typer.Option(metavar="ID", help="use this questionnaire from now on, see crm questionnaire list"),
        offers.QUESTIONNAIRE,
    ] = "",
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Answer questions about a record's project. If one answer is invalid, none is stored.

    \b
    Examples:
      crm questionnaire answer xgcej9p8 surface=120 conduit_existant=oui
      crm questionnaire answer xgcej9p8 isolation=bonne dpe= --dry-run
      echo '{"stockage": "garage", "budget": 7500}' | crm questionnaire answer xgcej9p8 -
    """
    call: CommandContext = ctx.obj
    assigned = [found for each in arguments if (found := re.fullmatch(ANSWER, each))]
    references = [each for each in arguments if not re.fullmatch(ANSWER, each)]
    given: dict[str, Given] = {found[1]: found[2] for found in assigned}
    if len(references) > 1 and "-" in references:
        references.remove("-")
        given = {**answers_from_stdin(), **given}
    if not references or not (given or questionnaire):
        hint = "crm questionnaire answer k7f3q9mx surface=120"
        raise UsageError("answer needs records and answers", hint=hint)
    operation = partial(
        opportunities.answer_questionnaire,
        answers=given,
        questionnaire=questionnaire,
    )
    return change_each(call, references, operation, yes=yes, keep_going=keep_going)


def switch(
    ctx: typer.Context,
    references: Refs,
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="see crm questionnaire list"), offers.QUESTIONNAIRE
    ],
    yes: Yes = False,
    keep_going: KeepGoing = False,
) -> int:
    """Choose another questionnaire for records. Answers that both ask for count; the others are kept.

    \b
    Examples:
      crm questionnaire switch xgcej9p8 pab --dry-run
      crm questionnaire switch xgcej9p8 pab
      crm questionnaire switch field.appliance:PAB questionnaire:pag pab --yes --dry-run
    """
    operation = partial(opportunities.switch_questionnaire, questionnaire=kind)
    return change_each(ctx.obj, references, operation, yes=yes, keep_going=keep_going)


def answers_from_stdin() -> dict[str, Given]:
    """Return the answers on standard input, by question, from a mapping in JSON or YAML.

    Raises UsageError for anything else.
    """
    text = streams.read_stdin()
    try:
        tree: Any = (
            json.loads(text, parse_float=Decimal) if text.lstrip().startswith("{") else parse_yaml(text)
        )
    except (BadYaml, ValueError, RecursionError) as error:
        raise UsageError(f"is neither JSON nor YAML: {error}", where="standard input") from None
    if not isinstance(tree, dict):
        raise UsageError(
            "is not a mapping of questions to answers", where="standard input", hint="surface: 120"
        )
    return {key: given_as(key, value) for key, value in tree.items()}


def given_as(key: str, value: Any) -> Given:
    """Return an answer of a document as a user would type it; null clears it.

    Raises UsageError for a mapping.
    """
    match value:
        case None | Plain(text="" | "~" | "null"):
            return ""
        case bool():
            return "yes" if value else "no"
        case Plain(text=text):
            return text
        case Decimal() if abs(value.adjusted()) < LONGEST_NUMBER:
            return f"{value:f}"
        case str() | int() | float() | Decimal():
            return str(value)
        case list():
            return [str(given_as(key, each)) for each in value]
    raise UsageError(f"{key} is not an answer", where="standard input", hint=f"{key}: 120, or a list")


def render(
    ctx: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(metavar="REF|ID", help="a record, or a questionnaire to fill in"),
        offers.PRINTABLE,
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FORMAT", help="text, md, html"), offers.FORM_FORMAT
    ] = "text",
) -> int:
    """Print a questionnaire for paper or mail: blank by its id, or with a record's answers.

    The text form can be sent to a customer; crm ingest takes the answers from the reply.

    \b
    Examples:
      crm questionnaire render pag
      crm questionnaire render xgcej9p8 -o md
      crm questionnaire render xgcej9p8 -o html > questionnaire.html
    """
    call: CommandContext = ctx.obj
    if output not in questionnaire_templates.FORMATS:
        raise UsageError(f"unknown format {output!r}", hint=", ".join(questionnaire_templates.FORMATS))
    reading = call.request.reading()
    if not is_id(reference) and find_entry(reference, reading.questionnaires.listed):
        blank = questionnaire_by_id(reading.questionnaires, reference)
        text = questionnaire_templates.render_blank(reading.root, blank, call.request.config, output)
    else:
        facts = named(call, reading, reference)
        asked_of(facts)
        text = questionnaire_templates.render_filled(reading.root, facts, call.request.today, output)
    if not call.output.quiet:
        sys.stdout.write(visible(text))
    return Exit.OK
