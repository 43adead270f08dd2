"""`crm questionnaire fill`: ask questions one by one at a terminal, and save each answer at once."""

import sys
from collections.abc import Iterator, Mapping
from itertools import count, islice
from string import ascii_lowercase
from typing import Annotated

import typer

from crmcli.cli.commands.show import Ref
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages
from crmcli.cli.pages import answer_pages, opportunity_page
from crmcli.domain.localization.said_errors import say_error
from crmcli.domain.localization.translations import (
    Language,
    deferred,
    screen_language,
    translate,
)
from crmcli.domain.model import answer_types
from crmcli.domain.model.answer_types import Given
from crmcli.domain.model.config import FieldType
from crmcli.domain.model.custom_fields import split_choices
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Choice, Question, Questionnaire
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records import answer, questionnaire_sheet
from crmcli.domain.records.questionnaire_sheet import Asked, Item, Sheet
from crmcli.domain.values.errors import Exit, RefusedError, StoppedError, UsageError
from crmcli.domain.values.list_entries import Named, find_entry
from crmcli.domain.values.visible_text import visible
from crmcli.operations import opportunities
from crmcli.operations.change_records import Selection

BACK, HELP, NOTHING, QUIT = "<", "?", "-", "q"
KEYS = deferred("Enter skips, or accepts what is in [ ]; < back, - no answer, ? help, q quit")


def fill(
    ctx: typer.Context,
    reference: Ref,
    questionnaire: Annotated[
        str,
        typer.Option(metavar="ID", help="use this questionnaire from now on, see crm questionnaire list"),
        offers.QUESTIONNAIRE,
    ] = "",
) -> int:
    """Fill in a questionnaire at the terminal, one question at a time, from the first open question.

    Each answer is saved at once, so you can stop at any time. Scripts use crm questionnaire answer.

    \b
    Examples:
      crm questionnaire fill xgcej9p8
      crm questionnaire fill enpgbmme
      crm questionnaire fill teqcvdqh --questionnaire foyer
    """
    call: CommandContext = ctx.obj
    if not sys.stdin.isatty():
        hint = f"crm questionnaire answer {reference} surface=120"
        raise UsageError("fill needs a terminal", hint=hint)
    reading = call.request.reading()
    path = call.record(reading, reference)
    facts = reading.facts(reading.opportunity(path))
    dialogue = Dialogue(call, path, questionnaire or choose_needed(facts, reading.questionnaires))
    dialogue.run()
    return Exit.OK


def choose_needed(facts: Facts, known: Mapping[str, Questionnaire]) -> str:
    """Return the questionnaire for a record that has none: the only one, or that which the user chooses.

    Empty for a record that has one, and where nothing is chosen.
    """
    project = facts.opportunity.project
    if facts.questionnaire is not None or (project and project.questionnaire) or not known:
        return ""
    if len(known) == 1:
        return next(iter(known))
    tell("\n".join(f"  {id}  {each.title}" for id, each in known.items()))
    while typed := prompted(f"{translate('Which questionnaire?')} "):
        chosen = find_entry(typed, [Named(id=id, label=each.title) for id, each in known.items()])
        if chosen is not None:
            return chosen.id
        tell(f"  ✗ {translate('There is no questionnaire {name}.', name=typed)}")
    return ""


class Dialogue:
    """A dialogue that asks the questions about one record, one after the other."""

    def __init__(self, call: CommandContext, path: str, questionnaire: str) -> None:
        self.call = call
        self.path = path
        self.said = 0  # answers saved so far
        self.questionnaire = questionnaire
        self.tried: Opportunity | None = None  # in a dry run: the record with all answers so far
        self.given: dict[str, Given] = {}  # in a dry run: all answers so far
        self.shown = ""  # the section whose title was shown last
        if questionnaire:
            self.save({})

    def run(self) -> None:
        """Ask questions until none is open or the user quits.

        Raises StoppedError where the user interrupts it.
        """
        facts, sheet = self.now()
        tell(
            f"{name_deal(facts.opportunity)}\n{sheet.questionnaire.title} · "
            f"{opportunity_page.format_progress(sheet)}\n{translate(KEYS)}"
        )
        try:
            self.ask_from(first_open(sheet, -1))
        except (KeyboardInterrupt, typer.Abort):
            tell("")
            raise StoppedError(self.describe_stop(messages.language_of_messages())) from None
        facts, sheet = self.now()
        tell(f"\n{opportunity_page.format_progress(sheet)}; {self.describe_saved(screen_language())}")
        if sheet.missing:
            left = questionnaire_sheet.list_questions(sheet.missing)
            tell(translate("still required: {questions}", questions=left))

    def describe_stop(self, language: Language) -> str:
        """Return that the user stopped, and the number of answers that are saved."""
        return language.translate("stopped, {saved}", saved=self.describe_saved(language))

    def describe_saved(self, language: Language) -> str:
        """Return the number of answers that are saved, or would be, in words."""
        if self.tried:
            return language.translate_plural(
                "{count} answer would be saved", "{count} answers would be saved", self.said
            )
        return language.translate_plural("{count} answer saved", "{count} answers saved", self.said)

    def now(self) -> tuple[Facts, Sheet]:
        """Return the facts and the sheet of the record as it is stored or, in a dry run, would be."""
        reading = self.call.request.reading()
        facts = reading.facts(self.tried or reading.opportunity(self.path))
        return facts, questionnaire_sheet.sheet_of(answer.asked_of(facts), facts.opportunity)

    def ask_from(self, place: int | None) -> None:
        """Ask the question at a position, then the open ones after it; None asks nothing."""
        shown = None  # the position of the question shown last
        while place is not None:
            sheet = self.now()[1]
            item = sheet.items[place]
            if place != shown:
                self.show(sheet, item)
            shown = place
            typed = prompted(hint(item))
            if typed is None or typed == QUIT:
                return
            if typed == BACK:
                place = before(sheet, place)
            elif typed == HELP:
                tell("\n".join(explained(item)))
            elif self.taken(item, typed):
                place = first_open(self.now()[1], place)

    def show(self, sheet: Sheet, item: Item) -> None:
        """Print a question, under the title of its section if that was not shown last."""
        if item.section.id != self.shown:
            self.shown = item.section.id
            number = sheet.questionnaire.sections.index(item.section) + 1
            tell(f"\n{item.section.title}  ({number}/{len(sheet.questionnaire.sections)})")
        required = f" {answer_pages.REQUIRED}" if item.question.required else ""
        tell(f"\n{item.question.title}{required}")
        if item.question.help:
            tell(f"  {item.question.help}")
        for mark, choice in marked_choices(item.question).items():
            tell(f"  {mark}  {choice.title}")
        if item.fault:
            tell(f"  ! {item.fault}")

    def taken(self, item: Item, typed: str) -> bool:
        """Save a typed answer unless it changes nothing; return False, with a message, if it is invalid."""
        given = "" if typed == NOTHING else given_as(item, typed) or usual(item)
        if not given and item.value is None:
            return True
        if (
            given
            and item.meaning is not None
            and given == answer_types.spell_answer(item.question, item.meaning)
        ):
            return True
        try:
            self.save({item.question.id: given})
        except (UsageError, RefusedError) as error:
            tell(f"  ✗ {say_error(error, screen_language())}")
            return False
        self.said += 1
        return True

    def save(self, answers: dict[str, Given]) -> None:
        """Store answers in a transaction of their own; in a dry run, try all answers so far."""
        answers = {**self.given, **answers}
        report = opportunities.answer_questionnaire(
            self.call.request,
            Selection([self.path]),
            answers,
            questionnaire=self.questionnaire,
        )
        if self.call.request.dry_run:
            self.tried, self.given = report.changes[0].after, answers
        for notice in report.notices:
            tell(f"  {notice}")


def first_open(sheet: Sheet, place: int) -> int | None:
    """Return the position of the first open question after a position, or None."""
    return next((n for n, item in enumerate(sheet.items) if n > place and is_open(item)), None)


def is_open(item: Item) -> bool:
    """Tell whether a question is asked and has no valid answer."""
    return item.asked is Asked.YES and item.meaning is None


def before(sheet: Sheet, place: int) -> int:
    """Return the position of the question asked before this one; for the first, its own."""
    asked = [n for n, item in enumerate(sheet.items) if n < place and item.asked is Asked.YES]
    return asked[-1] if asked else place


def hint(item: Item) -> str:
    """Return the prompt of a question: how to answer, and what Enter alone takes."""
    offered = usual(item)
    if item.question.type is FieldType.BOOL and offered:
        offered = translate(offered)
    word = {
        FieldType.BOOL: translate("yes or no"),
        FieldType.CHOICES: translate("marks as above, separated by commas"),
    }.get(item.question.type, "")
    return f"  {word}{' ' if word else ''}{f'[{offered}] ' if offered else ''}> "


def usual(item: Item) -> str:
    """Return the answer that Enter alone takes: the stored one, else the default."""
    if item.meaning is not None:
        return answer_types.spell_answer(item.question, item.meaning)
    if not item.question.default:
        return ""
    try:
        return answer_types.spell_answer(item.question, answer_types.default_of(item.question))
    except UsageError:  # reported by crm questionnaire check
        return ""


def given_as(item: Item, typed: str) -> str:
    """Return what was typed, with the marks of choices replaced by their ids."""
    choices = item.question.choices
    ids = {mark: choice.id for mark, choice in marked_choices(item.question).items()}
    if not ids:
        return typed
    return ", ".join(
        part if find_entry(part, choices) else ids.get(part.casefold(), part)
        for part in split_choices(typed, choices)
    )


def marked_choices(question: Question) -> dict[str, Choice]:
    """Return the choices by what is typed for them: numbers, or letters if a choice is called as a number.

    No mark is the name of a choice, or a key of the dialogue.
    """
    choices = question.choices
    numbers = [str(number) for number in range(1, len(choices) + 1)]
    if any(find_entry(number, choices) for number in numbers):
        words = (letter * times for times in count(1) for letter in ascii_lowercase if letter != QUIT)
        numbers = list(islice((word for word in words if not find_entry(word, choices)), len(choices)))
    return dict(zip(numbers, choices, strict=True))


def explained(item: Item) -> Iterator[str]:
    """Yield lines with all details of a question, for help."""
    question = item.question
    yield f"  {translate(KEYS)}"
    required = f", {translate('required')}" if question.required else ""
    yield f"  {question.id}: {translate(KINDS[question.type])}{required}"
    if limits := describe_limits(question):
        yield f"  {limits}"
    if question.help:
        yield f"  {question.help}"
    if question.sets:
        yield f"  {translate('also sets {field}', field=question.sets)}"


def describe_limits(question: Question) -> str:
    """Return between which values an answer must be; empty without limits."""
    if question.min and question.max:
        return translate("from {least} to {most}", least=question.min, most=question.max)
    if question.min:
        return translate("from {least}", least=question.min)
    return translate("up to {most}", most=question.max) if question.max else ""


KINDS = {
    FieldType.TEXT: deferred("a text"),
    FieldType.NUMBER: deferred("a number"),
    FieldType.MONEY: deferred("an amount"),
    FieldType.BOOL: deferred("yes or no (oui, non)"),
    FieldType.CHOICE: deferred("one of these, by mark or name"),
    FieldType.CHOICES: deferred("any of these, by mark or name"),
    FieldType.DATE: deferred("a day, like 2026-12-31, 2w or eom"),
    FieldType.CONTACT: deferred("a contact's id"),
}


def tell(text: str) -> None:
    """Print text on stderr, with control characters escaped."""
    sys.stderr.write(f"{visible(text)}\n")


def prompted(prompt: str) -> str | None:
    """Print a prompt and return the line typed; None at the end of input."""
    sys.stderr.write(visible(prompt))
    sys.stderr.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None
