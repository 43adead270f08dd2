"""Extraction of a text's comments, to keep them where the text is written anew."""

from ruamel.yaml import YAML
from ruamel.yaml.tokens import ScalarToken


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
