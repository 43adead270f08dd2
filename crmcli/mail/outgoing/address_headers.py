"""To, Cc and Reply-To of templates: values printed in them are data and add no recipient.

Template values are marked while the template is rendered. `quote_values` then writes each one as an
address where one is expected, else as a quoted display name (RFC 5322, section 3.4).
"""

import re
from collections import Counter
from collections.abc import Iterable
from email.utils import quote

from crmcli.domain.values.errors import RefusedError, shorten_text

BEGIN, END = "\x02", "\x03"  # around a marked value, which contains no control characters
MARKED = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
ADDRESS = re.compile(r"""[^\s"(),:;<>@\[\]\\]+@[^\s"(),:;<>@\[\]\\]+""")
ADDRESSES = re.compile(rf"\s*{ADDRESS.pattern}(?:\s*,\s*{ADDRESS.pattern})*\s*")


def mark_value(text: str) -> str:
    """Return a template value with the marks that `quote_values` looks for."""
    return f"{BEGIN}{UNPRINTABLE.sub(' ', text)}{END}"


def quote_values(header: str) -> str:
    """Return a header in which each marked value is quoted, so that it cannot add a recipient.

    >>> quote_values(f"{mark_value('x@evil.example')} <{mark_value('a@b.fr')}>")
    '"x@evil.example" <a@b.fr>'
    >>> quote_values(f"{mark_value('x@evil.example, y')} <{mark_value('a@b.fr')}>, {mark_value('c@d.fr')}")
    '"x@evil.example, y" <a@b.fr>, c@d.fr'

    Raises RefusedError for a value within <…> that is not an address.
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
    """Count the characters of the template and the values in each mailbox of a header, without comments."""
    place = Place()
    for fixed, value in pairs:
        place.read(fixed)
        if value.strip() and not place.comments:
            place.parts[place.mailbox] += 1
    return place.parts


class Place:
    """The position in a header: within quotes, a comment, <…>, or none of these."""

    def __init__(self) -> None:
        self.is_quoted = self.is_address = False
        self.comments = 0
        self.mailbox = 0  # number of separators before this position
        self.parts: Counter[int] = Counter()  # characters of the template in each mailbox

    def read(self, fixed: str) -> None:
        """Advance over fixed text of the template."""
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
        """Return a value quoted for this position; one alone in its mailbox may be the address itself."""
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

    Raises RefusedError for anything else, which might be several addresses.
    """
    if not (ATOM.fullmatch(value) or ADDRESS.fullmatch(value.strip())):
        raise RefusedError(f"{shorten_text(value, 80)!r} is not an e-mail address")
    return value.strip()
