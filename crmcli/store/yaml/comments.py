"""The comments of a text, to keep them where it is written anew."""

from ruamel.yaml import YAML


def comments(source: str) -> list[str]:
    """Every comment, one a line, from its `#`, in their order; the source is one that reads.

    >>> comments("a: 1  # one\\n# two\\nb: '# three'\\n")
    ['# one', '# two']
    """
    found = []
    position = 0
    for token in YAML(typ="safe", pure=True).scan(source):
        found += [line.strip() for line in between(source[position : token.start_mark.index])]
        position = max(position, token.end_mark.index)
    return [*found, *between(source[position:])]


def between(gap: str) -> list[str]:
    """The comments in the blanks between two tokens."""
    return [line[line.index("#") :].rstrip() for line in gap.splitlines() if "#" in line]
