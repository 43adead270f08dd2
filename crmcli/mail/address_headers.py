"""To, Cc and Reply-To: what a value says there is data, and adds no recipient.

A template marks what its expressions print. `quote_values` then writes each of these values so that
it means itself: an address where one is wanted, else a display name (RFC 5322, section 3.4).
"""

import re
from collections import Counter
from collections.abc import Iterable
from email.utils import quote

from crmcli.domain.values.errors import RefusedError, shorten_text

BEGIN, END = "\x02", "\x03"  # around a value, which holds no control characters itself
MARKED = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
ADDRESS = re.compile(r"""[^\s"(),:;<>@\[\]\\]+@[^\s"(),:;<>@\[\]\\]+""")
ADDRESSES = re.compile(rf"\s*{ADDRESS.pattern}(?:\s*,\s*{ADDRESS.pattern})*\s*")


def mark_value(text: str) -> str:
    """Return a value of a template as one that `quote_values` finds."""
    return f"{BEGIN}{UNPRINTABLE.sub(' ', text)}{END}"


def quote_values(header: str) -> str:
    """Return the text of a header in which each marked value means itself.

    >>> quote_values(f"{mark_value('x@evil.example')} <{mark_value('a@b.fr')}>")
    '"x@evil.example" <a@b.fr>'
    >>> quote_values(f"{mark_value('x@evil.example, y')} <{mark_value('a@b.fr')}>, {mark_value('c@d.fr')}")
    '"x@evil.example, y" <a@b.fr>, c@d.fr'

    Raises RefusedError for a value that stands in <…> and is not an address.
    """
    pieces = MARKED.split(header)
    pairs = list(zip(pieces[::2], [*pieces[1::2], ""], strict=True))
    parts = count_parts(pairs)
    written, place = "", Place()
    for fixed, value in pairs:
        written += fixed
        place.read(fixed)
        written += place.write(value, is_alone=parts[place.mailbox] == 1)
    return written


def count_parts(pairs: Iterable[tuple[str, str]]) -> Counter[int]:
    """Count what stands in each mailbox of a header: characters of the template, values; no comments."""
    place = Place()
    for fixed, value in pairs:
        place.read(fixed)
        if value.strip() and not place.comments:
            place.parts[place.mailbox] += 1
    return place.parts


class Place:
    """Where in a header something stands: within quotes, a comment, <…>, or none of these."""

    def __init__(self) -> None:
        self.is_quoted = self.is_address = False
        self.comments = 0
        self.mailbox = 0  # the number of commas before it
        self.parts: Counter[int] = Counter()  # what the template itself writes into each mailbox

    def read(self, fixed: str) -> None:
        """Go on through a part of the template that is not a value."""
        for char in re.sub(r"\\.", "", fixed):
            if char == '"' and not self.comments:
                self.is_quoted = not self.is_quoted
            elif not self.is_quoted and char in "()":
                self.comments = max(0, self.comments + (1 if char == "(" else -1))
            elif not self.is_quoted and not self.comments and char in "<>":
                self.is_address = char == "<"
            elif not self.is_quoted and not self.comments and not self.is_address and char in ",:;":
                self.mailbox += 1
                continue
            if not self.comments and char not in " \t()":
                self.parts[self.mailbox] += 1

    def write(self, value: str, *, is_alone: bool) -> str:
        """Return a value as it has to be written here; what is alone in a mailbox may be its address."""
        if self.is_quoted:
            return quote(value)
        if self.comments:
            return re.sub(r"([()\\])", r"\\\1", value)
        if self.is_address:
            return check_address(value)
        if not value.strip() or ATOM.fullmatch(value) or (is_alone and ADDRESSES.fullmatch(value)):
            return value
        return f'"{quote(value)}"'


def check_address(value: str) -> str:
    """Return an address, or a part of one.

    Raises RefusedError for anything else, which could be several.
    """
    if not (ATOM.fullmatch(value) or ADDRESS.fullmatch(value.strip())):
        raise RefusedError(f"{shorten_text(value, 80)!r} is not an e-mail address")
    return value.strip()
