"""Checks of questionnaire files: every mistake, with its line."""

from collections.abc import Iterable, Iterator
from pathlib import Path as File

from crmcli.checks import question_checks
from crmcli.checks.workspace_checks import Finding, locate_problems, of_unreadable
from crmcli.domain.model.config import Config
from crmcli.domain.model.problems import Path, Problem, Problems
from crmcli.domain.model.questionnaires import Question, Questionnaire, Section
from crmcli.domain.model.record_types import Part
from crmcli.domain.values.errors import NotFoundError
from crmcli.domain.values.suggest import suggest_name
from crmcli.domain.values.values import Value
from crmcli.store import records
from crmcli.store.codec import typed_values
from crmcli.store.codec.parser import BadYaml, parse_yaml
from crmcli.store.questionnaire_files import path_of, questionnaire_names
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError
from crmcli.store.workspace import Workspace


def of_workspace(workspace: Workspace) -> list[Finding]:
    """Return the findings in all questionnaires of a workspace."""
    return [
        finding
        for name in questionnaire_names(workspace.root)
        for finding in of_file(str(path_of(name)), workspace.root / path_of(name), workspace.config)
    ]


def of_file(shown: str, path: File, config: Config) -> list[Finding]:
    """Return the findings in one questionnaire, each with its line.

    Raises NotFoundError where the file does not exist.
    """
    try:
        content = files.read_file(path)
        if content is None:
            raise NotFoundError("does not exist", where=shown)
        tree = parse_yaml(records.decode_utf8(path, content))
    except BadYaml as error:
        return [of_unreadable(UnreadableError(shown, error.place, "", error.reason))]
    except UnreadableError as error:
        return [of_unreadable(UnreadableError(shown, error.place, error.field, error.reason))]
    except OSError as error:
        return [Finding(shown, None, "", f"cannot be read: {error.strerror}")]
    return list(locate_problems(shown, content, sort_problems(said_wrong(tree, path.stem, config))))


def said_wrong(tree: dict[str, Value], name: str, config: Config) -> Iterator[Problem]:
    """Yield the problems in the tree of a questionnaire: first keys and types, then their meaning.

    A question with wrong keys is reduced to its name, so that the other questions are still checked.
    """
    wrong = list(find_misplaced(tree))
    yield from wrong
    readable = not wrong
    for path, piece, part in split_questionnaire(tree):
        try:
            value = typed_values.decode_part(piece, part, path)
        except typed_values.InvalidError as error:
            yield Problem(error.path, error.reason)
            readable = readable and part is Question and named_only(piece)
            continue
        for key, known in typed_values.unknown_keys(value, path):
            hint = suggest_name(str(key[-1]), known) or f"there is: {', '.join(known)}"
            yield Problem(key, "means nothing here", hint)
    if not readable:
        return
    questionnaire = typed_values.decode_part(tree, Questionnaire)
    if questionnaire.schema > records.NEWEST_SCHEMA:
        yield Problem(("schema",), f"is {questionnaire.schema}, this crm reads {records.NEWEST_SCHEMA}")
    yield from question_checks.of_questionnaire(questionnaire, name, config)


def named_only(question: dict[str, Value]) -> bool:
    """Reduce a question to its id, in place; return False where it has none."""
    id = question.get("id")
    question.clear()
    question.update({"id": id, "label": id} if isinstance(id, str) else {})
    return isinstance(id, str)


Piece = tuple[Path, dict[str, Value], type[Part]]


def split_questionnaire(tree: dict[str, Value]) -> Iterator[Piece]:
    """Yield the questionnaire, its sections and its questions, each without the parts in it."""
    yield from split_mapping((), tree, Questionnaire, "sections")
    for number, section in list_mappings(tree, "sections"):
        path: Path = ("sections", number)
        yield from split_mapping(path, section, Section, "questions")
        for index, question in list_mappings(section, "questions"):
            yield (*path, "questions", index), question, Question


def split_mapping(path: Path, tree: dict[str, Value], part: type[Part], inner: str) -> Iterator[Piece]:
    """Yield a mapping with its inner list emptied; a value that is not a list stays, to be reported."""
    yield path, {**tree, inner: []} if isinstance(tree.get(inner), list) else tree, part


def find_misplaced(tree: dict[str, Value]) -> Problems:
    """Yield a problem for each entry of sections or questions that is not a mapping."""
    lists: list[tuple[Path, Value | None]] = [(("sections",), tree.get("sections"))]
    for number, section in list_mappings(tree, "sections"):
        lists.append((("sections", number, "questions"), section.get("questions")))
    for path, held in lists:
        for index, each in enumerate(held if isinstance(held, list) else ()):
            if not isinstance(each, dict):
                yield Problem((*path, index), "is not a mapping", "{id: …, label: …}")


def list_mappings(tree: dict[str, Value], key: str) -> Iterator[tuple[int, dict[str, Value]]]:
    """Yield the mappings of a list, each with its index."""
    held = tree.get(key)
    for index, each in enumerate(held if isinstance(held, list) else ()):
        if isinstance(each, dict):
            yield index, each


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems in the order of sections and questions in the file."""
    return sorted(problems, key=lambda each: [part for part in each.path if isinstance(part, int)])
