"""The questionnaire files of a workspace, each read on first use."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from crmcli.domain.model.questionnaires import Question, Questionnaire
from crmcli.domain.values.list_entries import Listed, Named
from crmcli.store.local_state import config_cache
from crmcli.store.local_state.derived import DerivedFiles
from crmcli.store.transactions import files
from crmcli.store.unreadable import UnreadableError

FOLDER = "questionnaires"


def questionnaire_names(root: Path) -> list[str]:
    """Return the names of the questionnaires, from their files."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))


def path_of(name: str) -> Path:
    """Return the path of a questionnaire in its workspace."""
    return Path(FOLDER) / f"{name}.yaml"


class Questionnaires(Mapping[str, Questionnaire]):
    """The questionnaires of a workspace by file name; unreadable ones are left out."""

    def __init__(self, root: Path, derived: DerivedFiles) -> None:
        self.root = root
        self.derived = derived
        self.names = questionnaire_names(root)
        self.read: dict[str, Questionnaire | None] = {}
        self.unreadable: dict[str, UnreadableError] = {}  # by path

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.names if self.found(name) is not None)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, name: str) -> Questionnaire:
        found = self.found(name)
        if found is None:
            raise KeyError(name)
        return found

    def found(self, name: str) -> Questionnaire | None:
        """Return the questionnaire with this name; None where it is missing or unreadable."""
        if name not in self.names:
            return None
        if name not in self.read:
            try:
                self.read[name] = self.understood(name)
            except UnreadableError as error:
                self.read[name] = None
                self.unreadable[str(path_of(name))] = error
        return self.read[name]

    def understood(self, name: str) -> Questionnaire:
        """Read the questionnaire with this name, from the cache if it is unchanged.

        Raises UnreadableError with the line that is wrong.
        """
        path = path_of(name)
        try:
            content = files.read_text_file(self.root / path) or b""
        except OSError as error:
            raise UnreadableError(path, None, "", f"cannot be read: {error.strerror}") from error
        memory = f"config-{FOLDER}-{name}"
        known = config_cache.recall_file(self.derived, memory, content, Questionnaire)
        if known is not None:
            return known
        from crmcli.store import records  # loads YAML only for a file not in the cache

        found = records.read_record(path, content, Questionnaire).value
        config_cache.remember_file(self.derived, memory, content, found)
        return found

    @property
    def listed(self) -> list[Listed]:
        """All questionnaires, those that cannot be read by name only."""
        return [self.found(name) or Named(id=name) for name in self.names]

    def questions(self) -> dict[str, list[Question]]:
        """Return the questions of all questionnaires by id, one entry per questionnaire that asks it."""
        found: dict[str, list[Question]] = {}
        for questionnaire in self.values():
            for question in questionnaire.questions:
                found.setdefault(question.id, []).append(question)
        return found
