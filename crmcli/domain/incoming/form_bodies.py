"""The body of a web form as a browser or a program sends it: urlencoded, multipart or JSON, as pairs.

Every byte is looked at a bounded number of times. What cannot be read is left out or raises BodyError.
"""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

from crmcli.domain.values.decoding import decode_text

LARGEST = 256 * 1024  # bytes of a body
MOST = 200  # fields
LONGEST_BOUNDARY = 70  # characters (RFC 2046, section 5.1.1)
Pairs = list[tuple[str, str]]


class BodyError(ValueError):
    """Raised for a body that is not one of a form."""


def decode_body(content_type: str, body: bytes) -> Pairs:
    """Return the fields of a body with their values, in order; a repeated name has several.

    Without a content type, the beginning of the body tells. Raises BodyError for what is not a form.

    >>> decode_body("application/x-www-form-urlencoded", b"nom=L%C3%A9a+B&nom=C")
    [('nom', 'Léa B'), ('nom', 'C')]
    >>> decode_body("application/json", b'{"nom": "Anne", "choix": ["a", "b"], "accord": true}')
    [('nom', 'Anne'), ('choix', 'a'), ('choix', 'b'), ('accord', 'yes')]
    """
    if len(body) > LARGEST:
        raise BodyError(f"is larger than {LARGEST // 1024} KiB")
    kind, _, rest = content_type.partition(";")
    kind = kind.strip().lower() or guess_type(body)
    if kind == "application/x-www-form-urlencoded":
        return decode_urlencoded(body)
    if kind == "application/json":
        return list(decode_json(body))
    if kind == "multipart/form-data":
        return list(decode_multipart(body, find_boundary(rest)))
    raise BodyError(f"{kind[:80]!r} is not a type of forms")


def guess_type(body: bytes) -> str:
    """Return the type of a body that came without one."""
    return "application/json" if body.lstrip()[:1] == b"{" else "application/x-www-form-urlencoded"


def decode_urlencoded(body: bytes) -> Pairs:
    """Return the fields of a body as browsers send it by default; wrong bytes become characters."""
    text = body.decode("ascii", "replace") if body.isascii() else decode_text(body, "utf-8")
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=MOST, encoding="latin-1")
    except ValueError:
        raise BodyError(f"has more than {MOST} fields") from None
    if not pairs:
        raise BodyError("holds no fields")
    return [(reread(name), reread(value)) for name, value in pairs]


def reread(text: str) -> str:
    """Return the text of percent-encoded bytes, in whichever encoding the page had."""
    try:
        return decode_text(text.encode("latin-1"), "utf-8")
    except UnicodeEncodeError:  # the body held characters that were not percent-encoded
        return text


def decode_json(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the fields of a JSON object: texts, numbers, true and false, and lists of these."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        raise BodyError("is not JSON") from None
    if not isinstance(tree, dict) or not tree:
        raise BodyError("is not a JSON object with fields")
    if len(tree) > MOST:
        raise BodyError(f"has more than {MOST} fields")
    for name, value in tree.items():
        for each in value[:MOST] if isinstance(value, list) else [value]:
            if isinstance(each, bool):
                yield name, "yes" if each else ""
            elif isinstance(each, str | int | float):
                yield name, spell_value(each)


def spell_value(value: str | int | float) -> str:
    """Return a value of JSON as text; a number of absurd length as an empty one."""
    try:
        return str(value).encode("utf-8", "replace").decode("utf-8")
    except ValueError:
        return ""


def find_boundary(parameters: str) -> bytes:
    """Return the boundary in the parameters of a content type.

    Raises BodyError without a usable one.
    """
    for each in parameters.split(";"):
        name, _, value = each.partition("=")
        boundary = value.strip().strip('"')
        if name.strip().lower() == "boundary" and 0 < len(boundary) <= LONGEST_BOUNDARY:
            return boundary.encode("ascii", "replace")
    raise BodyError("has no boundary in its content type")


def decode_multipart(body: bytes, boundary: bytes) -> Iterator[tuple[str, str]]:
    """Yield the fields of a multipart body (RFC 7578); files in it are left out."""
    parts = (b"\r\n" + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")).split(b"\r\n--" + boundary)
    if len(parts) < 2:
        raise BodyError("does not hold its boundary")
    if len(parts) > MOST + 2:
        raise BodyError(f"has more than {MOST} fields")
    for part in parts[1:]:
        if part.startswith(b"--"):
            return
        head, _, value = part.partition(b"\r\n\r\n")
        name = find_name(decode_text(head[:2000], "utf-8"))
        if name:
            yield name, decode_text(value, "utf-8").replace("\r\n", "\n")


def find_name(head: str) -> str:
    """Return the name of the field in the headers of a part; empty for files and other parts.

    >>> find_name('Content-Disposition: form-data; name="nom"'), find_name('x; name="f"; filename="a.jpg"')
    ('nom', '')
    """
    found: dict[str, str] = {}
    for line in head.splitlines():
        for each in line.split(";"):
            key, _, value = each.partition("=")
            found.setdefault(key.strip().lower(), value.strip().strip('"'))
    return "" if "filename" in found or "filename*" in found else found.get("name", "")
