"""The canonical form."""

from __future__ import annotations

from typing import Any

import pytest
import ryaml
import yaml
from hypothesis import given
from ruamel.yaml import YAML

from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec.emitter import Unwritable, emit_yaml
from crmcli.store.codec.parser import parse_yaml
from crmcli.store.codec.scalars import is_ambiguous
from tests.store.codec.trees import TRICKY, plains, texts, trees

CANONICAL = """\
schema: 1
title: PAG Rika - Raccordement
revenue: 8000.00
tags:
  - pag
  - 'NO'
nothing: []
none: {}
empty:
description: |
  Poêle à granulé.

  Maison de 1950.
fields:
  phone: '0612345678'
  'on': "a\\tb"
activities:
  - id: c9d2e7fa
    due: 2026-11-26
    note: |2-
        indented
      not
  - - a
    - - b
  -
"""
TREE: dict[str, Value] = {
    "schema": Plain("1"),
    "title": "PAG Rika - Raccordement",
    "revenue": Plain("8000.00"),
    "tags": ["pag", "NO"],
    "nothing": [],
    "none": {},
    "empty": Plain(""),
    "description": "Poêle à granulé.\n\nMaison de 1950.\n",
    "fields": {"phone": "0612345678", "on": "a\tb"},
    "activities": [
        {"id": "c9d2e7fa", "due": Plain("2026-11-26"), "note": "  indented\nnot"},
        ["a", ["b"]],
        Plain(""),
    ],
}


def read_by_ryaml(source: str) -> Any:
    return ryaml.loads(source)


def read_by_ruamel(source: str) -> Any:
    return YAML(typ="safe", pure=True).load(source)


def read_by_pyyaml(source: str) -> Any:
    return yaml.safe_load(source)


def test_the_canonical_form_is_this() -> None:
    assert emit_yaml(TREE) == CANONICAL


def test_an_empty_mapping_is_a_document_too() -> None:
    assert emit_yaml({}) == "{}\n"


@pytest.mark.parametrize("read", [read_by_ryaml, read_by_ruamel, read_by_pyyaml])
@pytest.mark.parametrize("text", TRICKY)
def test_every_library_reads_a_tricky_text_as_it_was_written(read: Any, text: str) -> None:
    key = text[:300]
    tree: dict[str, Value] = {"a": text, "b": [text, {"c": text}], f"k{key}": "x", key: [[text]]}
    assert read(emit_yaml(tree)) == tree


@given(trees(texts))
def test_every_library_reads_what_was_written(tree: dict[str, Value]) -> None:
    source = emit_yaml(tree)
    assert read_by_ryaml(source) == tree
    assert read_by_ruamel(source) == tree
    assert read_by_pyyaml(source) == tree


@given(trees(texts | plains))
def test_written_read_and_written_again_gives_the_same_bytes(tree: dict[str, Value]) -> None:
    source = emit_yaml(tree)
    assert parse_yaml(source) == tree
    assert emit_yaml(parse_yaml(source)) == source


@given(texts)
def test_whatever_a_library_reads_as_something_else_is_ambiguous(text: str) -> None:
    if text.isprintable() and not is_ambiguous(text):
        for read in (read_by_ryaml, read_by_ruamel, read_by_pyyaml):
            assert type(read(emit_yaml({"a": text}))["a"]) is str


def test_long_texts_stay_on_their_line() -> None:
    assert emit_yaml({"a": "word " * 500 + "end"}) == "a: " + "word " * 500 + "end\n"


def test_lines_end_as_the_text_does() -> None:
    tree: dict[str, Value] = {"strip": "a\nb", "clip": "a\nb\n", "keep": "a\nb\n\n", "end": "x"}
    assert emit_yaml(tree) == ("strip: |-\n  a\n  b\nclip: |\n  a\n  b\nkeep: |+\n  a\n  b\n\nend: x\n")


@pytest.mark.parametrize("text", ["a\r\nb", "a\n\x0cb", "a\n\tb", "a\u2028b\n", "\n\n", "a\n  "])
def test_lines_that_readers_could_change_are_escaped(text: str) -> None:
    assert emit_yaml({"a": text}).startswith('a: "')
    assert emit_yaml({"a": text}).count("\n") == 1


@pytest.mark.parametrize("text", ["\u202e", "\u200b", "\u2066", "\ufeff", "\x85", "\x00"])
def test_invisible_characters_are_made_visible(text: str) -> None:
    assert emit_yaml({"a": text}).isascii()


@pytest.mark.parametrize("text", ["8\u00a0000\u202f€", "👨\u200d👩\u200d👧", "e\u0301", "poêle"])
def test_what_people_type_is_not_escaped(text: str) -> None:
    assert emit_yaml({"a": text}) == f"a: {text}\n"


@pytest.mark.parametrize("key", ["k" * 1000, "é" * 500, "🎉" * 250, "'" * 499, "\x01" * 249])
def test_the_longest_keys_are_read_by_every_library(key: str) -> None:
    for read in (read_by_ryaml, read_by_ruamel, read_by_pyyaml, parse_yaml):
        assert read(emit_yaml({key: "a"})) == {key: "a"}


def nested(levels: int) -> dict[str, Value]:
    tree: dict[str, Value] = {"a": "x"}
    for _ in range(levels - 1):
        tree = {"a": tree}
    return tree


def test_fifty_levels_can_be_written_and_read() -> None:
    assert parse_yaml(emit_yaml(nested(50))) == nested(50)


@pytest.mark.parametrize(
    "tree",
    [{"a": "\ud800"}, {"\udfff": "a"}, {"k" * 1001: "a"}, {"é" * 501: "a"}, {"a": Plain("text")}, nested(51)],
)
def test_what_no_file_can_hold_is_refused(tree: dict[str, Value]) -> None:
    with pytest.raises(Unwritable):
        emit_yaml(tree)


def test_a_plain_scalar_never_equals_a_text() -> None:
    assert Plain("NO") != "NO"
    assert len({Plain("NO"), Plain("NO"), "NO"}) == 2
