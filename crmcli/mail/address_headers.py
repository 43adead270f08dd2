"""To, Cc and Reply-To: what a value says there is data, and adds no recipient.

A template marks what its expressions print. `quote_values` then writes each of these values so that
it means itself: an address where one is wanted, else a display name (RFC 5322, section 3.4). And
`POLICY` writes the header: Python's own writer (before 3.12.5) drops the quotes of a long name.
"""

import re
from collections.abc import Iterable
from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import quote
from typing import Any

from crmcli.domain.errors import RefusedError, shorten

BEGIN, END = "\x02", "\x03"  # around a value, which holds no control characters itself
MARKED = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
ADDRESS = re.compile(r"""[^\s"(),:;<>@\[\]\\]+@[^\s"(),:;<>@\[\]\\]+""")
ADDRESSES = re.compile(rf"\s*{ADDRESS.pattern}(?:\s*,\s*{ADDRESS.pattern})*\s*")
LONGEST_NAME = 200  # characters of a display name
ENCODED_WORD = "=?"


def mark_value(text: str) -> str:
    """Return a value of a template as one that `quote_values` finds."""
    return f"{BEGIN}{UNPRINTABLE.sub(' ', text)}{END}"


def quote_values(header: str) -> str:
    """Return the text of a header in which each marked value means itself.

    >>> quote_values(f"{mark_value('x@evil.example, y')} <{mark_value('a@b.fr')}>, {mark_value('c@d.fr')}")
    '"x@evil.example, y" <a@b.fr>, c@d.fr'

    Raises RefusedError for a value that stands in <…> and is no address.
    """
    written, place = "", Place()
    pieces = MARKED.split(header)
    for fixed, value in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        written += fixed
        place.read(fixed)
        written += place.write(value.replace(ENCODED_WORD, "= ?"))
    return written


class Place:
    """Where in a header something stands: within quotes, a comment, <…>, or none of these."""

    def __init__(self) -> None:
        self.is_quoted = self.is_address = False
        self.comments = 0

    def read(self, fixed: str) -> None:
        """Go on through a part of the template that is no value."""
        for char in re.sub(r"\\.", "", fixed):
            if char == '"' and not self.comments:
                self.is_quoted = not self.is_quoted
            elif not self.is_quoted and char in "()":
                self.comments = max(0, self.comments + (1 if char == "(" else -1))
            elif not self.is_quoted and not self.comments and char in "<>":
                self.is_address = char == "<"

    def write(self, value: str) -> str:
        """Return a value as it has to be written here."""
        if self.is_quoted:
            return quote(value)
        if self.comments:
            return re.sub(r"([()\\])", r"\\\1", value)
        if self.is_address:
            return check_address(value)
        if not value.strip() or ATOM.fullmatch(value) or ADDRESSES.fullmatch(value):
            return value
        return f'"{quote(value)}"'


def check_address(value: str) -> str:
    """Return an address, or a part of one.

    Raises RefusedError for what is none, and so could be several.
    """
    if not (ATOM.fullmatch(value) or ADDRESS.fullmatch(value.strip())):
        raise RefusedError(f"{shorten(value, 80)!r} is no e-mail address")
    return value.strip()


def clean_name(name: str) -> str:
    """Return a display name that holds nothing but text, no longer than is read."""
    return " ".join(UNPRINTABLE.sub(" ", name).replace(ENCODED_WORD, "= ?").split())[:LONGEST_NAME]


class MailPolicy(EmailPolicy):
    """Writes a message for SMTP; an address header with an address a line."""

    def fold(self, name: str, value: Any) -> str:
        """Return the lines of a header."""
        if has_addresses(value):
            return write_addresses(name, value.addresses, self.linesep)
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the lines of a header as bytes."""
        if has_addresses(value):
            return self.fold(name, value).encode("ascii", "surrogateescape")
        return super().fold_binary(name, value)


def has_addresses(header: Any) -> bool:
    """Tell whether a header names addresses, all of them in ASCII."""
    addresses = getattr(header, "addresses", ())
    return bool(addresses) and all(each.addr_spec.isascii() for each in addresses)


POLICY = MailPolicy(linesep="\r\n")


def write_addresses(name: str, addresses: Iterable[Address], newline: str) -> str:
    """Return the lines of an address header."""
    written = (write_address(each, newline) for each in addresses)
    return f"{name}: {f',{newline} '.join(written)}{newline}"


def write_address(address: Address, newline: str) -> str:
    """Return an address with its display name, which goes on over several lines if need be (RFC 2047)."""
    name = clean_name(address.display_name)
    if not name:
        return address.addr_spec
    if not name.isascii():
        name = Header(name, "utf-8").encode(linesep=newline)
    elif not is_phrase(name):
        name = f'"{quote(name)}"'
    return f"{name} <{address.addr_spec}>"


def is_phrase(name: str) -> bool:
    """Tell whether a name needs no quotes: words of letters and digits."""
    return all(ATOM.fullmatch(word) and "." not in word for word in name.split(" "))
