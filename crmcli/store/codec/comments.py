"""Extraction of a text's comments, to keep them where the text is written anew."""

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode
from ruamel.yaml.tokens import ScalarToken

from crmcli.store.codec.nodes import compose_nodes, node_at
from crmcli.store.codec.spans import Spans, is_flow


def find_comments(source: str) -> list[str]:
    """Return every comment of a valid source, from its `#` to the end of its line, in order.

    >>> find_comments("a: 1  # one\\n# two\\nb: '# three'\\nc: |  # four\\n  # five\\n")
    ['# one', '# two', '# four']
    """
    found = []
    position = 0
    for token in YAML(typ="safe", pure=True).scan(source):
        found += comments_between(source[position : token.start_mark.index])
        if isinstance(token, ScalarToken) and token.style in ("|", ">"):
            found += comments_between(source[token.start_mark.index :].partition("\n")[0])
        position = max(position, token.end_mark.index)
    return [*found, *comments_between(source[position:])]


def comments_between(gap: str) -> list[str]:
    """Return the comments in the text between two tokens."""
    return [line[line.index("#") :].rstrip() for line in gap.splitlines() if "#" in line]


def has_comments(source: str, path: tuple[str, ...]) -> bool:
    """Tell whether the block at a path of keys has a comment behind its key, or on a line above an item.

    >>> has_comments("tags:\\n  # of the customer\\n  - pag\\n", ("tags",))
    True
    >>> has_comments("tags:\\n  - pag  # goes with its item\\n", ("tags",))
    False
    """
    key, value = node_at(compose_nodes(source), path)
    if key is None or not isinstance(value, CollectionNode) or is_flow(value) or not value.value:
        return False
    spans = Spans(source)
    (first, end), *others = spans.parts(value)
    if spans.comments_between(key.end_mark.index, first):
        return True
    for start, following in others:
        if spans.comment_lines(end, start):
            return True
        end = following
    return False
