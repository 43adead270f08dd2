"""A workspace to break: the sample's configuration, records made by commands, and its state compared."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from crmcli.store.catalog import id_in_name, slug_in_name
from tests.harness.crm import Crm
from tests.harness.incidents import DERIVED
from tests.harness.places import ROOT

SMALL = """\
schema: 1
timezone: Europe/Paris
users:
  - id: marie
  - id: paul
stages:
  - id: new
    probability: 10
  - id: contacted
    probability: 30
    on_enter:
      - id: first-call
        activity:
          type: call
          summary: Appeler le client
          due: 2d
      - id: acknowledge
        email:
          template: merci
  - id: visit
    probability: 40
  - id: won
    probability: 100
    outcome: won
activity_types:
  - id: call
  - id: visit
mail:
  from: contact@atre-granules.example
"""  # as the emitter writes it, so it is read at once; a promise takes hundreds of commands
MERCI = "Subject: Nous avons bien reçu votre demande\n\nBonjour {{ contact.name }},\n\nmerci !\n"
YESTERDAY = "2026-11-23T09:00"
JEAN = "Jean NEUF <jean@example.org>"
Tree = dict[str, bytes]  # bytes by path


class Workspace(Crm):
    """A workspace in a directory of its own, whose commands find it as people's do: by where they are."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.private = self.data / ".crm"
        self.pending = self.private / "journal" / "pending"
        self.state = root.parent / "state"
        self.environment |= {"CRM_LOCK_TIMEOUT": "10", "CRM_STATE_DIR": str(self.state)}
        del self.environment["CRM_WORKSPACE"]

    def create(self, title: str, *options: str, now: str = YESTERDAY) -> str:
        """The id of a new record."""
        return self("create", title, *options, "-o", "ids", CRM_NOW=now).ids[0]

    def file(self, id: str) -> Path:
        """Where the record with this id lies."""
        return next(path for path in self.data.glob("*/**/*.yaml") if id_in_name(str(path)) == id)

    def text(self, id: str) -> str:
        """The text of the record with this id."""
        return self.file(id).read_text(encoding="utf-8")

    def edit(self, id: str, old: str, new: str) -> None:
        """Change a record's file as a person does in an editor."""
        text = self.text(id)
        assert old in text
        self.file(id).write_text(text.replace(old, new), encoding="utf-8")

    def tree(self) -> Tree:
        """All that people keep here, the private directory left out; hidden files are in it."""
        return {path: content for path, content in self.everything().items() if "/.crm/" not in path}

    def everything(self) -> Tree:
        """Every file in the data directory, but what is derived from the others."""
        files = (path for path in sorted(self.data.rglob("*")) if path.is_file())
        found = {str(path.relative_to(self.root)): path for path in files}
        return {name: path.read_bytes() for name, path in found.items() if not name.startswith(DERIVED)}

    def remember(self) -> "Memory":
        """Its state, to come back to."""
        return Memory(self)

    def is_clean(self) -> bool:
        """Does `crm check` find nothing, and is no journal left?"""
        check = self.run("check")
        assert (check.code, check.out, check.err) == (0, "", "")
        assert not self.pending.exists()
        return True


class Memory:
    """A state of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.copy = workspace.root / "remembered"
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(workspace.data, self.copy)

    def restore(self) -> None:
        """Make the workspace what it was."""
        shutil.rmtree(self.workspace.data)
        shutil.copytree(self.copy, self.workspace.data)


def a_workspace(root: Path) -> Workspace:
    """A workspace without records: few stages, and a rule that writes to the customer."""
    (root / "pipeline_data").mkdir(parents=True)
    (root / "pipeline_data" / "crm.yaml").write_text(SMALL, encoding="utf-8")
    (root / "templates" / "email").mkdir(parents=True)
    (root / "templates" / "email" / "merci.j2").write_text(MERCI, encoding="utf-8")
    return Workspace(root)


def the_sample(root: Path) -> Workspace:
    """A workspace with the configuration that people start from, and no records."""
    (root / "pipeline_data").mkdir(parents=True)
    shutil.copy(ROOT / "pipeline_data" / "crm.yaml", root / "pipeline_data")
    for folder in ("questionnaires", "templates"):
        shutil.copytree(ROOT / folder, root / folder)
    return Workspace(root)


def ids_of(tree: Mapping[str, bytes]) -> set[str]:
    """The ids of the records in a tree."""
    return {id for path in tree if (id := id_in_name(path))}


def anonymous(tree: Mapping[str, bytes], known: set[str]) -> Tree:
    """A tree without ids drawn at random: one that is not known is replaced by its file's slug."""
    slugs = {id: slug_in_name(path) for path in tree if (id := id_in_name(path)) and id not in known}

    def named(content: bytes) -> bytes:
        for id, slug in slugs.items():
            content = content.replace(id.encode(), slug.encode())
        return content

    return {named(path.encode()).decode(): named(content) for path, content in tree.items()}


def without(tree: Mapping[str, bytes], id: str) -> Tree:
    """A tree without the file of one record."""
    return {path: content for path, content in tree.items() if id_in_name(path) != id}


SERVICE = """\
  - id: service
    label: Entretien
    stages:
      - id: asked
        label: Demandé
        probability: 50
      - id: serviced
        label: Entretenu
        probability: 100
        outcome: won
"""


def add_service_pipeline(root: Path) -> None:
    """Make the stages of the sample the first of two pipelines; the second is for services."""
    path = root / "pipeline_data" / "crm.yaml"
    text = path.read_text("utf-8")
    begin = text.index("\nstages:\n") + 1
    end = text.index("\n# ", text.index("outcome: won", begin))
    stages = "".join(f"    {line}\n" if line.strip() else "\n" for line in text[begin:end].splitlines()[1:])
    sales = f"pipelines:\n  - id: sales\n    label: Ventes\n    stages:\n{stages}"
    path.write_text(text[:begin] + sales + SERVICE + text[end:], "utf-8")
