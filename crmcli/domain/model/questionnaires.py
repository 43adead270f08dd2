"""Questionnaires: sections of questions for a kind of project, as read from `questionnaires/`."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec

from crmcli.domain.localization.translations import IN_ENGLISH, Language
from crmcli.domain.model.config import FieldType
from crmcli.domain.model.record_types import Open, Opportunity, Part
from crmcli.domain.values.list_entries import Named, known_entry
from crmcli.domain.values.untyped_values import plain_items


class Choice(Named, frozen=True, kw_only=True):
    """One of the possible answers to a question. A plain text is its id."""

    shorthand: ClassVar[str | None] = "id"


class Question(Part, frozen=True, kw_only=True):
    """A question: `type` is the type of its answer, `ask_if` the condition for asking it."""

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
    sets: str | None = None  # the field of the opportunity that the answer also sets

    @property
    def title(self) -> str:
        """The label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The label, without and with the unit."""
        return (self.label, self.title)

    def choice(self, id: str) -> Choice | None:
        """Return the choice with this id, or None."""
        return next((each for each in self.choices if each.id == id), None)


class Section(Part, frozen=True, kw_only=True):
    """A group of related questions."""

    id: str
    label: str | None = None
    questions: tuple[Question, ...] = ()

    @property
    def title(self) -> str:
        """The name shown to people: the label, or the id without one."""
        return self.label or self.id


class Kind(Part, frozen=True, kw_only=True):
    """The projects that a questionnaire is for: those whose custom field has one of these values."""

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
        """The name shown to people: the label, or the id without one."""
        return self.label or self.id

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The label, if there is one."""
        return (self.label,) if self.label else ()

    @property
    def questions(self) -> Iterator[Question]:
        """All questions in order."""
        return (question for section in self.sections for question in section.questions)

    def question(self, id: str) -> Question | None:
        """Return the question with this id, or None."""
        return next((each for each in self.questions if each.id == id), None)


Known = Mapping[str, Questionnaire]  # the questionnaires of a workspace by their ids


def find_questionnaire(deal: Opportunity, known: Known) -> Questionnaire | None:
    """Return the questionnaire of a deal, or None."""
    return choose_questionnaire(deal.project.questionnaire if deal.project else None, deal.fields, known)


def choose_questionnaire(named: str | None, fields: Open, known: Known) -> Questionnaire | None:
    """Return the questionnaire named by a deal, else the first that matches its custom fields, or None."""
    if named is not None:
        return known.get(named)
    if not fields:
        return None
    return next((each for each in known.values() if each.for_ and fits_project(each.for_, fields)), None)


def fits_project(kind: Kind, fields: Open) -> bool:
    """Tell whether custom fields match the kind of project of a questionnaire; case is ignored."""
    held = {str(value).casefold() for value in plain_items(fields.get(kind.field, []))}
    return not held.isdisjoint(value.casefold() for value in kind.values)


def describe_misfit(
    questionnaire: Questionnaire | None, deal: Opportunity, language: Language = IN_ENGLISH
) -> str | None:
    """Return in words that a deal's questionnaire is for another kind of project; None if it fits."""
    named = deal.project.questionnaire if deal.project else None
    kind = questionnaire.for_ if questionnaire else None
    if questionnaire is None or kind is None or named != questionnaire.id:
        return None
    held = [str(each) for each in plain_items(deal.fields.get(kind.field, []))]
    if not held or fits_project(kind, deal.fields):
        return None
    return language.translate(
        "its questionnaire {questionnaire} is for {field} {wanted}, not {held}",
        questionnaire=named,
        field=kind.field,
        wanted=" / ".join(kind.values),
        held=", ".join(held),
    )


def questionnaire_by_id(questionnaires: Known, id: str) -> Questionnaire:
    """Return the questionnaire with this id or label; see `known_entry` for its errors.

    The others are read only where none has this id.
    """
    if id in questionnaires:
        return questionnaires[id]
    return known_entry("questionnaire", id, list(questionnaires.values()))
