"""Who may send a form, and how often: signed pages, allowed origins, the client's address, limits."""

import hashlib
import hmac
import ipaddress
import os
from collections import OrderedDict, deque
from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

OLDEST = 24 * 3600  # seconds that a page may stay open
MOST, WITHIN = 20, 600  # forms from one client, and the seconds in which they count
MOST_CLIENTS = 10_000
NETWORK_6 = 64  # bits of an IPv6 address that a provider gives to one client


class Page(NamedTuple):
    """A served page: when it was, its random id, and a hash of the visitor's cookie."""

    at: float
    id: str
    visitor: str


class PageSigner:
    """Signs the pages that are served, so that only these can be sent."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret

    def sign_page(self, form: str, visitor: str, at: float) -> str:
        """Return the token of a new page."""
        return self.join_token(form, Page(round(at, 3), os.urandom(9).hex(), hash_visitor(visitor)))

    def join_token(self, form: str, page: Page) -> str:
        """Return a page as a token with its signature."""
        text = f"{page.at:.3f}~{page.id}~{page.visitor}"
        mac = hmac.new(self.secret, f"{form}~{text}".encode(), hashlib.sha256).hexdigest()[:40]
        return f"{text}~{mac}"

    def read_page(self, form: str, token: str, now: float) -> Page | None:
        """Return the page of a token; None where we did not sign it, or long ago."""
        at, _, rest = token[:200].partition("~")
        id, _, rest = rest.partition("~")
        try:
            page = Page(float(at), id, rest.partition("~")[0])
        except ValueError:
            return None
        is_ours = hmac.compare_digest(self.join_token(form, page).encode(), token.encode("utf-8", "replace"))
        return page if is_ours and 0 <= now - page.at <= OLDEST else None


def hash_visitor(visitor: str) -> str:
    """Return a short hash of the visitor's cookie."""
    return hashlib.sha256(visitor.encode("utf-8", "replace")).hexdigest()[:16]


def is_same_site(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser says that the page came from here, by Sec-Fetch-Site or by Origin and Host."""
    origin = headers.get("origin", "")
    if headers.get("sec-fetch-site") == "same-origin":
        return True
    return bool(origin) and split_origin(origin).partition("://")[2] == headers.get("host", "").lower()


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser says that the page came from elsewhere."""
    site = headers.get("sec-fetch-site", "")
    says_elsewhere = site in ("cross-site", "same-site") or (not site and bool(headers.get("origin")))
    return says_elsewhere and not is_same_site(headers)


def allowed_origin(headers: Mapping[str, str], origins: Collection[str]) -> str:
    """Return the origin of a page on an existing site, if it is one of those listed; else an empty text.

    Browsers send it as `Origin`; where that is missing, the `Referer` tells.
    """
    origin = split_origin(headers.get("origin") or headers.get("referer", ""))
    listed = {split_origin(each) for each in origins}
    return origin if origin and origin in listed else ""


def split_origin(link: str) -> str:
    """Return scheme, host and port of a link; empty for what is not one.

    >>> split_origin("https://WWW.example.org/contact?x=1"), split_origin("null")
    ('https://www.example.org', '')
    """
    try:
        parts = urlsplit(link[:2000].strip())
    except ValueError:
        return ""
    is_link = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    return f"{parts.scheme}://{parts.netloc.lower()}" if is_link else ""


def find_client(peer: str, forwarded: str, proxies: Collection[str]) -> str:
    """Return the address of the client: that of the connection, or what our own proxies say of it.

    X-Forwarded-For is read from the right, and only as far as the addresses are those of our proxies.

    >>> find_client("203.0.113.9", "198.51.100.1", ["127.0.0.1"])
    '203.0.113.9'
    >>> find_client("127.0.0.1", "1.2.3.4, 203.0.113.9", ["127.0.0.1"])
    '203.0.113.9'
    """
    hops = [each.strip() for each in forwarded[-2000:].split(",") if each.strip()]
    client = peer
    while client in proxies and hops:
        client = hops.pop()
    return network_of(client)


def network_of(client: str) -> str:
    """Return an address by which a client is counted: of IPv6 its network; other texts unchanged.

    >>> network_of("2001:db8:1:2:3:4:5:6"), network_of("192.0.2.7")
    ('2001:db8:1:2::/64', '192.0.2.7')
    """
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client[:80]
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, NETWORK_6), strict=False))


class RateLimit:
    """How many forms each client sent lately; of the clients, those seen last are remembered."""

    def __init__(self, most: int = MOST, within: float = WITHIN) -> None:
        self.most = most
        self.within = within
        self.seen: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, client: str, now: float) -> bool:
        """Count a form of a client; tell whether it is within the limit."""
        times = self.seen.setdefault(client, deque())
        self.seen.move_to_end(client)
        while len(self.seen) > MOST_CLIENTS:
            self.seen.popitem(last=False)
        while times and times[0] <= now - self.within:
            times.popleft()
        if len(times) >= self.most:
            return False
        times.append(now)
        return True
