"""Texts, and JSON, made safe to print on a terminal."""

import re

DIRECTIONS = "\u061c|[\u200e\u200f]|[\u202a-\u202e]|[\u2066-\u2069]"


UNSAFE = (  # separate classes: as one class they take 10 ms to compile
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f]|{DIRECTIONS}|[\ud800-\udfff]"
)


def visible(text: str) -> str:
    """Return a text with control and direction characters escaped, so that it is safe to print.

    >>> visible("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return re.sub(UNSAFE, lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def visible_line(text: str) -> str:
    r"""Return a text, such as a file name, as `visible` does, and on one line.

    >>> visible_line("a\nb")
    'a\\nb'
    """
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def visible_json(text: str) -> str:
    r"""Return JSON with control and direction characters as JSON escapes, which leaves the data unchanged.

    >>> visible_json('{"title": "a\u202eb"}')
    '{"title": "a\\u202eb"}'
    """
    return re.sub(UNSAFE, lambda found: f"\\u{ord(found[0]):04x}", text)
