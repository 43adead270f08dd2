"""Checks of a questionnaire, and of what rules and records say about answers."""

import re
from collections.abc import Collection, Iterator

from jinja2 import TemplateSyntaxError, nodes

from crmcli.checks.rule_checks import locate_stages
from crmcli.checks.rule_samples import list_rules
from crmcli.domain.model import answer_types, questionnaires
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.problems import Path, Problem, Problems, check_known
from crmcli.domain.model.questionnaires import Known, Question, Questionnaire
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.records import questionnaire_sheet
from crmcli.domain.records.editing import ALIASES, EDITABLE
from crmcli.domain.templates import sandbox
from crmcli.domain.templates.condition_names import names_in, parse_condition
from crmcli.domain.values import patterns
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.suggest import suggest_name

ID = r"[a-z][a-z0-9_]*"
WORDS = {"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "answers", "fields"}
CHOSEN = (FieldType.CHOICE, FieldType.CHOICES)
TITLE = "title"


def of_questionnaire(questionnaire: Questionnaire, name: str, config: Config) -> Problems:
    """Yield the problems of a questionnaire whose file has this name."""
    if questionnaire.id != name:
        what = f"is {questionnaire.id!r}, but the file is called {name}.yaml"
        yield Problem(("id",), what, "they are the same")
    if questionnaire.version is None:
        yield Problem(("version",), "is missing", "version: 1, and one more after each change of questions")
    elif questionnaire.version < 1:
        yield Problem(("version",), "begins at 1")
    yield from of_kind(questionnaire, config)
    if not any(section.questions for section in questionnaire.sections):
        yield Problem(("sections",), "has no questions")
    yield from of_sections(questionnaire, config)


def of_kind(questionnaire: Questionnaire, config: Config) -> Problems:
    """Yield a problem for each unknown field or value that a questionnaire is `for`."""
    kind = questionnaire.for_
    if kind is None:
        return
    field = config.custom_field(kind.field)
    if field is None:
        known = [each.name for each in config.fields]
        yield from check_known(("for", "field"), "custom field", kind.field, known)
        return
    if not kind.values:
        yield Problem(("for",), f"has no value of {kind.field}", "is: [PAG]")
    for index, value in enumerate(kind.values):
        if field.choices and value.casefold() not in map(str.casefold, field.choices):
            yield from check_known(("for", "is", index), kind.field, value, field.choices)


def of_sections(questionnaire: Questionnaire, config: Config) -> Problems:
    """Yield the problems of the sections and their questions, in order."""
    sections: set[str] = set()
    all_of_them = {question.id: question for question in questionnaire.questions}
    before: dict[str, Question] = {}
    for number, section in enumerate(questionnaire.sections):
        path: Path = ("sections", number)
        yield from of_id((*path, "id"), section.id, sections)
        sections.add(section.id)
        if not section.questions:
            yield Problem(path, f"section {section.id} has no questions")
        for index, question in enumerate(section.questions):
            inner = (*path, "questions", index)
            yield from of_id((*inner, "id"), question.id, before)
            yield from of_question(question, inner, config)
            yield from of_condition(question, (*inner, "ask_if"), before, all_of_them, config)
            before.setdefault(question.id, question)


def of_id(path: Path, id: str, seen: Collection[str]) -> Problems:
    """Yield a problem for an id that is not valid in conditions and queries, or is used twice."""
    if not re.fullmatch(ID, id) or id in WORDS:
        yield Problem(path, f"{id!r} is not a valid id", "small letters, digits and _, a letter first")
    elif id in seen:
        yield Problem(path, f"{id!r} is used twice")


def of_question(question: Question, path: Path, config: Config) -> Problems:
    """Yield the problems of one question, its condition apart."""
    yield from of_choices(question, path)
    for key in ("min", "max"):
        yield from of_bound(question, (*path, key), getattr(question, key))
    yield from of_order(question, path)
    if question.pattern is not None:
        yield from of_pattern(question, (*path, "pattern"))
    if question.default:
        yield from of_default(question, (*path, "default"))
    if question.sets is not None:
        yield from of_target(question, (*path, "sets"), config)


def of_choices(question: Question, path: Path) -> Problems:
    """Yield a problem for choices that are missing, used twice, not valid, or not allowed by the type."""
    if question.type in CHOSEN and not question.choices:
        yield Problem(path, f"{question.id} is a {question.type} and has no choices")
    if question.type not in CHOSEN and question.choices:
        yield Problem((*path, "choices"), f"are for type: choice or choices, not {question.type}")
    seen: set[str] = set()
    for index, choice in enumerate(question.choices):
        if choice.id in seen:
            yield Problem((*path, "choices", index), f"{choice.id!r} is used twice")
        if "," in choice.id or ";" in choice.id:
            yield Problem((*path, "choices", index), f"{choice.id!r} holds a comma", "put it into the label")
        seen.add(choice.id)


def of_bound(question: Question, path: Path, text: str | None) -> Problems:
    """Yield a problem for a least or greatest answer that is not valid."""
    if text is None:
        return
    if question.type not in answer_types.ORDERED:
        yield Problem(path, f"is for numbers, money and dates, not {question.type}")
        return
    try:
        answer_types.parse_bound(question, text)
    except UsageError:
        yield Problem(path, f"{text!r} is not a valid {question.type}")


def of_order(question: Question, path: Path) -> Problems:
    """Yield a problem for bounds that no answer can meet."""
    try:
        low, high = (
            answer_types.parse_bound(question, question.min),
            answer_types.parse_bound(question, question.max),
        )
    except UsageError:
        return  # reported by of_bound
    if low is not None and high is not None and low > high:
        yield Problem((*path, "max"), f"{question.max} is less than min, {question.min}")


def of_pattern(question: Question, path: Path) -> Problems:
    """Yield a problem for a pattern that is not valid, or is not for text."""
    if question.type is not FieldType.TEXT:
        yield Problem(path, f"is for type: text, not {question.type}")
    try:
        re.compile(question.pattern or "")
    except patterns.INVALID as error:
        yield Problem(path, f"is not a valid pattern: {error}")


def of_default(question: Question, path: Path) -> Problems:
    """Yield a problem for a default that is not a valid answer."""
    given = question.default if question.type is FieldType.CHOICES else question.default[0]
    try:
        answer_types.take_answer(question, given)
    except (UsageError, re.error) as error:
        yield Problem(path, str(error))


def of_target(question: Question, path: Path, config: Config) -> Problems:
    """Yield a problem for a field that an answer cannot set."""
    name = ALIASES.get(question.sets or "", question.sets or "").removeprefix("fields.")
    known = [*EDITABLE, *(field.name for field in config.fields)]
    if name == TITLE or "." in name:
        hint = "a field of the opportunity, or one of your own"
        yield Problem(path, f"{question.sets} is not filled in by an answer", hint)
        return
    yield from check_known(path, "field", name, known)
    field = config.custom_field(name)
    if field is None or not field.choices:
        return
    for choice in question.choices:
        if choice.title not in field.choices and choice.id.casefold() not in map(str.casefold, field.choices):
            hint = suggest_name(choice.title, field.choices) or f"there is: {', '.join(field.choices)}"
            yield Problem(path, f"{name} has no choice {choice.title!r}", hint)


def of_condition(
    question: Question, path: Path, before: dict[str, Question], known: dict[str, Question], config: Config
) -> Problems:
    """Yield the problems of a condition: it cannot be parsed, or uses names that are not known yet."""
    if question.ask_if is None:
        return
    try:
        sandbox.compiled_condition(question.ask_if)
        tree = parse_condition(question.ask_if)
    except TemplateSyntaxError as error:
        yield Problem(path, error.message or "cannot be read")
        return
    for name in names_in(tree):
        yield from of_name(question, path, name, before, known, config)
    yield from of_comparisons(tree, path, before)
    yield from of_negations(tree, path, before)


def of_name(
    question: Question,
    path: Path,
    name: tuple[str, ...],
    before: dict[str, Question],
    known: dict[str, Question],
    config: Config,
) -> Problems:
    """Yield a problem for a name in a condition that is neither an earlier question nor a field."""
    if name[0] == "fields":
        if len(name) > 1:
            yield from check_known(path, "custom field", name[1], [field.name for field in config.fields])
        return
    id = name[1] if name[0] == "answers" and len(name) > 1 else name[0]
    if id in before or id == "answers":
        return
    if id == question.id:
        yield Problem(path, f"{id} is this question itself", "a condition can use earlier questions only")
    elif id in known:
        yield Problem(path, f"{id} is asked later", "a condition can use earlier questions only")
    else:
        yield from check_known(path, "question", id, list(before))


def of_comparisons(tree: nodes.Node, path: Path, before: dict[str, Question]) -> Problems:
    """Yield a problem for each choice that a condition compares with and its question does not have."""
    for id, text in find_compared_questions(tree):
        question = before.get(id)
        if question is not None and question.choices and question.choice(text) is None:
            yield from check_known(path, f"choice of {id}", text, [choice.id for choice in question.choices])


def find_compared_questions(tree: nodes.Node) -> Iterator[tuple[str, str]]:
    """Yield (question, text) for each comparison in a condition."""
    for each in tree.find_all(nodes.Compare):
        sides = [each.expr, *(operand.expr for operand in each.ops)]
        names = [side.name for side in sides if isinstance(side, nodes.Name)]
        texts = [const.value for side in sides for const in read_constants(side)]
        yield from ((name, text) for name in names for text in texts if isinstance(text, str))


def read_constants(node: nodes.Node) -> list[nodes.Const]:
    """Return a constant as a list, or the constants of a list."""
    return [node] if isinstance(node, nodes.Const) else list(node.find_all(nodes.Const))


def of_negations(tree: nodes.Node, path: Path, before: dict[str, Question]) -> Problems:
    """Yield a problem for each `not x` in a condition, which also holds before x is answered."""
    for each in tree.find_all(nodes.Not):
        if isinstance(each.node, nodes.Name) and each.node.name in before:
            id = each.node.name
            yield Problem(path, f"not {id} also holds before {id} is answered", f"write {id} == false")


def check_questions_of_config(config: Config, known: Known) -> Problems:
    """Yield a problem for each rule or stage of `crm.yaml` that uses a question not asked anywhere."""
    ids = sorted({question.id for each in known.values() for question in each.questions})
    for path, stage in locate_stages(config):
        for index, field in enumerate(stage.require):
            if field.startswith(questionnaire_sheet.ONE):
                yield from check_known(
                    (*path, "require", index), "question", field.removeprefix(questionnaire_sheet.ONE), ids
                )
    for path, rule, _ in list_rules(config):
        if rule.when is None:
            continue
        try:
            names = names_in(parse_condition(rule.when))
        except TemplateSyntaxError:
            continue  # reported by the check of conditions
        for name in names:
            if name[0] == "answers" and len(name) > 1:
                yield from check_known((*path, "when"), "question", name[1], ids)


def of_opportunity(deal: Opportunity, known: Known, names: Collection[str]) -> Problems:
    """Yield a problem for each answer that its question does not allow; `names` are all questionnaires."""
    if deal.project is None:
        return
    yield from check_known(("project", "questionnaire"), "questionnaire", deal.project.questionnaire, names)
    questionnaire = questionnaires.find_questionnaire(deal, known)
    if questionnaire is None:
        return
    if misfit := questionnaires.describe_misfit(questionnaire, deal):
        hint = f"crm questionnaire switch {deal.id or 'REF'} KIND"
        yield Problem(("project", "questionnaire"), misfit, hint)
    for item in questionnaire_sheet.sheet_of(questionnaire, deal).items:
        if item.fault:
            hint = f"crm questionnaire answer {deal.id or 'REF'} {item.question.id}=…"
            yield Problem(("project", "answers", item.question.id), item.fault, hint)
