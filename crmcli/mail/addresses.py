"""E-mail addresses that messages are sent to: split, validated, and converted to ASCII."""

import re
from email.utils import getaddresses

from crmcli.domain.values.errors import RefusedError
from crmcli.mail.headers import Mailbox, replace_line_breaks

LONGEST, LONGEST_LOCAL = 254, 64  # characters (RFC 5321, section 4.5.3.1)
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = re.compile(rf"{ATOM}(?:\.{ATOM})*")
LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)')  # also a comment
NO_GROUP = re.compile("@[^,;]*:")  # the name of a group (RFC 5322, section 3.4) has no @
NO_ADDRESS = "is not an e-mail address"
HINT = "one address like marie@example.org"
ENCODED = "=?"  # starts an encoded word; some mail programs decode these anywhere


def split_mailboxes(text: str) -> tuple[Mailbox, ...]:
    """Split a text like `Name <a@b>, c@d` at its commas; encoded words in it are not decoded.

    Raises RefusedError where it contains no mailbox, and for a text like `a@b Bcc: c@d`, whose only address
    would be the last one.
    """
    if NO_GROUP.search(QUOTED.sub("", text)):
        raise RefusedError(NO_ADDRESS, where=replace_line_breaks(text), hint=HINT)
    pairs = getaddresses([replace_line_breaks(text)])
    found = tuple(Mailbox(name, email) for name, email in pairs if name or email)
    if not found:
        raise RefusedError(NO_ADDRESS, where=replace_line_breaks(text), hint=HINT)
    return found


def ascii_address(email: str) -> str:
    """Return an address as written in a header, with a non-ASCII domain in Punycode.

    Raises RefusedError where it is not exactly one address.
    """
    local, _, domain = email.rpartition("@")
    if is_foreign(local):
        raise RefusedError(
            "many mail servers take only ASCII letters before the @",
            where=replace_line_breaks(email),
            hint=HINT,
        )
    spelled = f"{local}@{ascii_domain(domain)}"
    is_usable = LOCAL.fullmatch(local) and ENCODED not in local and len(local) <= LONGEST_LOCAL
    if not is_usable or len(spelled) > LONGEST or spelled.endswith("@"):
        raise RefusedError(NO_ADDRESS, where=replace_line_breaks(email), hint=HINT)
    return spelled


def is_foreign(local: str) -> bool:
    """Tell whether a local part needs the SMTP extension of RFC 6531."""
    return bool(re.fullmatch(r"[\w.+-]+", local)) and not local.isascii()


def ascii_domain(domain: str) -> str:
    """Return a domain in ASCII; empty if it is invalid, or if Punycode does not convert back to it."""
    if len(domain) > LONGEST:
        return ""
    try:
        spelled = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        is_same = domain.isascii() or spelled.encode("ascii").decode("idna").lower() == domain.lower()
    except UnicodeError:
        return ""
    return spelled if is_same and all(map(LABEL.fullmatch, spelled.split("."))) else ""
