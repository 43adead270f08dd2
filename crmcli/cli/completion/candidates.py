"""What a workspace has to choose from: records, people, tags, names, values, as words with a meaning."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crmcli.domain.model import questionnaires
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.questionnaires import Question
from crmcli.domain.records.documents import Document
from crmcli.query.keys import Key
from crmcli.store.index import words
from crmcli.store.index.queries import Index
from crmcli.store.reader import Reading


class Candidate(NamedTuple):
    """A word that a line can go on with, and what it means."""

    word: str
    help: str = ""


def offer_plain(words: Iterable[str]) -> list[Candidate]:
    """Words that need no explaining."""
    return [Candidate(word) for word in words]


def offer_labelled(entries: Sequence[object]) -> list[Candidate]:
    """The entries of a list of the configuration."""
    return [Candidate(getattr(each, "id", ""), getattr(each, "label", None) or "") for each in entries]


class Candidates:
    """What one workspace has."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    @property
    def config(self) -> Config:
        """Its configuration."""
        return self.reading.config

    @property
    def index(self) -> Index:
        """Its index."""
        return self.reading.index

    def records(self, begin: str) -> list[Candidate]:
        """Records whose ids begin so, the latest news first, with their titles."""
        return offer_explained(words.find_records(self.index, begin)) if may_be_id(begin) else []

    def contacts(self, begin: str) -> list[Candidate]:
        """Contacts whose ids or e-mails begin so, with their names."""
        return offer_explained(words.find_contacts(self.index, begin))

    def planned(self, begin: str) -> list[Candidate]:
        """Activities still to do, by deadline."""
        return offer_explained(words.find_planned(self.index, begin)) if may_be_id(begin) else []

    def users(self) -> list[Candidate]:
        """The users there are."""
        return [Candidate(user.id, user.name or "") for user in self.config.users]

    def tags(self) -> list[Candidate]:
        """The tags there are, those used most first."""
        used = offer_explained(words.find_tags(self.index))
        known = {each.word for each in used}
        return [*used, *offer_plain(tag for tag in self.config.tags if tag not in known)]

    def tags_of(self, ids: Sequence[str]) -> list[Candidate]:
        """The tags that records have, else all."""
        return offer_explained(words.find_tags_of(self.index, list(ids))) or self.tags()

    def stages_for(self, ids: Sequence[str]) -> list[Candidate]:
        """The stages that the first of these records may enter, else all."""
        found = self.reading.index.kept(ids[0]) if ids else None
        held = {**found.held, **found.long} if found else {}
        return offer_labelled([stage for stage in self.config.stages if not held or may_enter(stage, held)])

    def open_stages(self) -> list[Stage]:
        """The stages in which a deal is neither won nor lost."""
        return [stage for stage in self.config.stages if stage.outcome is None]

    def templates(self) -> list[Candidate]:
        """The e-mail templates there are."""
        folder = self.reading.root / "templates" / "email"
        return offer_plain(path.name.removesuffix(".j2") for path in sorted(folder.glob("*.j2")))

    def mails(self) -> list[Candidate]:
        """The mails that wait to leave."""
        folder = self.reading.root / "pipeline_data" / "outbox"
        return offer_plain(path.stem for path in sorted(folder.glob("*.eml")))

    def questionnaires(self) -> list[Candidate]:
        """The questionnaires there are."""
        return offer_plain(self.reading.questionnaires.names)

    def fields(self) -> list[Candidate]:
        """The fields of one's own."""
        return [Candidate(each.name, each.label or "") for each in self.config.fields]

    def answers(self) -> list[Candidate]:
        """The questions that were answered, else those that could be."""
        held = self.reading.index.answered()
        return offer_plain(held or self.reading.questionnaires.questions())

    def asked_of(self, id: str) -> list[Question]:
        """The questions to a record, else those of all questionnaires."""
        found, known = self.reading.index.kept(id), self.reading.questionnaires
        held = found.held if found else {}
        named = held.get("project", {}).get("questionnaire")
        chosen = questionnaires.choose_questionnaire(named, held.get("fields", {}), known)
        return list(chosen.questions) if chosen else [each[0] for each in known.questions().values()]

    def answers_to(self, question: Question) -> list[Candidate]:
        """What a question can be answered with."""
        if question.type is FieldType.BOOL:
            return offer_plain(("yes", "no"))
        if question.choices:
            return [Candidate(choice.id, choice.title) for choice in question.choices]
        return offer_plain(question.default)

    def values_of_field(self, name: str) -> list[Candidate]:
        """What a field of one's own can hold."""
        field = self.config.custom_field(name)
        if field is not None and field.type is FieldType.BOOL:
            return offer_plain(("yes", "no"))
        return offer_plain(field.choices) if field and field.choices else self.own_values(f"field.{name}")

    def own_values(self, name: str) -> list[Candidate]:
        """The values that records have under a field or an answer, those found most first."""
        return offer_explained(words.find_custom_values(self.index, name))

    def held_values(self, key: Key, begin: str) -> list[Candidate]:
        """The values that records have under a key and that begin so, those found most first."""
        return offer_explained(words.find_values(self.index, key, begin))


def offer_explained(found: words.Words) -> list[Candidate]:
    """Words of the index with their meanings."""
    return [Candidate(*each) for each in found]


def may_be_id(begin: str) -> bool:
    """Can an id begin so?"""
    return begin.isalnum() or not begin


def may_enter(stage: Stage, held: Document) -> bool:
    """May a record that holds this be moved into a stage, as far as fields and its own stage tell?"""
    filled = {key for key, value in {**held, **held.get("fields", {})}.items() if value != ""}
    own = held.get("stage")
    if held.get("lost") is not None or stage.id == own:
        return False
    from crmcli.domain.records import questionnaire_sheet  # slow to import, for one parameter alone

    fields = {
        name
        for name in stage.require
        if name != questionnaire_sheet.WHOLE and not name.startswith(questionnaire_sheet.ONE)
    }
    return fields <= filled and own in (stage.won_from or (own,))


def prefix_candidates(lead: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Candidates behind what is typed already."""
    return (each._replace(word=f"{lead}{each.word}") for each in candidates)
