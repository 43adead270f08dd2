"""The conversation with a mail server, in which no answer can be endless: neither in time nor in size.

Python's `smtplib` waits for each piece of an answer anew, and reads any number of lines. Here an answer has
to be whole within the time-out, and one mail altogether within its limit, whatever the server sends.
"""

import smtplib
import socket
import ssl
from time import monotonic

from crmcli.mail.outgoing.transport import SLOWEST

OURSELVES = "[127.0.0.1]"  # what we greet with; a host name would have to be looked up first
LARGEST_ANSWER = 64 * 1024  # bytes, all lines together
PIECE = 64 * 1024  # bytes that are sent at once
SHORTEST_SECRET = 4  # characters; what is shorter stands in any answer
HIDDEN = b"***"


class TimeLimit:
    """The time for one answer, and what is left of that for one mail."""

    def __init__(self, timeout: int) -> None:
        self.timeout = timeout
        self.start_mail()

    def start_mail(self) -> None:
        """Begin the time for a mail, with its connection if one has to be opened."""
        self.end = monotonic() + self.timeout * SLOWEST

    @property
    def is_over(self) -> bool:
        """True if the mail has taken all of its time."""
        return monotonic() >= self.end

    def end_of_answer(self, *, is_last: bool = False) -> float:
        """Return when an answer has to be whole; the one after a mail's data may take all that is left.

        A mail server may examine a mail before it answers, and takes it although nobody listens any more
        (RFC 5321, section 4.5.3.2.6).
        """
        return self.end if is_last else min(self.end, monotonic() + self.timeout)


def seconds_until(end: float) -> float:
    """Return the seconds until a moment.

    Raises TimeoutError where it is past.
    """
    left = end - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


class SmtpDialogue(smtplib.SMTP):
    """A connection to a mail server, with limits for its answers."""

    def __init__(self, host: str, port: int, limit: TimeLimit) -> None:
        super().__init__(local_hostname=OURSELVES)  # without a host, it does not connect
        self.server = (host, port)
        self.limit = limit
        self.received = b""  # and not read yet
        self.secrets: set[bytes] = set()  # which no answer may repeat

    def keep_secret(self, *texts: str) -> None:
        """Hide these texts in all answers: a server may repeat what it was told, and answers are stored."""
        self.secrets |= {text.encode("utf-8") for text in texts if len(text) >= SHORTEST_SECRET}

    def hide_secrets(self, said: bytes) -> bytes:
        """Return what a server said, without the secrets in it."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            said = said.replace(secret, HIDDEN)
        return said

    def open(self, context: ssl.SSLContext | None = None) -> None:
        """Connect, encrypted from the start with a context, and read the banner.

        Raises OSError or SMTPException.
        """
        self.sock = connect_within(*self.server, self.limit)
        if context:
            self.encrypt(context)
        code, said = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    @property
    def encryption(self) -> str:
        """The version of TLS; empty without encryption."""
        return (self.sock.version() or "") if isinstance(self.sock, ssl.SSLSocket) else ""

    def start_encryption(self, context: ssl.SSLContext) -> None:
        """Ask for encryption and begin it; what was said before does not count any more (RFC 3207).

        Raises SMTPNotSupportedError where the server does not offer it, OSError or SMTPException where it
        fails.
        """
        if not self.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError("the mail server does not offer STARTTLS")
        code, said = self.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, said)
        if self.received:
            raise smtplib.SMTPException("it sent more than its answer before the encryption began")
        self.encrypt(context)
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Encrypt the connection; the certificate has to fit the name of the server."""
        assert self.sock is not None
        self.sock.settimeout(seconds_until(self.limit.end_of_answer()))
        self.sock = context.wrap_socket(self.sock, server_hostname=self.server[0])

    def send(self, s: object) -> None:
        """Send bytes, or a command; the server has to take each piece within the time-out."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        rest = memoryview(s.encode("ascii") if isinstance(s, str) else bytes(s))  # type: ignore[call-overload]
        while rest:
            self.sock.settimeout(seconds_until(self.limit.end_of_answer()))
            rest = rest[self.sock.send(rest[:PIECE]) :]

    def getreply(self, *, is_last: bool = False) -> tuple[int, bytes]:
        """Return the code and the lines of an answer; -1 for one that does not begin with a code.

        Raises TimeoutError where it is not whole in time, SMTPException where it is too large or the
        connection ends.
        """
        end = self.limit.end_of_answer(is_last=is_last)
        lines: list[bytes] = []
        left = LARGEST_ANSWER
        while True:
            line = self.read_line(end, left)
            left -= len(line) + 1
            lines.append(line[4:].strip())
            if not line[:3].isdigit() or line[3:4] != b"-":
                code = int(line[:3]) if line[:3].isdigit() and len(line[:3]) == 3 else -1
                return code, self.hide_secrets(b"\n".join(lines))

    def read_line(self, end: float, most: int) -> bytes:
        """Return the next line of an answer, of at most so many bytes, without its end."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        while b"\n" not in self.received:
            if len(self.received) > most:
                raise smtplib.SMTPException(f"an answer larger than {LARGEST_ANSWER // 1024} KB")
            self.sock.settimeout(seconds_until(end))
            piece = self.sock.recv(8192)
            if not piece:
                raise smtplib.SMTPServerDisconnected("the mail server closed the connection")
            self.received += piece
        line, _, self.received = self.received.partition(b"\n")
        if len(line) > most:
            raise smtplib.SMTPException(f"an answer larger than {LARGEST_ANSWER // 1024} KB")
        return line.rstrip(b"\r")

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self.received = b""


def connect_within(host: str, port: int, limit: TimeLimit) -> socket.socket:
    """Connect to the first address of a host that answers, each within the time-out.

    Raises OSError.
    """
    failed = OSError("it has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(seconds_until(limit.end_of_answer()))
            connection.connect(address)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed
