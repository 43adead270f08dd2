"""Documents of questionnaires: what is asked, and what was answered."""

from typing import Annotated, Any, ClassVar

import msgspec

from crmcli.domain.documents.typed_document import NUMBER, TEXT, Document, Show, TypedDocument
from crmcli.domain.records.questionnaire_sheet import Asked


class QuestionnaireDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.questionnaire/1"):
    """A questionnaire, the projects that it is for, and how many open records use it."""

    id: str
    label: Annotated[str, TEXT]
    version: Annotated[int | None, NUMBER]
    for_: Annotated[Document | None, Show()] = msgspec.field(name="for")
    sections: int
    questions: Annotated[int, NUMBER]
    records: Annotated[int, NUMBER]

    usual: ClassVar = ("id", "label", "for", "version", "questions", "records")


class AnswerDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.answer/1"):
    """A question to a record with its answer."""

    section: str
    id: str
    label: Annotated[str, TEXT]
    type: str
    unit: str | None
    required: bool
    asked: Asked
    answer: Any
    shown: Annotated[str, Show("answer", wraps=True)]
    fault: str | None

    usual: ClassVar = ("section", "id", "label", "shown", "asked", "required")


class AnswersDocument(TypedDocument, frozen=True, kw_only=True, tag="crm.answers/1"):
    """The questionnaire of a record with its answers."""

    id: str
    title: str
    questionnaire: str
    label: str
    version: int | None
    current_version: int | None
    asked: int
    answered: int
    done: int  # in per cent
    missing: list[str]
    questions: list[AnswerDocument]
    gone: Document  # answers to questions that are asked no more
