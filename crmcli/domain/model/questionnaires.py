"""What to ask about a kind of project: sections of questions, as a file in `questionnaires/` says it."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec

from crmcli.domain.model.config import FieldType
from crmcli.domain.model.record_types import Open, Opportunity, Part
from crmcli.domain.values.list_entries import Named, unknown_entry
from crmcli.domain.values.untyped_values import plain_items


class Choice(Named, frozen=True, kw_only=True):
    """One of the answers that a question can have. A lone text is its id."""

    shorthand: ClassVar[str | None] = "id"


class Question(Part, frozen=True, kw_only=True):
    """One question: its type says what an answer is, `ask_if` whether it is asked at all."""

    id: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    default: tuple[str, ...] = ()
    unit: str | None = None
    help: str | None = None
    min: str | None = None
    max: str | None = None
    pattern: str | None = None
    choices: tuple[Choice, ...] = ()
    ask_if: str | None = None  # a Jinja condition over the answers so far
    sets: str | None = None  # the field of the opportunity that the answer fills in, too

    @property
    def title(self) -> str:
        """What people read: the label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def choice(self, id: str) -> Choice | None:
        """The choice with this id."""
        return next((each for each in self.choices if each.id == id), None)


class Section(Part, frozen=True, kw_only=True):
    """Questions that belong together."""

    id: str
    label: str | None = None
    questions: tuple[Question, ...] = ()

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.id


class Kind(Part, frozen=True, kw_only=True):
    """The projects that a questionnaire is for: those whose custom field holds one of these."""

    field: str
    values: tuple[str, ...] = msgspec.field(name="is", default=())


class Questionnaire(Part, frozen=True, kw_only=True):
    """A file in `questionnaires/`; its name is the id."""

    schema: int = 1
    id: str
    label: str | None = None
    version: int | None = None
    for_: Kind | None = msgspec.field(name="for", default=None)
    sections: tuple[Section, ...] = ()

    @property
    def title(self) -> str:
        """What people read."""
        return self.label or self.id

    @property
    def questions(self) -> Iterator[Question]:
        """All questions in their order."""
        return (question for section in self.sections for question in section.questions)

    def question(self, id: str) -> Question | None:
        """The question with this id."""
        return next((each for each in self.questions if each.id == id), None)


Known = Mapping[str, Questionnaire]  # the questionnaires of a workspace by their ids


def find_questionnaire(deal: Opportunity, known: Known) -> Questionnaire | None:
    """The questionnaire of a deal, if there is one."""
    return choose_questionnaire(deal.project.questionnaire if deal.project else None, deal.fields, known)


def choose_questionnaire(named: str | None, fields: Open, known: Known) -> Questionnaire | None:
    """The questionnaire that a deal names, else the first that is for what one of its custom fields holds."""
    if named is not None:
        return known.get(named)
    if not fields:
        return None
    return next((each for each in known.values() if each.for_ and fits_project(each.for_, fields)), None)


def fits_project(kind: Kind, fields: Open) -> bool:
    """Is this a project of this kind? Case does not count."""
    held = {str(value).casefold() for value in plain_items(fields.get(kind.field, []))}
    return not held.isdisjoint(value.casefold() for value in kind.values)


def questionnaire_by_id(questionnaires: Known, id: str) -> Questionnaire:
    """The questionnaire with this id.

    Raises UsageError with the nearest one.
    """
    if id not in questionnaires:
        raise unknown_entry("questionnaire", id, list(questionnaires))
    return questionnaires[id]
