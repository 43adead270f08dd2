"""What is remembered of a configuration is the same as what its file says."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.model.pipeline import Stage
from crmcli.domain.values.values import Plain
from crmcli.store.configuration import read_config
from crmcli.store.local_state.constructor_calls import pack, unpack
from crmcli.store.questionnaire_files import Questionnaires
from crmcli.store.workspace import CONFIG, Workspace
from tests.harness.places import ROOT

CONFIGS = [ROOT / CONFIG, *sorted((ROOT / "crmcli" / "workspaces").glob("**/crm.yaml"))]
CALLS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def through_memory(value: object) -> object:
    return unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(pack(value))))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.parent.parent.name)
def test_a_configuration_is_built_again_as_it_was_read(path: Path) -> None:
    config = read_config(path, path.read_bytes())
    again = through_memory(config)
    assert again == config
    assert repr(again) == repr(config)


def test_keys_that_crm_does_not_know_are_remembered_too() -> None:
    stage = Stage(id="new", label="Nouveau", extra={"mine": [Plain("1"), "2", {"more": Plain("~")}]})
    assert repr(through_memory(stage)) == repr(stage)


def test_questionnaires_are_built_again_as_they_were_read() -> None:
    found = [*Questionnaires(ROOT, Workspace(ROOT).derived).values()]
    assert found
    assert repr([through_memory(each) for each in found]) == repr(found)


@given(CALLS)
def test_calls_that_nobody_made_are_refused_or_harmless(calls: object) -> None:
    try:
        unpack(calls)
    except (KeyError, TypeError, ValueError):
        return


def test_a_class_that_is_loaded_later_is_found() -> None:
    unpack(pack(Stage(id="new")))

    class Later(Stage, frozen=True, kw_only=True):
        """A class that was not there when the first value was built."""

    assert isinstance(through_memory(Later(id="late")), Later)
