"""Completion candidates of a workspace: records, people, tags, names and values, with their meaning."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model import questionnaires
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.mail_folder import UNSENT, MailFolder
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.questionnaires import Question
from crmcli.query.keys import Key
from crmcli.store.index import words
from crmcli.store.index.queries import Index
from crmcli.store.reader import Reading


class Candidate(NamedTuple):
    """A word that can complete a line, and its meaning."""

    word: str
    help: str = ""
    label: str = ""  # what can be typed instead of the word


def offer_plain(words: Iterable[str]) -> list[Candidate]:
    """Return words as candidates without a meaning."""
    return [Candidate(word) for word in words]


def offer_labelled(entries: Sequence[object]) -> list[Candidate]:
    """Return the entries of a list of the configuration, with their labels."""
    labelled = ((getattr(each, "id", ""), getattr(each, "label", None) or "") for each in entries)
    return [Candidate(id, label, label) for id, label in labelled]


class Candidates:
    """The completion candidates of one workspace."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    @property
    def config(self) -> Config:
        """The configuration of the workspace."""
        return self.reading.config

    @cached_property
    def index(self) -> Index:
        """The index of the workspace, without looking at every file if none came or went."""
        return self.reading.recent or self.reading.index

    def records(self, begin: str) -> list[Candidate]:
        """Return records whose ids begin with this text, the latest changed first, with their titles."""
        return offer_explained(words.find_records(self.index, begin)) if may_be_id(begin) else []

    def contacts(self, begin: str) -> list[Candidate]:
        """Return contacts whose ids or e-mail addresses begin with this text, with their names."""
        return offer_explained(words.find_contacts(self.index, begin))

    def planned(self, begin: str) -> list[Candidate]:
        """Return planned activities whose ids begin with this text, by deadline."""
        return offer_explained(words.find_planned(self.index, begin)) if may_be_id(begin) else []

    def users(self) -> list[Candidate]:
        """Return the users."""
        return [Candidate(user.id, user.name or "", user.name or "") for user in self.config.users]

    def tags(self) -> list[Candidate]:
        """Return all tags, the most frequent first, then the unused ones of the configuration."""
        used = offer_explained(words.find_tags(self.index))
        known = {each.word for each in used}
        return [*used, *offer_plain(tag for tag in self.config.tags if tag not in known)]

    def tags_of(self, ids: Sequence[str]) -> list[Candidate]:
        """Return the tags of these records; all tags if they have none."""
        return offer_explained(words.find_tags_of(self.index, list(ids))) or self.tags()

    def stages_for(self, ids: Sequence[str]) -> list[Candidate]:
        """Return the stages that the first of these records may enter; all stages if it is not known."""
        found = self.index.kept(ids[0]) if ids else None
        held = {**found.held, **found.long} if found else {}
        return offer_labelled([stage for stage in self.config.stages if not held or may_enter(stage, held)])

    def open_stages(self) -> list[Stage]:
        """Return the stages in which a deal is neither won nor lost."""
        return [stage for stage in self.config.stages if stage.outcome is None]

    def templates(self) -> list[Candidate]:
        """Return the names of the e-mail templates."""
        folder = self.reading.root / "templates" / "email"
        names = (path.name.removesuffix(".j2").removesuffix(".md") for path in sorted(folder.glob("*.j2")))
        return offer_plain(dict.fromkeys(names))

    def mails(self) -> list[Candidate]:
        """Return the ids of the mails that were not sent."""
        folders = (self.reading.root / "pipeline_data" / each for each in (MailFolder.SENDING, *UNSENT))
        return offer_plain(sorted(path.stem for folder in folders for path in folder.glob("*.eml")))

    def messages(self, begin: str) -> list[Candidate]:
        """Return the ids of messages with this prefix, with their subjects."""
        return [Candidate(id, subject) for id, subject in words.find_messages(self.index, begin)]

    def questionnaires(self) -> list[Candidate]:
        """Return the names of the questionnaires."""
        return offer_plain(self.reading.questionnaires.names)

    def fields(self) -> list[Candidate]:
        """Return the custom fields."""
        return [Candidate(each.name, each.label or "") for each in self.config.fields]

    def answers(self) -> list[Candidate]:
        """Return the questions that records answer; all questions if there are none."""
        held = self.index.answered()
        return offer_plain(held or self.reading.questionnaires.questions())

    def asked_of(self, id: str) -> list[Question]:
        """Return the questions of a record's questionnaire; those of all questionnaires if it has none."""
        found, known = self.index.kept(id), self.reading.questionnaires
        held = found.held if found else {}
        named = held.get("project", {}).get("questionnaire")
        chosen = questionnaires.choose_questionnaire(named, held.get("fields", {}), known)
        return list(chosen.questions) if chosen else [each[0] for each in known.questions().values()]

    def answers_to(self, question: Question) -> list[Candidate]:
        """Return the possible answers to a question; its default if they cannot be listed."""
        if question.type is FieldType.BOOL:
            return offer_plain(("yes", "no"))
        if question.choices:
            return [Candidate(choice.id, choice.title, choice.title) for choice in question.choices]
        return offer_plain(question.default)

    def values_of_field(self, name: str) -> list[Candidate]:
        """Return the possible values of a custom field; the existing ones if they cannot be listed."""
        field = self.config.custom_field(name)
        if field is not None and field.type is FieldType.BOOL:
            return offer_plain(("yes", "no"))
        return offer_plain(field.choices) if field and field.choices else self.own_values(f"field.{name}")

    def own_values(self, name: str) -> list[Candidate]:
        """Return the values of records for a custom field or an answer, the most frequent first."""
        return offer_explained(words.find_custom_values(self.index, name))

    def held_values(self, key: Key, begin: str) -> list[Candidate]:
        """Return the values of records for a key that begin with this text, the most frequent first."""
        return offer_explained(words.find_values(self.index, key, begin))


def offer_explained(found: words.Words) -> list[Candidate]:
    """Return words from the index as candidates, with their meanings."""
    return [Candidate(*each) for each in found]


def may_be_id(begin: str) -> bool:
    """Tell whether an id can begin with this text."""
    return begin.isalnum() or not begin


def may_enter(stage: Stage, held: Document) -> bool:
    """Tell whether a record with these values may move to a stage; only its fields and stage are checked."""
    filled = {key for key, value in {**held, **held.get("fields", {})}.items() if value != ""}
    own = held.get("stage")
    if held.get("lost") is not None or stage.id == own:
        return False
    fields = {name for name in stage.require if name != "questionnaire" and "." not in name}
    return fields <= filled and own in (stage.won_from or (own,))


def prefix_candidates(lead: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield candidates with this text, which is already typed, before each word."""
    return (
        each._replace(word=f"{lead}{each.word}", label=f"{lead}{each.label}" if each.label else "")
        for each in candidates
    )
