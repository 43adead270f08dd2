"""A workspace as it was in a commit, read into memory: nothing is read from its files or written to them."""

import sqlite3
from functools import cached_property
from pathlib import Path

from crmcli.domain.model.config import Config
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.questionnaires import Questionnaire
from crmcli.domain.values.errors import NotFoundError, RefusedError
from crmcli.store.git.past_files import PastCommit, list_past_files, read_contents
from crmcli.store.git.repository import Repository
from crmcli.store.index.file_stats import SeenFiles
from crmcli.store.index.index_file import Opened
from crmcli.store.index.queries import Index
from crmcli.store.local_state.derived import DerivedFiles
from crmcli.store.questionnaire_files import FOLDER, Questionnaires, path_of
from crmcli.store.reader import Reading, find_mail_folder
from crmcli.store.transactions.files import LARGEST_TEXT
from crmcli.store.unreadable import UnreadableError
from crmcli.store.workspace import CONFIG, Workspace

RECORDS = ("pipeline_data/opportunities/", "pipeline_data/contacts/")


class NothingKept(DerivedFiles):
    """Derived files of which none is found, and none kept."""

    @cached_property
    def folder(self) -> Path | None:
        """No directory."""
        return None

    def made(self) -> Path:
        """Raise OSError: a workspace of the past keeps nothing."""
        raise OSError("a workspace of the past keeps nothing")


class PastWorkspace(Workspace):
    """A workspace as it was in a commit."""

    def __init__(self, today: Workspace, repository: Repository, commit: PastCommit) -> None:
        super().__init__(today.root)
        self.progress, self.advise = today.progress, today.advise
        self.commit = commit
        self.repository = repository
        self.files = list_past_files(repository, commit.name, ["pipeline_data", FOLDER])
        wanted = [path for path, file in self.files.items() if is_read(path) and file.size <= LARGEST_TEXT]
        names = read_contents(repository, (self.files[path].content for path in wanted))
        self.contents = {path: names[self.files[path].content] for path in wanted}

    @property
    def name(self) -> str:
        """The commit for people."""
        return f"commit {self.commit.name[:8]}"

    @cached_property
    def derived(self) -> DerivedFiles:
        """No derived files."""
        return NothingKept(self.root, self.advise)

    @cached_property
    def config(self) -> Config:
        """The configuration as it was.

        Raises NotFoundError where there was none, RefusedError where it cannot be read.
        """
        from crmcli.store.configuration import read_config

        content = self.contents.get(str(CONFIG))
        if content is None:
            raise NotFoundError(f"{self.name} has no {CONFIG}", hint="give a later day")
        try:
            return read_config(CONFIG, content)
        except UnreadableError as error:
            raise RefusedError(f"{self.name}: {error}") from None

    def finish_interrupted(self) -> None:
        """Leave what is interrupted today: it is not of this time."""

    def list_records(self, kind: str) -> list[str]:
        """Return the paths of the `opportunities` or `contacts`, sorted."""
        return sorted(path for path in self.contents if path.startswith(f"pipeline_data/{kind}/"))


def is_read(path: str) -> bool:
    """Tell whether a file is the configuration, a record or a questionnaire; hidden ones are not."""
    is_known = path == str(CONFIG) or (path.startswith((*RECORDS, f"{FOLDER}/")) and path.endswith(".yaml"))
    return is_known and not any(part.startswith(".") for part in path.split("/"))


class PastReading(Reading):
    """A read-only session in a workspace as it was."""

    workspace: PastWorkspace

    def __init__(self, workspace: PastWorkspace) -> None:
        super().__init__(workspace)
        for references in (self.opportunity_references, self.contact_references):
            references.paths = workspace.list_records(references.kind)

    def content(self, path: str) -> bytes | None:
        """Return the bytes that a file had; None where it did not exist."""
        return self.workspace.contents.get(path)

    @cached_property
    def index(self) -> Index:
        """The index of all records as they were, in memory."""
        return Index(Opened(self.build(), SeenFiles([], {})), again=lambda error: self.build())

    def build(self) -> sqlite3.Connection:
        """Return a database of the records as they were."""
        from crmcli.store.index.building import build_rows_of

        database = sqlite3.connect("", isolation_level=None)
        kinds = [path for kind in ("contacts", "opportunities") for path in self.workspace.list_records(kind)]
        contents = [(path, self.workspace.contents[path]) for path in kinds]
        build_rows_of(database, contents, self.workspace.progress)
        return database

    @cached_property
    def questionnaires(self) -> Questionnaires:
        """The questionnaires as they were."""
        return PastQuestionnaires(self.workspace)

    def mail_folder(self, file: str | None) -> MailFolder | None:
        """Return the folder that an outgoing mail's file was in."""
        return find_past_folder(self.workspace, file)


def find_past_folder(workspace: PastWorkspace, file: str | None) -> MailFolder | None:
    """Return the folder that an outgoing mail's file was in; None where git has none of them."""

    def exists(path: Path) -> bool:
        return str(path.relative_to(workspace.root)) in workspace.files

    return find_mail_folder(workspace.root, file, exists)


class PastQuestionnaires(Questionnaires):
    """The questionnaires of a workspace as they were."""

    def __init__(self, workspace: PastWorkspace) -> None:
        super().__init__(workspace.root, workspace.derived)
        self.workspace = workspace
        self.names = sorted(
            Path(path).stem for path in workspace.contents if Path(path).parent == Path(FOLDER)
        )

    def understood(self, name: str) -> Questionnaire:
        """Read the questionnaire with this name.

        Raises UnreadableError with the line that is wrong.
        """
        from crmcli.store import records

        path = path_of(name)
        return records.read_record(path, self.workspace.contents[str(path)], Questionnaire).value
