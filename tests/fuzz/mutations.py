"""Inputs damaged by chance: bytes and lines cut, doubled, moved and replaced, and fragments that parsers dislike."""

from collections.abc import Sequence
from random import Random

NUMBERS = (
    "0", "-1", "1e999", "-1e999", "nan", "inf", ".nan", "-.inf", "9" * 30, "9" * 5000, "0x10", "0o17", "1_000", "1.005", "١٢",
    "9223372036854775808", "-0", "1e-400", "8 000,50", "²",
)  # fmt: skip
DAYS = (
    "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-11-24T25:61:00Z", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00", "2026-11-24T09:00:00+99:00", "2026-W54", "2026-13", "eom", "999999999d", "-999999999y", "0bd",
    "31/02/2026", "29/02/2027", "٢٠٢٦-١١-٢٤",
)  # fmt: skip
TEXTS = (
    "", " ", "null", "~", "true", "NO", "\x1b[31m", "\x1b]0;x\x07", "\u202eabc", "\u2028", "\x85", "\ufeff", "é" * 300, "\ud7ff", "\U0010ffff",
    "x" * 5000, "'", '"', "\\", "%", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{{ 1/0 }}", "{% for %}", "{{ title }}",
    "../../x", "-x", "--help", "a\nb", "a\r\nBcc: x@example.org", "a\tb", "=?utf-8?q?=0d=0a?=", "#", "@", "İ", "ß", "ﬁ", "a@b@c",
)  # fmt: skip
YAML = (
    "!!python/object/apply:os.system [x]", "!!binary eA==", "!x y", "&a x", "*a", "<<: *a", "---", "...", "%YAML 1.1", "? x", "- ", ": ", "|", ">-",
    "{", "}", "[", "]", "{a: b}", "[a, b]", "# x", "\t", "\x00", "[" * 300, "{a: " * 100, "- " * 300, "'", '"', '"\\ud800"', '"\\x1b"', "2026-11-24",
)  # fmt: skip


def choose_word(draw: Random) -> str:
    """A value that some parser dislikes."""
    return draw.choice(draw.choice((NUMBERS, DAYS, TEXTS, YAML)))


def damage(draw: Random, content: bytes, fragments: Sequence[bytes], others: Sequence[bytes] = ()) -> bytes:
    """Some bytes, damaged in one to four places; `others` are contents from which pieces are taken."""
    for _ in range(draw.randint(1, 4)):
        content = draw.choice((damage_bytes, damage_lines))(draw, content, fragments, others or (content,))
    return content


def damage_bytes(draw: Random, content: bytes, fragments: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    """A piece cut out, doubled, or replaced."""
    start = draw.randint(0, len(content))
    end = min(len(content), start + draw.choice((0, 1, 2, 8, 60, 400)))
    other = draw.choice(others)
    from_other = draw.randint(0, len(other))
    pieces = (
        b"",
        content[start:end] * draw.choice((2, 50)),
        draw.choice(fragments),
        draw.randbytes(draw.choice((1, 3, 20))),
        other[from_other : from_other + 200],
    )
    return content[:start] + draw.choice(pieces) + content[end:]


def damage_lines(draw: Random, content: bytes, fragments: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    """A line removed, doubled, moved, indented, or given another value."""
    lines = content.splitlines(keepends=True) or [b""]
    place = draw.randrange(len(lines))
    line = lines[place]
    key, colon, _ = line.partition(b":")
    changed = {
        "remove": [],
        "double": [line, line],
        "move": [draw.choice(lines), line],
        "indent": [b" " * draw.randint(1, 4) + line],
        "outdent": [line.lstrip()],
        "other": [draw.choice(draw.choice(others).splitlines(keepends=True) or [b""])],
        "value": [key + colon + b" " + draw.choice(fragments) + b"\n"],
        "value again": [key + colon + b" " + draw.choice(fragments) + b"\n"],
    }
    lines[place : place + 1] = changed[draw.choice(list(changed))]
    return b"".join(lines)


def encode_fragments(*fragments: Sequence[str]) -> tuple[bytes, ...]:
    """Fragments as bytes, with some that are no UTF-8."""
    texts = [text for each in fragments for text in each]
    return (
        *(text.encode("utf-8", "surrogatepass") for text in texts),
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\x80",
    )
