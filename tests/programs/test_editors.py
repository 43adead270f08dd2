"""Editors check `crm.yaml` and questionnaires by the schemas that `crm init` writes: yaml-language-server does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.language_server import LanguageServer, find_server

PROGRAM = find_server()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no yaml-language-server here (make editors)")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LanguageServer]:
    """A running server."""
    server = LanguageServer(PROGRAM or "", tmp_path)
    yield server
    server.stop()


@pytest.mark.parametrize("template", ["neutral", "stoves"])
def test_an_editor_finds_nothing_wrong_in_a_new_workspace(
    crm: Crm, server: LanguageServer, template: str
) -> None:
    crm("init", "--template", template, "own")
    own = crm.root / "own"
    for path in (own / "pipeline_data/crm.yaml", *sorted((own / "questionnaires").glob("*.yaml"))):
        assert server.problems(path, path.read_text("utf-8")) == []


def test_an_editor_finds_a_mistake(crm: Crm, server: LanguageServer) -> None:
    crm("init", "own")
    config = crm.root / "own/pipeline_data/crm.yaml"
    text = config.read_text("utf-8")
    assert "stagez" in str(server.problems(config, text.replace("stages:", "stagez:", 1)))
    assert server.problems(config, text.replace("outcome: won", "outcome: wonn", 1)) != []
    questionnaire = crm.root / "own/questionnaires/project.yaml"
    asked = questionnaire.read_text("utf-8").replace("type: money", "type: mony")
    assert server.problems(questionnaire, asked) != []


def test_an_editor_checks_again_in_a_clone(crm: Crm, server: LanguageServer) -> None:
    crm("init", "own")
    config = crm.root / "own/pipeline_data/crm.yaml"
    for path in (config.parent / "schema").iterdir():
        path.unlink()
    crm("schema", "--write", "-C", "own")
    assert "stagez" in str(
        server.problems(config, config.read_text("utf-8").replace("stages:", "stagez:", 1))
    )
