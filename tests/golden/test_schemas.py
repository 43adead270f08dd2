"""What `crm schema` promises: every document and every file of the sample is what its schema says."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from crmcli.domain.documents.schemas import DOCUMENTS, FILES, SCHEMAS
from tests.harness.crm import Crm

GOLDEN = sorted(path for path in Path(__file__).parent.glob("*.json*"))


def documents(path: Path) -> list[dict[str, Any]]:
    text = path.read_text("utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    found = json.loads(text)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("path", GOLDEN, ids=[path.name for path in GOLDEN])
def test_a_document_is_what_its_schema_says(path: Path) -> None:
    for each in documents(path):
        jsonschema.validate(each, DOCUMENTS[each["schema"]](), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(shared: Crm, name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(shared("schema", name).out))


def as_json(value: Any) -> Any:
    """A YAML value as editors see it: days and instants are texts."""
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("pipeline_data/crm.yaml", "config"),
        ("questionnaires/*.yaml", "questionnaire"),
        ("pipeline_data/opportunities/**/*.yaml", "opportunity"),
        ("pipeline_data/contacts/*.yaml", "contact"),
    ],
)
def test_a_file_of_the_sample_is_what_its_schema_says(shared: Crm, pattern: str, name: str) -> None:
    found = list(shared.root.glob(pattern))
    assert found
    schema = jsonschema.Draft202012Validator(FILES[name]())
    schema.check_schema(schema.schema)
    for path in found:
        schema.validate(as_json(YAML(typ="safe", pure=True).load(path.read_text("utf-8"))))


def test_a_mistake_in_a_file_is_found_by_its_schema() -> None:
    with pytest.raises(jsonschema.ValidationError, match="stagez"):
        jsonschema.validate({"stagez": []}, FILES["config"]())
    with pytest.raises(jsonschema.ValidationError, match="130"):
        jsonschema.validate({"title": "x", "probability": 130}, FILES["opportunity"]())
    asked = {"id": "a", "sections": [{"id": "s", "questions": [{"id": "q", "label": "Q", "tipe": "bool"}]}]}
    with pytest.raises(jsonschema.ValidationError, match="tipe"):
        jsonschema.validate(asked, FILES["questionnaire"]())


def test_editors_are_led_to_the_schemas(crm: Crm) -> None:
    for path in (crm.data / "crm.yaml", crm.root / "questionnaires" / "pag.yaml"):
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert json.loads((path.parent / first.partition("=")[2]).read_text())["type"] == "object"
    assert crm("check").out == ""
