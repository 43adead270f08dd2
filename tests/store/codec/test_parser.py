"""Reading a text to its exact tree, or refusing it with its line."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.values import Plain, Value
from crmcli.store.codec import parser
from crmcli.store.codec.emitter import emit_yaml
from crmcli.store.codec.parser import BadYaml, locate, parse_canonical, parse_nodes, parse_yaml
from tests.store.codec.difficult import FILES
from tests.store.codec.trees import TRICKY, Hand, plains, texts, trees

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)
CORPUS: dict[str, dict[str, Value]] = {
    "": {},
    "# only\n": {},
    "---\n...\n": {},
    "{}\n": {},
    "a: 120\n": {"a": Plain("120")},
    "a: '120'\nb: \"120\"\nc: !!str 120\n": {"a": "120", "b": "120", "c": "120"},
    "a: !!int 1\n": {"a": Plain("1")},
    "a:\nb: ~\nc: null\n": {"a": Plain(""), "b": Plain("~"), "c": Plain("null")},
    "a: 2026-12-31 # due\n": {"a": Plain("2026-12-31")},
    "a: NO\nb: 'NO'\n": {"a": Plain("NO"), "b": "NO"},
    "a: 1.10\nb: 1e5\nc: 0x1F\n": {"a": Plain("1.10"), "b": Plain("1e5"), "c": Plain("0x1F")},
    f"a: {'9' * 60}\n": {"a": Plain("9" * 60)},
    f"a: {'9' * 200}\n": {"a": Plain("9" * 200)},
    "on: won\nyes: no\n": {"on": "won", "yes": Plain("no")},
    "2026-12-31: x\n": {"2026-12-31": "x"},
    "a: [1, '1', {b: 12:30, c: }]\n": {"a": [Plain("1"), "1", {"b": Plain("12:30"), "c": Plain("")}]},
    "a:\n- b\n-   c: d\n    e: f\n": {"a": ["b", {"c": "d", "e": "f"}]},
    "a: x\n  y\n  z # c\n": {"a": "x y z"},
    "a: >\n  x\n  y\n\n  z\n": {"a": "x y\nz\n"},
    "a: |\n  x\n\n  # y\n\n# c\nb: z\n": {"a": "x\n\n# y\n", "b": "z"},
    "a: |\n  x": {"a": "x"},
    'a: "x\\\n  y"\n': {"a": "xy"},
    "---\na: x\n...\n": {"a": "x"},
    "\ufeffa: x\r\nb: |\r\n  y\r\n\r\n  z\r\n": {"a": "x", "b": "y\n\nz\n"},
    "a: &x {b: 1}\nc: *x\nd: [*x]\n": {
        "a": {"b": Plain("1")},
        "c": {"b": Plain("1")},
        "d": [{"b": Plain("1")}],
    },
    "a: &x 1\nb: &x 2\nc: *x\n": {"a": Plain("1"), "b": Plain("2"), "c": Plain("2")},
    "? a\n: b\n": {"a": "b"},
    "a: b # c\n\n# d\ne: 1\n": {"a": "b", "e": Plain("1")},
}
REFUSED: list[tuple[str, int | None, str]] = [
    ("x: 1\na: 'b\nc: d\n", 2, "quoted"),
    ("a: 1\nb: [c\n", 2, "flow sequence"),
    ("a: b: c\n", 1, "mapping values"),
    ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'"),
    ("a: {b: 1, 'b': 2}\n", 1, "duplicate key 'b'"),
    ("a: x\nb: \x01\n", 2, "U+0001"),
    ("a: x\nb: y\u2028z\n", 2, "U+2028"),
    ("a: x\r\nb: y\ufeffz\r\n", 2, "U+FEFF"),
    ('a: x\nb: "\\ud800"\n', 2, "surrogate"),
    ("a: b\n---\nc: d\n", 2, "second document"),
    ("# c\n%YAML 1.1\n---\na: 1\n", 2, "directives"),
    ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge keys"),
    ("<<: {a: 1}\n", 1, "merge keys"),
    ("a: x\nb: !foo 1\n", 2, "!foo"),
    ("a: !!binary aGk=\n", 1, "!!binary"),
    ("a: ! 1\n", 1, "the tag !"),
    ("a: !!seq {b: c}\n", 1, "does not fit"),
    ("a: !!int x\n", 1, "type"),
    ("x: 1\n1: 2\n", 2, "quote '1'"),
    ("x: 1\ntrue: 2\n", 2, "quote 'true'"),
    ("? [a]\n: b\n", 1, "keys must be text"),
    ("- a\n", 1, "not a mapping"),
    ("null\n", 1, "not a mapping"),
    ("a: *y\n", 1, "undefined alias"),
    ("a: &x [*x]\n", 1, "deeper"),
    ("b: 1\na: " + "[" * 60 + "]" * 60 + "\n", 2, "deeper than 50"),
    ("b: 1\na: " + "[" * 50 + "]" * 50 + "\n", 2, "deeper than 50"),
    (BOMB, 1, "aliases repeat"),
    (f"b: 1\n{'k' * 1001}: a\n", 2, "a key takes at most 1000 bytes"),
    (f"b: 1\n{'é' * 501}: a\n", 2, "a key takes at most 1000 bytes"),
    (f"b: 1\n{'k' * 1100}: a\n", 2, "a key takes at most 1000 bytes"),
    ("a: 1\nb\nc: 2\n", 2, "is missing here"),
    (f"b: 1\n? {'k' * 1100}\n: a\n", 2, "a key takes at most 1000 bytes"),
    ("b: 1\na: x\t# c\n", 2, "a tab"),
    ("b: 1\na:\n\t- x\n", 3, "a tab"),
    ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", 2, "git conflict markers"),
    ("a: '" + "x" * (8 * 1024 * 1024) + "'\n", None, "8 MiB"),
]


@pytest.mark.parametrize("source", CORPUS)
def test_a_text_is_read_as_it_stands(source: str) -> None:
    assert parse_yaml(source) == CORPUS[source]


@pytest.mark.parametrize("source", CORPUS)
def test_the_nodes_give_the_same_tree_without_ryaml(source: str) -> None:
    assert parse_nodes(source) == CORPUS[source]
    assert parse_canonical(source) in (None, CORPUS[source])


@pytest.mark.parametrize(("source", "line", "reason"), REFUSED)
def test_a_text_is_refused_with_its_line(source: str, line: int | None, reason: str) -> None:
    with pytest.raises(BadYaml) as caught:
        parse_yaml(source)
    assert caught.value.line == line
    assert reason in caught.value.reason


@given(trees(texts | plains))
def test_both_ways_of_reading_a_canonical_text_agree(tree: dict[str, Value]) -> None:
    source = emit_yaml(tree)
    assert parse_nodes(source) == tree
    is_masked = any("\ue000" <= char <= "\uf8ff" for char in source)  # what brackets are hidden behind
    assert parse_canonical(source) == tree or (is_masked and parse_canonical(source) is None)


@given(trees(texts | plains.filter(lambda plain: plain.text != "")), st.integers(0, 2**32))
def test_both_ways_of_reading_any_style_agree(tree: dict[str, Value], seed: int) -> None:
    source, _ = Hand(seed).writes(tree)
    assert parse_nodes(source) == tree
    assert parse_canonical(source) in (None, tree)


@given(trees(texts | plains), st.sampled_from(TRICKY), st.floats(0, 1))
def test_a_damaged_text_is_read_alike_or_refused(tree: dict[str, Value], damage: str, where: float) -> None:
    source = emit_yaml(tree)
    at = int(where * len(source))
    damaged = source[:at] + damage + source[at:]
    quickly = parse_canonical(damaged)
    try:
        assert quickly in (None, parse_nodes(damaged))
    except BadYaml:
        assert quickly is None


@pytest.mark.parametrize("remark", ["# c\n", "\n", "  # c\n", "\n\n# c\n"])
def test_comments_on_lines_of_their_own_do_not_cost_the_fast_way(remark: str) -> None:
    source = f"{remark}a: 1\n{remark}b:\n{remark}  - x\n{remark}"
    assert parse_canonical(source) == {"a": Plain("1"), "b": ["x"]}


def test_canonical_texts_are_read_without_ruamel() -> None:
    program = (
        "import sys; from crmcli.store.codec.parser import parse_yaml; "
        "parse_yaml('# c\\na: 1\\n'); sys.exit('ruamel.yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_everything_is_read_on_a_machine_without_ryaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "ryaml", None)
    for source, tree in CORPUS.items():
        assert parse_yaml(source) == tree
    for source, line, _ in REFUSED:
        with pytest.raises(BadYaml) as caught:
            parse_yaml(source)
        assert caught.value.line == line


@pytest.mark.parametrize("source", FILES)
def test_files_made_by_hand_are_read_as_a_yaml_library_reads_them(source: str) -> None:
    assert texts_of(parse_yaml(source)) == yaml.load(source, yaml.BaseLoader)  # scalars as their characters


def texts_of(value: Value) -> object:
    """The tree with every scalar as its characters."""
    if isinstance(value, dict):
        return {key: texts_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [texts_of(item) for item in value]
    return value.text if isinstance(value, Plain) else value


def test_many_comments_with_windows_line_ends_are_read_at_once() -> None:
    assert parse_yaml("# c\r\n\r\n" * 3000 + "a: {b: 1}\r\n") == {"a": {"b": Plain("1")}}


def test_the_place_of_a_path_is_that_of_its_key_or_item() -> None:
    source = "# c\na:\n  - b\n  - c: d\n    e: f\ng: {h: i}\n"
    assert locate(source, ("a",)) == (2, 1)
    assert locate(source, ("a", 0)) == (3, 5)
    assert locate(source, ("a", 1, "e")) == (5, 5)
    assert locate(source, ("g", "h")) == (6, 5)


@pytest.mark.parametrize(
    ("path", "place"),
    [(("x",), (2, 1)), (("a", 7), (2, 1)), (("a", "b"), (2, 1)), (("a", 0, "b"), (3, 5))],
)
def test_what_is_missing_is_missing_at_the_place_above_it(
    path: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    assert locate("# c\na:\n  - b\n", path) == place


def test_a_text_that_cannot_be_read_has_no_places() -> None:
    assert locate("a: 'x\n", ("a",)) is None
