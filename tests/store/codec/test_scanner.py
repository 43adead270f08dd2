"""Our faster scanner reads every text exactly as ruamel's own does: values, places and mistakes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner

from crmcli.store.codec.scanner import BoundedScanner, FastReader

PIECES = [
    *("a", "b:", "c: ", "- ", "? ", ": ", "\n", "\n  ", "\n    ", "  ", " ", "#", " # c", "'", '"', "''"),
    *("\\n", "\\", "\\u00e9", "[", "]", "{", "}", ", ", ",", "|", "|-", ">", "|+\n", ">2\n", "|2-\n", "&a "),
    *(
        "*a",
        "!t ",
        "!!str ",
        "\t",
        "---\n",
        "...\n",
        "%",
        "\r\n",
        "\r",
        "\u2028",
        "\x85",
        "\ufeff",
        "é",
        "::",
    ),
    *(
        ":a",
        "a:b",
        "?a",
        "-a",
        "0",
        "x y z",
        "~",
        "    x\n",
        "\n\n\n",
        "k: |\n  t\n\n",
        "k: >\n  t\n   u\n  v\n",
    ),
]


def told(node: Node | None) -> Any:
    """A node and all in it, with their marks."""
    if node is None:
        return None
    marks = [(mark.index, mark.line, mark.column) for mark in (node.start_mark, node.end_mark)]
    if not isinstance(node, CollectionNode):
        return (str(node.tag), node.value, node.style, node.anchor, marks)
    inner = [part for pair in node.value for part in pair] if isinstance(node, MappingNode) else node.value
    return (str(node.tag), node.flow_style, node.anchor, marks, [told(part) for part in inner])


def read(source: str, reader: type[Reader], scanner: type[Scanner]) -> Any:
    """What a text is, or what is wrong with it, and where."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Reader, yaml.Scanner = reader, scanner
    try:
        return told(yaml.compose(source))
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        return (type(error), getattr(error, "problem", str(error)), mark and mark.index)


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_a_text_is_read_as_ruamel_reads_it(source: str) -> None:
    assert read(source, FastReader, BoundedScanner) == read(source, Reader, Scanner)


@given(st.lists(st.sampled_from(["a", " ", ": ", ":", "#", "\n  ", "'"]), min_size=1), st.integers(1, 700))
def test_a_long_scalar_is_read_as_ruamel_reads_it(pieces: list[str], times: int) -> None:
    for source in (f"k: {''.join(pieces) * times}\n", f"k: [{''.join(pieces) * times}]\n"):
        assert read(source, FastReader, BoundedScanner) == read(source, Reader, Scanner)
