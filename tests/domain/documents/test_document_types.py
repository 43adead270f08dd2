"""A kind of document is declared once: its schema, its columns and what stands in it agree."""

import json
from pathlib import Path

import msgspec
import pytest

from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.schemas import DOCUMENTS, KINDS
from crmcli.domain.documents.typed_document import TypedDocument, as_document, schema_name
from tests.harness.crm import Crm

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.json*"))


def list_subclasses(kind: type[TypedDocument]) -> set[type[TypedDocument]]:
    """All kinds below one, those that only share fields left out."""
    below = {each for child in kind.__subclasses__() for each in {child, *list_subclasses(child)}}
    return {each for each in below if schema_name(each).startswith("crm.")}


def test_every_declared_kind_has_a_schema() -> None:
    assert list_subclasses(TypedDocument) == set(KINDS)
    assert len(DOCUMENTS) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=schema_name)
def test_the_columns_are_those_that_a_document_has(kind: type[TypedDocument]) -> None:
    columns = columns_of(kind)
    held = set(DOCUMENTS[schema_name(kind)]()["properties"])
    assert {column.under[0] if column.under else column.key for column in columns} <= held
    assert held - {"schema"} <= {column.key for column in columns}
    assert [column.key for column in columns if column.usual] == list(
        kind.usual or [each.key for each in columns]
    )


@pytest.mark.parametrize("path", GOLDEN, ids=[path.name for path in GOLDEN])
def test_a_printed_document_has_the_declared_types(path: Path) -> None:
    text = path.read_text("utf-8")
    found = [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)
    kinds = {schema_name(kind): kind for kind in KINDS}
    for each in found if isinstance(found, list) else [found]:
        typed = msgspec.convert(each, kinds[each["schema"]])
        assert as_document(typed).items() <= each.items() or kinds[each["schema"]].of_record is not None


def test_records_of_the_sample_have_the_declared_types(shared: Crm) -> None:
    kinds = {schema_name(kind): kind for kind in KINDS}
    for command in (["list", "is:any"], ["activity", "list", "state:any"], ["contact", "list"]):
        for line in shared(*command, "-o", "jsonl").out.splitlines():
            document = json.loads(line)
            msgspec.convert(document, kinds[document["schema"]])
